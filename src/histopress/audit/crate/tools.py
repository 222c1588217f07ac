"""What was meant to happen: the workflow's tools, their parameters, and how they are connected."""

from collections.abc import Sequence
from typing import Any

from histopress.audit.crate.jobs import CrateFile, CrateJob
from histopress.audit.crate.terms import (
    ENGINE,
    FORMAL_PARAMETER,
    WORKFLOW,
    Entities,
    short_digest,
    slug,
)
from histopress.store import canonical_json

KINDS = {bool: "Boolean", int: "Integer", float: "Float"}


def parameter(entities: Entities, owner: str, *, direction: str, name: str, kind: str) -> str:
    """Describe a formal parameter of a tool or, with ``owner`` "workflow", of the workflow."""
    place = f"#{owner}/{direction}/{slug(name)}"
    entities.put(
        place,
        "FormalParameter",
        name=name,
        additionalType=kind,
        description=f"{direction} '{name}' of {owner.partition('/')[0]}",
    )
    entities.link(place, "conformsTo", FORMAL_PARAMETER)
    return place


def connect(entities: Entities, holder: str, source: str, target: str) -> None:
    """Say that the value of ``source`` is handed to ``target``, within ``holder``."""
    name = f"#connection/{short_digest([source, target])}"
    entities.put(name, "ParameterConnection", name=f"{source.lstrip('#')} to {target.lstrip('#')}")
    entities.link(name, "sourceParameter", source)
    entities.link(name, "targetParameter", target)
    entities.link(holder, "connection", name)


def step_of(job: CrateJob) -> str:
    """Id of the workflow's step that ran ``job``."""
    return f"#step/{job.key}"


def add_tools(entities: Entities, jobs: Sequence[CrateJob]) -> None:
    """Describe each verb as a tool and as a step, in the order of their first runs."""
    entities.put(FORMAL_PARAMETER, "CreativeWork", name="FormalParameter", version="1.0-RELEASE")
    first: dict[str, CrateJob] = {}
    for job in jobs:
        first.setdefault(job.key, job)
    for position, job in enumerate(first.values()):
        entities.put(step_of(job), "HowToStep", name=job.verb, position=str(position))
        entities.put(
            job.tool,
            "SoftwareApplication",
            name=f"histopress {job.verb}",
            description=f"The verb '{job.verb}' of histopress; its version is its code's digest",
            softwareVersion=f"sha256:{job.code}",
            identifier=job.tool,
        )
        entities.link(WORKFLOW, "hasPart", job.tool)
        entities.link(WORKFLOW, "step", step_of(job))
        entities.link(step_of(job), "workExample", job.tool)
    for job in jobs:
        for library, version in sorted(job.versions.items()):
            entities.link(job.tool, "softwareRequirements", add_library(entities, library, version))


def add_library(entities: Entities, library: str, version: str) -> str:
    """Describe a library, or Python itself, in the version that was used."""
    name = f"urn:x-histopress:library:{slug(library)}:{slug(version)}"
    return entities.put(
        name, "SoftwareApplication", name=library, softwareVersion=version, identifier=name
    )


def add_values(entities: Entities, job: CrateJob) -> list[str]:
    """Describe the settings and wildcards of ``job``; return the ids of their values."""
    found = []
    for name, value in job.parameters.items():
        kind = KINDS.get(type(value), "Text")
        inner = parameter(entities, job.key, direction="parameter", name=name, kind=kind)
        outer = parameter(
            entities, "workflow", direction="parameter", name=f"{job.key}/{name}", kind=kind
        )
        shown: Any = canonical_json(value) if isinstance(value, list) else value
        label = entities.put(
            f"#value/{job.key}/{slug(name)}/{short_digest(value)}",
            "PropertyValue",
            name=name,
            value=shown,
        )
        _exemplify(entities, label, [inner, outer])
        entities.link(job.tool, "input", inner)
        entities.link(WORKFLOW, "input", outer)
        connect(entities, step_of(job), outer, inner)
        found.append(label)
    return found


def add_inputs(
    entities: Entities, job: CrateJob, makers: dict[tuple[str, str], tuple[CrateJob, str]]
) -> None:
    """Describe what ``job`` reads; a file that no job made is an input of the workflow."""
    for file in job.inputs:
        inner = parameter(entities, job.key, direction="input", name=file.role, kind="File")
        entities.link(job.tool, "input", inner)
        if (file.path, file.sha256) in makers:
            maker, role = makers[file.path, file.sha256]
            outer = parameter(entities, maker.key, direction="output", name=role, kind="File")
            examples = [inner]
        else:
            outer = parameter(entities, "workflow", direction="source", name=file.role, kind="File")
            entities.link(WORKFLOW, "input", outer)
            examples = [inner, outer]
        _exemplify(entities, file.name, examples)
        connect(entities, step_of(job), outer, inner)


def add_outputs(entities: Entities, job: CrateJob, results: Sequence[CrateFile]) -> None:
    """Describe what ``job`` writes; what is among ``results`` is an output of the workflow."""
    for file in job.outputs:
        inner = parameter(entities, job.key, direction="output", name=file.role, kind="File")
        entities.link(job.tool, "output", inner)
        _exemplify(entities, file.name, [inner])
        if file in results:
            outer = parameter(
                entities,
                "workflow",
                direction="result",
                name=f"{slug(job.verb)}/{file.role}",
                kind="File",
            )
            entities.link(WORKFLOW, "output", outer)
            _exemplify(entities, file.name, [outer])
            connect(entities, WORKFLOW, inner, outer)


def _exemplify(entities: Entities, example: str, parameters: Sequence[str]) -> None:
    entities.link(example, "exampleOfWork", parameters)
    for name in parameters:
        entities.link(name, "workExample", example)


def add_engine(entities: Entities, version: str | None) -> None:
    """Describe Snakemake, the workflow's language and engine."""
    entities.put(
        ENGINE,
        ["ComputerLanguage", "SoftwareApplication"],
        name="Snakemake",
        identifier={"@id": ENGINE},
        url={"@id": ENGINE},
        version=version or "not recorded",
    )
    entities.link(WORKFLOW, "programmingLanguage", ENGINE)
