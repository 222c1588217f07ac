"""What is stale by brute force: every recipe put together anew, as the runner does it.

Snakemake itself says which jobs there are and what each is given. Files are digested as they lie
there. Whatever comes below a job of another recipe may come out otherwise too.
"""

import json
import re
from contextlib import chdir
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from histopress.audit.code import SOURCE, code_digest
from histopress.audit.pins import pins_of
from histopress.audit.record import identifier, input_digests
from histopress.cli.cohort import load_labels, load_manifest, load_table
from histopress.cli.job import Job, Request
from histopress.cli.main import JOBS
from histopress.cli.plan import Plan
from histopress.cli.settings import read_settings
from histopress.cohort.content import people_digest
from histopress.seeds import derive_seed
from histopress.store import canonical_json, file_digest
from histopress.study import read_values

FOLDER = "results/records"


@dataclass(frozen=True)
class Planned:
    """A job as Snakemake plans it."""

    rule: str
    wildcards: SimpleNamespace
    inputs: frozenset[str]
    outputs: tuple[str, ...]

    @property
    def record(self):
        return next(path for path in self.outputs if path.startswith(FOLDER))


def planned_jobs(project):
    """All jobs of a whole run by their records, from Snakemake's own words."""
    text = project.snakemake("--dry-run", "--forceall")
    found = {}
    for rule, lines in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", text, re.MULTILINE):
        told = dict(line.strip().split(": ", 1) for line in lines.splitlines() if ": " in line)
        if rule == "all":
            continue
        outputs = told["output"].replace(" (update)", "").split(", ")
        job = Planned(
            rule=rule,
            wildcards=SimpleNamespace(**_pairs(told.get("wildcards", ""))),
            inputs=frozenset(filter(None, told.get("input", "").split(", "))),
            outputs=tuple(outputs),
        )
        found[job.record] = job
    return found


def _pairs(text):
    return dict(part.split("=", 1) for part in text.split(", ") if part)


def records_of(folder):
    """All records as they lie there."""
    return {
        str(path.relative_to(folder)): json.loads(path.read_text())
        for path in sorted((folder / FOLDER).rglob("*.json"))
        if path.relative_to(folder / FOLDER).parts[0] not in ("runs", "source")
    }


def recomputed(project, jobs, before, source=SOURCE):
    """Places of the records that a rerun of everything would make otherwise.

    Parameters
    ----------
    jobs, before : dict
        What Snakemake plans today, and what it planned when the records were written.
    source : Path
        Folder of the package whose code counts.
    """
    records = {place: each for place, each in records_of(project.folder).items() if place in jobs}
    with chdir(project.folder):
        plan = Plan.load(read_values(Path("config/config.yaml")), project.folder, check_files=False)
        found = {
            place
            for place, record in records.items()
            if jobs[place].inputs != before[place].inputs
            or identifier(_recipe(record, jobs[place], plan, source)) != record["recipe_id"]
        }
    return _with_all_below(found, records)


def _recipe(record, job, plan, source):
    former = record["recipe"]
    module = f"histopress.cli.{JOBS[former['verb']][0]}"
    verb = import_module(module).VERB
    given = plan.settings(former["verb"], job.wildcards)
    settings = read_settings(verb.settings, given, verb=verb.name)
    kept = {key: value for key, value in asdict(settings).items() if key not in verb.guards}
    recipe = {
        **former,
        "settings": json.loads(canonical_json(kept)),
        "code": code_digest(module, source),
        "pins": pins_of(module, verb.environment, source),
        "seeds": {name: derive_seed(settings.seed, name) for name in former["seeds"]},
        "content": _content(record, verb, settings),
    }
    read = [{**entry, "sha256": _today(entry, record)} for entry in record["inputs"]]
    return {**recipe, "inputs": input_digests(recipe, read)}


def _today(entry, record):
    if entry["path"] in {output["path"] for output in record["outputs"]}:
        return entry["sha256"]  # the former content of a file that the job goes on with
    path = Path(entry["path"])
    return file_digest(path) if path.exists() else None


def _content(record, verb, settings):
    """Let the verb's own helpers read the tables and see what they enter."""
    if not record["recipe"]["content"]:
        return {}
    paths = {port: Path(path) for port, path in record["ports"].items()}
    wildcards = record["recipe"]["wildcards"]
    job = Job(
        request=Request(verb=verb, settings=settings, paths=paths, wildcards=wildcards),
        project=Path.cwd(),
        settings=settings,
    )
    manifest = load_manifest(job)
    if verb.name == "compare":
        return {"manifest": people_digest(manifest)}
    told = verb.name == "evaluate"
    load_labels(job, manifest, wildcards["target"], settings.target, left_out=told)
    if verb.name == "split":
        load_table(job)
    return job.content


def _with_all_below(found, records):
    """Add, until nothing is added, the records that read what one of these wrote."""
    found = set(found)
    while True:
        made = {entry["path"] for place in found for entry in records[place]["outputs"]}
        below = {
            place
            for place, record in records.items()
            if place not in found and made & {entry["path"] for entry in record["inputs"]}
        }
        if not below:
            return found
        found |= below
