"""What the workflow's rules ask: which files there are, which settings a job gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from histopress.audit.code import code_digest
from histopress.cli.claims.stated import Stated
from histopress.cli.cuts import SETTINGS
from histopress.cli.learning import Learning
from histopress.cli.main import JOBS
from histopress.cohort.content import people_digest
from histopress.encoder.foreign.place import function_file
from histopress.encoder.settings import ForeignSettings, ImportedSettings, MeanRgbSettings
from histopress.errors import ConfigError
from histopress.patches.settings import CohortSource, FolderSource
from histopress.probe.study import BASELINE, transfer_encoders
from histopress.store import canonical_json
from histopress.study import Study, load_study, names

NEVER = "(?!)"
"""A pattern that no name matches: constrains a rule for which the study has no encoder."""


@dataclass(frozen=True)
class Plan:
    """A study as the workflow sees it."""

    study: Study
    project: Path
    _codes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, values: Mapping[str, Any], project: Path, *, check_files: bool) -> "Plan":
        """Validate configuration and manifest; raises with every fault found."""
        return cls(load_study(values, project, check_files=check_files), project)

    def code(self, verb: str) -> str:
        """Digest of the code behind ``verb``, or ``frozen`` where code is not to count."""
        if not self.study.config.provenance.rerun_on_code:
            return "frozen"
        if verb not in self._codes:
            self._codes[verb] = code_digest(f"histopress.cli.{JOBS[verb][0]}")
        return self._codes[verb]

    def settings(self, verb: str, wildcards: Any) -> str:
        """Give the settings of one job of ``verb`` as canonical JSON."""
        return canonical_json(SETTINGS[verb](self.study, wildcards))

    def slide(self, slide_id: str) -> tuple[str | None, bool]:
        """Give the slide's path and whether its content is pinned by a digest."""
        row = self.study.manifest[slide_id]
        missing = not self.study.is_drawn(row) and not (self.project / row.path).exists()
        if missing and self.study.config.on_bad_slide == "quarantine":
            return None, False
        return row.path, row.sha256 is not None

    def grid(self, encoder: str) -> str:
        """Name of the grid that an encoder works on."""
        return self.study.config.slide_encoders[self._known(encoder)].grid

    def features(self, encoder: str, slide_id: str) -> str | None:
        """Give the file of a slide's foreign embeddings; None if quarantine lets it be missing."""
        file = self.study.foreign_features(encoder, slide_id)
        missing = not (self.project / file).is_file()
        return None if missing and self.study.config.on_bad_slide == "quarantine" else file

    def _known(self, encoder: str) -> str:
        known = self.study.config.slide_encoders
        if encoder not in known:
            raise ConfigError(f"encoder '{encoder}': not configured; there are {', '.join(known)}")
        return encoder

    @property
    def defined(self) -> str:
        """Pattern of the encoders that need no weights."""
        return self._pattern(MeanRgbSettings)

    @property
    def imported(self) -> str:
        """Pattern of the encoders from elsewhere."""
        return self._pattern(ImportedSettings | ForeignSettings)

    @property
    def foreign_features(self) -> str:
        """Pattern of the encoders whose embeddings were made elsewhere."""
        return any_of(self.study.config.features)

    @property
    def encoded(self) -> str:
        """Pattern of the encoders that the workflow runs on slides."""
        return any_of(self.study.config.slide_encoders)

    @property
    def trained(self) -> str:
        """Pattern of the encoders that are trained here."""
        return any_of(self.study.trainings)

    def _pattern(self, kind: Any) -> str:
        encoders = self.study.config.encoders
        return any_of(name for name, each in encoders.items() if isinstance(each, kind))

    def foreign_files(self, encoder: str) -> list[str]:
        """Files that an encoder from elsewhere is made of: weights, or a function's source."""
        chosen = self.study.config.encoders[encoder]
        file, name = getattr(chosen, "file", None), getattr(chosen, "name", None)
        files = [file] if file else []
        if chosen.kind == "callable" and name:
            source = function_file(name)
            files += [source] if (self.project / source).is_file() else []
        return files

    def foreign_option(self, encoder: str) -> list[str]:
        """Option that names the file of an encoder from elsewhere; none where code makes it."""
        file = getattr(self.study.config.encoders[encoder], "file", None)
        return [f"--file={file}"] if file else []

    def history(self, encoder: str) -> list[str]:
        """History of an encoder that is trained here."""
        folder = names.ENCODER.format(encoder=encoder)
        return [f"{folder}/history.csv"] if encoder in self.study.trainings else []

    def training_tables(self, encoder: str) -> list[str]:
        """Tables of the patches that an encoder is trained on."""
        tasks = self.study.trainings[encoder].tasks
        return [self.study.patches(encoder, task) for task in tasks]

    def probed_card(self, encoder: str) -> list[str]:
        """Card of a probed encoder; the simple features have none."""
        return [] if encoder == BASELINE else [names.ENCODER.format(encoder=encoder) + "/card.json"]

    def probed_options(self, encoder: str) -> list[str]:
        """Options that name a probed encoder's card and weights."""
        folder = names.ENCODER.format(encoder=encoder)
        if encoder == BASELINE:
            return []
        return [f"--card={folder}/card.json", f"--weights={folder}/weights.safetensors"]

    def patch_options(self, task: str) -> list[str]:
        """Options that only patches from the study's own slides need."""
        source = self.study.config.tasks[task].source
        if not isinstance(source, CohortSource):
            return []
        tiles = str(Path(names.TILES.format(grid=source.grid, slide="")).parent)
        return [f"--manifest={self.study.config.manifest}", f"--tiles={tiles}"]

    def patch_people(self, task: str) -> str:
        """Digest of whose slides they are, which patches of the study's own are divided by."""
        own = isinstance(self.study.config.tasks[task].source, CohortSource)
        return people_digest(self.study.manifest, ordered=True) if own else ""

    def cards(self) -> list[str]:
        """Readable cards of the configured encoders."""
        return [
            names.ENCODER.format(encoder=encoder) + "/card.md"
            for encoder in self.study.config.slide_encoders
        ]

    def probes(self) -> list[str]:
        """Metrics of all encoders, and of the simple features, on all probed tasks."""
        comparison = self.study.config.probe
        if comparison is None:
            return []
        return [
            names.PROBE.format(encoder=encoder, task=task) + "/metrics.json"
            for encoder in (*self.study.config.slide_encoders, BASELINE)
            for task in comparison.tasks
        ]

    def transfer_probes(self) -> list[str]:
        """Metrics of all encoders of the transfer matrix on its tasks."""
        matrix = self.study.config.transfer
        if matrix is None:
            return []
        return [
            names.PROBE.format(encoder=each.name, task=task) + "/metrics.json"
            for each in transfer_encoders(matrix)
            for task in matrix.tasks
        ]

    def comparisons(self) -> list[str]:
        """List what a study of encoders ends in: cards, comparison, transfer matrix."""
        config = self.study.config
        found = self.cards()
        found += [names.PROBES + ".csv"] if config.probe else []
        found += [names.MATRIX + ".csv"] if config.transfer else []
        return found

    def patch_source(self, task: str) -> list[str]:
        """Files that a task's patches are made from, as far as Snakemake has to know them.

        Folders and lists of pictures are read when the job runs; the record lists each file.
        """
        source = self.study.config.tasks[task].source
        if isinstance(source, CohortSource):
            return [
                names.TILES.format(grid=source.grid, slide=slide) for slide in self.study.slide_ids
            ]
        if isinstance(source, FolderSource):
            return []
        keys = ("path", "slides", "x", "y", "meta", "validation_x", "validation_y")
        return [file for key in keys if (file := getattr(source, key, None))]

    def overlays(self) -> list[str]:
        """Overlay of every slide on every grid in use."""
        grids = dict.fromkeys(each.grid for each in self.study.config.slide_encoders.values())
        return [
            names.OVERLAY.format(grid=grid, slide=slide)
            for grid in grids
            for slide in self.study.slide_ids
        ]

    def compressed(self) -> list[str]:
        """Every slide compressed by every encoder."""
        return [
            names.COMPRESSED.format(encoder=encoder, slide=slide)
            for encoder in self.study.config.encoders
            for slide in self.study.slide_ids
        ]

    @cached_property
    def learning(self) -> Learning:
        """What the rules of slide-level learning ask."""
        return Learning(self.study)

    @cached_property
    def stated(self) -> Stated:
        """What the rules of claims ask."""
        return Stated(self.study)


def any_of(encoders: Iterable[str]) -> str:
    """Give the pattern that matches these names alone."""
    return "|".join(name.replace(".", r"\.") for name in encoders) or NEVER
