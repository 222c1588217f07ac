"""What the rules of claims ask: which claims there are, and what each is judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from histopress.claims.latents import lesion_sizes, sizes_digest
from histopress.claims.settings import (
    ClaimSettings,
    ClaimsSettings,
    ContrastClaim,
    InclusionClaim,
    LimitClaim,
    PrecisionClaim,
    SaliencyClaim,
    SeparationClaim,
)
from histopress.cli.learning import Learning
from histopress.cohort.content import divisions_digest, people_digest
from histopress.cohort.splitting.protocols import table_of
from histopress.errors import ConfigError
from histopress.store import read_csv
from histopress.study import Study, names

Inputs = dict[str, list[str]]


@dataclass(frozen=True)
class Stated:
    """The claims of a study as the workflow sees them."""

    study: Study

    @property
    def settings(self) -> ClaimsSettings | None:
        """All that is claimed; None where nothing is."""
        return self.study.config.claims

    @property
    def names(self) -> list[str]:
        """All claims by name."""
        return list(self.settings.of) if self.settings else []

    @property
    def learning(self) -> Learning:
        """The study's targets."""
        return Learning(self.study)

    def claim(self, name: str) -> ClaimSettings:
        """Find a claim by its name.

        Raises
        ------
        ConfigError
            There is none.
        """
        known = self.settings.of if self.settings else {}
        if name not in known:
            raise ConfigError(
                f"claim '{name}': not configured; there are {', '.join(known) or 'none'}"
            )
        return known[name]

    def files(self) -> list[str]:
        """List what a run with claims ends in; nothing where there are none."""
        if self.settings is None:
            return []
        results = [f"{names.CLAIM.format(claim=name)}.json" for name in self.settings.of]
        return [f"{names.CLAIMS_PLAN}.md", *results]

    def inputs(self, name: str) -> Inputs:
        """Files that a claim is judged by, by role."""
        claim = self.claim(name)
        found: Inputs = {"manifest": [str(self.study.config.manifest)]}
        if isinstance(claim, ContrastClaim):
            found["evaluation"] = self._rows(claim, (*claim.first, *claim.second))
        elif isinstance(claim, InclusionClaim):
            found["evaluation"] = self._rows(claim, claim.encoders)
        elif isinstance(claim, SeparationClaim):
            found |= self._separation(claim)
        elif isinstance(claim, SaliencyClaim):
            found["evaluation"] = self._rows(claim, [claim.encoder])
            found["models"] = self._first_weights(claim)
            found["compressed"] = self.learning.labelled(claim.target, claim.encoder)
        else:
            found |= self._trained(claim)
        return found

    def options(self, name: str) -> list[str]:
        """Options that name these files, or the folders that they lie in."""
        roles, claim = self.inputs(name), self.claim(name)
        found = [f"--manifest={self.study.config.manifest}"]
        folders = {
            "evaluation": names.EVALUATION.split("/{", 1)[0],
            "models": names.MODELS,
            "compressed": names.COMPRESSED.split("/{", 1)[0],
        }
        found += [f"--{role}={folder}" for role, folder in folders.items() if role in roles]
        if "labels" in roles:
            found += self.learning.label_options(claim.target)
        return found + [f"--latents={path}" for path in roles.get("latents", ())]

    def content(self, name: str) -> dict[str, str]:
        """Digests of what counts of the tables that a claim is judged by, by role.

        Where a claim trains by itself the labels count, else whose slides the slides are.
        """
        claim = self.claim(name)
        if not isinstance(claim, LimitClaim | PrecisionClaim):
            return {"manifest": people_digest(self.study.manifest)}
        labels = self.study.cohort_digest(claim.target)
        found = dict.fromkeys(("manifest", "labels", "links"), labels)
        if self.learning.split_tables():
            table = table_of(self.study.config.protocol, self.study.project)
            found["table"] = divisions_digest(table)
        latents = self.settings.latents if self.settings else None
        if isinstance(claim, LimitClaim) and latents:
            rows = read_csv(self.study.project / latents)
            found["latents"] = sizes_digest(lesion_sizes(rows, claim.sizes, latents))
        return found

    def tasks(self, name: str) -> dict[str, tuple[str, ...]]:
        """Tasks that each encoder of an inclusion claim learned."""
        claim = self.claim(name)
        if not isinstance(claim, InclusionClaim):
            return {}
        encoders = self.study.config.encoders
        return {each: tuple(getattr(encoders[each], "tasks", ())) for each in claim.encoders}

    def facts(self, name: str) -> dict[str, Any]:
        """Count whom a claim is judged on: for its power, before anything ran.

        Patients are counted, and labels of slides: several slides of a patient are no patients.
        """
        claim = self.claim(name)
        labels = self.study.labels(claim.target)
        patients = self.study.manifest.patients
        values = list(labels.values.values())
        owners = {patients[slide]: value for slide, value in labels.values.items()}
        if labels.level == "patient":
            values = list(owners.values())
        found: dict[str, Any] = {
            "kind": labels.kind,
            "n": len(owners),
            "folds": self._folds(claim.target),
        }
        if labels.kind == "classification":
            shares = [values.count(code) / len(values) for code in range(len(labels.classes))]
            if len(shares) == 2:
                shares = [shares[labels.positive], shares[1 - labels.positive]]
            found["prevalences"] = shares
        if labels.kind == "survival":
            found["event_share"] = sum(each.event for each in values) / len(values)  # type: ignore[union-attr]
        if isinstance(claim, InclusionClaim):
            found["task_counts"] = [len(tasks) for tasks in self.tasks(name).values()]
        return found

    def _folds(self, target: str) -> int:
        protocol = self.study.config.protocol
        if protocol.kind == "ensemble":  # All its models test the same patients, as one.
            return 1
        return getattr(protocol, "folds", None) or self.study.n_divisions(target)

    def _rows(self, claim: Any, encoders: Iterable[str], target: str | None = None) -> list[str]:
        own = target or claim.target
        folders = [
            names.EVALUATION.format(target=own, encoder=encoder, model=claim.model)
            for encoder in encoders
        ]
        return [
            f"{folder}/{file}" for folder in folders for file in ("metrics.json", "predictions.csv")
        ]

    def _first_weights(self, claim: SaliencyClaim) -> list[str]:
        """Weights of the first seed's models: one map a slide is made."""
        config = self.study.config
        return [
            names.FOLD.format(
                target=claim.target,
                encoder=claim.encoder,
                model=claim.model,
                seed=config.seeds[0],
                fold=fold,
            )
            + "/model.safetensors"
            for fold in range(self.study.n_divisions(claim.target))
        ]

    def _separation(self, claim: SeparationClaim) -> Inputs:
        rows = self._rows(claim, [claim.encoder])
        learned = claim.proxy or claim.target
        rows += self._rows(claim, [claim.encoder], learned) if claim.proxy else []
        folds = self.learning.fold_predictions(_row(learned, claim.encoder, claim.model))
        return {"evaluation": rows, "models": folds}

    def _trained(self, claim: LimitClaim | PrecisionClaim) -> Inputs:
        several = isinstance(claim, LimitClaim)
        encoders = claim.encoders if isinstance(claim, LimitClaim) else (claim.encoder,)
        found = {
            "labels": self.learning.label_tables(claim.target),
            "table": self.learning.split_tables(),
            "compressed": [
                file
                for encoder in encoders
                for file in self.learning.labelled(claim.target, encoder)
            ],
        }
        latents = self.settings.latents if self.settings else None
        return found | ({"latents": [latents]} if several and latents else {})


def _row(target: str, encoder: str, model: str) -> SimpleNamespace:
    return SimpleNamespace(target=target, encoder=encoder, model=model)
