"""Verbs called one after the other in one process, as the workflow would call them."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from histopress.study import names

if TYPE_CHECKING:
    from histopress.audit.source import Source
    from histopress.cli.job import Verb
    from histopress.cli.plan import Plan
    from histopress.slide.memory import TileMemory


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of a verb: its name, the job's wildcards, its files."""

    verb: str
    wildcards: Mapping[str, str]
    paths: Mapping[str, str]

    @property
    def record(self) -> Path:
        """Where the workflow puts the record."""
        parts = [self.verb.replace(" ", "_"), *(self.wildcards[key] for key in self.wildcards)]
        return Path(names.RECORD, *parts[:-1], f"{parts[-1]}.json")


def slide_steps(plan: "Plan", slide: str) -> Iterator[Step]:
    """Draw a slide, tile it on every grid in use, encode and compress it by every encoder."""
    row = plan.study.manifest[slide]
    if plan.study.is_drawn(row):
        paths = {"slide": row.path, "truth": names.PHANTOM_TRUTH.format(slide=slide)}
        yield Step(verb="simulate slide", wildcards={"slide": slide}, paths=paths)
    encoders = plan.study.config.encoders
    for grid in dict.fromkeys(plan.grid(encoder) for encoder in encoders):
        places = {"grid": grid, "slide": slide}
        paths = {"slide": row.path, "tiles": names.TILES.format(**places)}
        paths["overlay"] = names.OVERLAY.format(**places)
        yield Step(verb="tile", wildcards=places, paths=paths)
        # One grid after the other, so that the tiles of one are kept until all have seen them.
        for encoder in (each for each in encoders if plan.grid(each) == grid):
            yield from _encoder_steps(encoder, slide, row.path, paths["tiles"])


def _encoder_steps(encoder: str, slide: str, path: str, tiles: str) -> Iterator[Step]:
    places = {"encoder": encoder, "slide": slide}
    features = names.FEATURES.format(**places)
    paths = {"slide": path, "tiles": tiles, "features": features}
    yield Step(verb="encode", wildcards=places, paths=paths | encoder_files(encoder))
    compressed = names.COMPRESSED.format(**places)
    paths = {"tiles": tiles, "features": features, "compressed": compressed}
    yield Step(verb="compress", wildcards=places, paths=paths)


def encoder_files(name: str) -> dict[str, str]:
    """Files of an encoder."""
    folder = names.ENCODER.format(encoder=name)
    return {"card": f"{folder}/card.json", "weights": f"{folder}/weights.safetensors"}


class Performer:
    """Performs steps of a study; what is there and would come out the same is left alone.

    Parameters
    ----------
    plan : Plan
    memory : TileMemory or None
        Shared by the encoders of a slide.
    """

    def __init__(self, plan: "Plan", memory: "TileMemory | None" = None) -> None:
        from histopress.audit.source import read_source

        self._plan, self._memory = plan, memory
        self._source: Source | None = read_source()

    def perform(self, step: Step) -> bool:
        """Run one verb unless its result is there; tell whether it ran."""
        from histopress.cli.job import Request
        from histopress.cli.runner import execute
        from histopress.cli.settings import read_settings

        verb = verb_of(step.verb)
        chosen = self._plan.settings(step.verb, SimpleNamespace(**step.wildcards))
        settings = read_settings(verb.settings, chosen, verb=step.verb)
        if self._is_there(step, verb, settings):
            return False
        given = {"slide-id": step.wildcards.get("slide", ""), **step.wildcards}
        request = Request(
            verb=verb,
            settings=settings,
            paths={port: Path(path) for port, path in step.paths.items()},
            wildcards={name: given[name] for name in verb.wildcards},
            record=step.record,
            code=self._plan.code(step.verb),
            memory=self._memory,
        )
        execute(request, source=self._source)
        return True

    def _is_there(self, step: Step, verb: "Verb", settings: Any) -> bool:
        """Whether the record tells of these settings and this code, and of files as they are.

        Outputs must be younger than inputs, as Snakemake would ask; bytes are not read.
        """
        from dataclasses import asdict

        from histopress.audit.records import read_record
        from histopress.store import canonical_json

        record = read_record(step.record.absolute(), Path.cwd())
        if record.fault is not None:
            return False
        wanted = canonical_json(verb.decisive(asdict(settings)))
        code = self._plan.code(step.verb)
        known = record.recipe.get("settings"), record.recipe.get("code")
        if canonical_json(known[0]) != wanted or code not in (known[1], "frozen"):
            return False
        outputs = {port.name for port in verb.outputs}
        made = [Path(path) for port, path in step.paths.items() if port in outputs]
        given = [Path(path) for port, path in step.paths.items() if port not in outputs]
        if not all(path.exists() for path in (*made, *given)):
            return False
        oldest = min(path.stat().st_mtime_ns for path in (*made, step.record))
        return oldest >= max((path.stat().st_mtime_ns for path in given), default=0)


def verb_of(name: str) -> "Verb":
    """Find a verb of the workflow."""
    from histopress.cli.main import JOBS

    verb: Verb = importlib.import_module(f"histopress.cli.{JOBS[name][0]}").VERB
    return verb
