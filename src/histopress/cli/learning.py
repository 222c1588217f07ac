"""What the rules of slide-level learning ask: files, options and names of each target."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from histopress.encoder.settings import FeaturesSettings
from histopress.learn.settings import MeanSettings
from histopress.study import Study, names


@dataclass(frozen=True)
class Learning:
    """The targets of a study as the workflow sees them."""

    study: Study

    def rows(self, target: str) -> Iterator[tuple[str, str]]:
        """List encoder and model of every row that a target is learned by."""
        for known, encoder, model in self.study.combinations():
            if known == target:
                yield encoder, model
        if self.study.config.targets[target].covariates:
            yield names.CLINICAL, names.CLINICAL

    def all_rows(self) -> list[tuple[str, str, str]]:
        """Target, encoder and model of every row."""
        return [
            (target, encoder, model)
            for target in self.study.config.targets
            for encoder, model in self.rows(target)
        ]

    def judged_rows(self) -> list[tuple[str, str, str]]:
        """All rows, and those that choose among the others."""
        chosen = [
            (target, names.SELECTED, names.SELECTED)
            for target in self.study.config.targets
            if self.has_choice(target)
        ]
        return [*self.all_rows(), *chosen]

    @property
    def row_encoders(self) -> list[str]:
        """What stands for the encoder in the path of a row."""
        return [*self.study.config.encoders, names.CLINICAL]

    def targets_of(self, kind: str) -> list[str]:
        """Targets of one kind."""
        targets = self.study.config.targets
        return [name for name, target in targets.items() if target.kind == kind]

    def competing(self, *, declared: bool) -> list[str]:
        """Targets of survival with or without competing events; with them is one figure more."""
        targets = self.study.config.targets
        return [
            name
            for name in self.targets_of("survival")
            if bool(getattr(targets[name], "competing", ())) == declared
        ]

    def labelled(self, target: str, encoder: str) -> list[str]:
        """Compressed slides that have a label of the target."""
        return [
            names.COMPRESSED.format(encoder=encoder, slide=slide)
            for slide in self.study.labels(target).values
        ]

    def evaluated(self, target: str, encoder: str) -> list[str]:
        """Compressed slides behind a row; covariates alone have none."""
        return [] if encoder == names.CLINICAL else self.labelled(target, encoder)

    def compressed_options(self, encoder: str) -> list[str]:
        """Option that names the folder of an encoder's compressed slides."""
        if encoder == names.CLINICAL:
            return []
        return [f"--compressed={Path(names.COMPRESSED.format(encoder=encoder, slide='_')).parent}"]

    def cards(self, encoder: str) -> list[str]:
        """Card of an encoder; ready features have none."""
        if isinstance(self.study.config.encoders[encoder], FeaturesSettings):
            return []
        return [names.ENCODER.format(encoder=encoder) + "/card.json"]

    def card_options(self, encoder: str) -> list[str]:
        """Option that names the card."""
        return [f"--card={card}" for card in self.cards(encoder)]

    def label_tables(self, target: str) -> list[str]:
        """Tables beside the manifest that a target's labels stand in."""
        table = self.study.config.targets[target].table
        return [path for path in (table.path, table.links) if path] if table else []

    def label_options(self, target: str) -> list[str]:
        """Options that name these tables."""
        options = ("--labels", "--links")
        tables = self.label_tables(target)
        return [f"{option}={path}" for option, path in zip(options, tables, strict=False)]

    def split_tables(self) -> list[str]:
        """Table of divisions that another tool wrote, where the protocol takes them."""
        path = getattr(self.study.config.protocol, "path", None)
        return [path] if path else []

    def split(self) -> str:
        """Pattern of the split's path."""
        return names.SPLIT.replace("{protocol}", self.study.config.protocol.kind)

    def folds(self, wildcards: Any) -> list[str]:
        """Folder of every seed and division of one row."""
        config, target = self.study.config, wildcards.target
        clinical = wildcards.encoder == names.CLINICAL
        return [
            names.FOLD.format(
                target=target,
                encoder=wildcards.encoder,
                model=wildcards.model,
                seed=seed,
                fold=fold,
            )
            for seed in (config.seeds[:1] if clinical else config.seeds)
            for fold in range(self.study.n_divisions(target))
        ]

    def fold_predictions(self, wildcards: Any) -> list[str]:
        """Predictions of every seed and division of one row."""
        return [f"{folder}/predictions.csv" for folder in self.folds(wildcards)]

    def fold_histories(self, wildcards: Any) -> list[str]:
        """Histories of every seed and division of one row."""
        return [f"{folder}/history.csv" for folder in self.folds(wildcards)]

    def metrics(self, target: str | None = None) -> list[str]:
        """Metrics of every row, of one target or of all."""
        return [
            names.EVALUATION.format(target=own, encoder=encoder, model=model) + "/metrics.json"
            for own, encoder, model in self.all_rows()
            if target in (None, own)
        ]

    def validated(self, target: str) -> list[str]:
        """Predictions of every fold of every row that a choice is made among."""
        return [
            f"{folder}/predictions.csv"
            for encoder, model in self.rows(target)
            if encoder != names.CLINICAL
            for folder in self.folds(_Row(target, encoder, model))
        ]

    def clinical_predictions(self, target: str) -> list[str]:
        """Predictions of the model that sees covariates alone."""
        row = _Row(target, names.CLINICAL, names.CLINICAL)
        return [f"{folder}/predictions.csv" for folder in self.folds(row)]

    def selected(self) -> list[str]:
        """Metrics of the row that a choice within each fold gives, where there is one to make."""
        return [
            names.EVALUATION.format(target=target, encoder=names.SELECTED, model=names.SELECTED)
            + "/metrics.json"
            for target in self.study.config.targets
            if self.has_choice(target)
        ]

    def has_choice(self, target: str) -> bool:
        """Whether a target has several rows, and the best of them is to be chosen in each fold."""
        rows = [row for row in self.rows(target) if row[0] != names.CLINICAL]
        return self.study.config.comparison.nested and len(rows) > 1

    def clinical(self) -> list[str]:
        """Analyses of image scores beside covariates: of survival, or of two classes."""
        return [
            names.EVALUATION.format(target=target, encoder=encoder, model=model) + "/clinical.json"
            for target, encoder, model in self.study.combinations()
            if self._is_clinical(target)
        ]

    def _is_clinical(self, target: str) -> bool:
        settings = self.study.config.targets[target]
        if not settings.covariates or self.study.config.protocol.kind == "ensemble":
            return False
        return settings.kind == "survival" or len(self.study.labels(target).classes) == 2

    def controls(self) -> list[str]:
        """List what must come out as chance, or be refused."""
        chosen = self.study.config.controls
        if chosen is None:
            return []
        encoders = chosen.encoders or tuple(self.study.config.encoders)[:1]
        found = [
            names.EVALUATION.format(target=target, encoder=encoder, model=model) + "/null.json"
            for target in self.study.config.targets
            for encoder in encoders
            for model in chosen.permutations
        ]
        if chosen.leaks:
            found += [names.LEAKS.format(target=target) for target in self.study.config.targets]
        return found

    def weights(self, wildcards: Any) -> list[str]:
        """Weights of every seed and division of one row."""
        return [f"{folder}/model.safetensors" for folder in self.folds(wildcards)]

    def maps(self) -> list[str]:
        """List maps of every network on every labelled slide, where they are asked for."""
        config = self.study.config
        if config.explain is None:
            return []
        return [
            names.MAPS.format(target=target, encoder=encoder, model=model, slide=slide)
            for target, encoder, model in self.study.combinations()
            if not isinstance(config.models[model], MeanSettings)
            for slide in self.study.labels(target).values
        ]

    def evaluations(self) -> list[str]:
        """List what a run with targets ends in; nothing where there is no target."""
        if not self.study.config.targets:
            return []
        return [names.COMPARISON + ".csv", *self.clinical(), *self.controls(), *self.maps()]


@dataclass(frozen=True)
class _Row:
    target: str
    encoder: str
    model: str
