"""``histopress VERB --option=value …``: parse, validate, run, and say in one message what failed.

A verb's module is imported only when the verb is called, so that help is quick and no verb pays
for another's libraries.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress import __version__
from histopress.errors import HistopressError

if TYPE_CHECKING:
    from histopress.cli.job import Verb

JOBS = {
    "simulate slide": ("simulate_slide", "draw one phantom slide of the cohort"),
    "simulate patches": ("simulate_patches", "draw labelled patches of other phantom patients"),
    "patches": ("patches", "bring a patch task's patches to an encoder's input and divide them"),
    "tile": ("tile", "find tissue and lay the tile grid of one slide"),
    "encoder define": ("encoder_define", "write the card of an encoder that needs no weights"),
    "encoder import": ("encoder_import", "bring in an encoder from elsewhere"),
    "encoder train": ("encoder_train", "train an encoder on patches"),
    "encoder card": ("encoder_card", "render an encoder's card as a page to read"),
    "encoder probe": ("encoder_probe", "judge a frozen encoder on a patch task"),
    "encoder compare": ("encoder_compare", "set all encoders side by side"),
    "encoder transfer": ("encoder_transfer", "tell which patch task helps which"),
    "encode": ("encode", "embed each kept tile of one slide"),
    "compress": ("compress", "lay one slide's embeddings on its grid"),
    "compress import": ("compress_import", "lay embeddings of another tool on one slide's grid"),
    "compress export": ("compress_export", "write one slide's embeddings as another tool does"),
    "split": ("split", "assign patients to folds; nobody who has a fold moves"),
    "train": ("train", "train a slide-level model for one fold and predict its test patients"),
    "train clinical": ("train_clinical", "train a model that sees covariates alone for one fold"),
    "predict": ("predict", "let a trained model predict the slides of another cohort"),
    "evaluate": ("evaluate", "metrics with intervals, and figures, of one model"),
    "select": ("select", "judge the choice of the best model within each fold"),
    "clinical": ("clinical", "hold an image score beside clinical covariates"),
    "null": ("null", "shuffle labels through the whole cross-validation, many times"),
    "leaks": ("leaks", "inject leaks of every kind; each must be refused"),
    "explain": ("explain", "map where on one slide a trained model looks"),
    "claims plan": ("claims.plan", "write down what is claimed, and what the cohort can show"),
    "claim": ("claims.claim", "hold a finished study against one claim"),
    "compare": ("compare", "a table and a figure over all models evaluated"),
}
"""Verbs that make results: each runs as one job with a record."""

TOOLS = {
    "simulate phantom": ("simulate_phantom", "write a whole phantom cohort: slides and manifest"),
    "simulate cohort": ("simulate_cohort", "draw and compress a phantom cohort in one process"),
    "simulate digits": ("simulate_digits", "write images of digits labelled by a tilted rectangle"),
    "simulate collage": ("simulate_collage", "write a cohort of slides built from labelled tiles"),
    "claims init": ("claims.init", "write the configuration of one of the claims' studies"),
    "claims table": ("claims.table", "gather the verdicts of one or several studies"),
    "split rebalance": ("split_rebalance", "assign everybody anew, as a new version of a split"),
    "split import": ("split_import", "begin a split with the folds of CLAM or Patho-Bench"),
    "split export": ("split_export", "write a split as CLAM's or Patho-Bench's tables"),
    "encoder preview": ("encoder_preview", "draw patches as training varies them"),
    "validate": ("validate", "check configuration and manifest, listing every fault"),
    "schema": ("schema", "write the configuration's JSON Schema and key table"),
    "summary": ("summary", "print the results of a finished run and where they are"),
    "register": ("register", "write the digests of all slides into the manifest"),
    "audit trace": ("audit.trace", "follow a file back to its sources"),
    "audit verify": ("audit.verify", "check that every byte still is what its record says"),
    "audit stale": ("audit.stale", "tell which results would come out otherwise today, and why"),
    "audit replay": ("audit.replay", "make a result anew and compare it with what is there"),
    "audit diff": ("audit.diff", "tell why two results differ"),
    "audit adopt": ("audit.adopt", "let Snakemake take results that were pulled or copied"),
    "audit accept": ("audit.accept", "declare results of two recipes equal, after a sample"),
    "audit export": ("audit.export", "write results with their history as an RO-Crate"),
    "audit sign": ("audit.sign", "sign all that is recorded with an SSH key"),
    "audit check-signature": ("audit.check_signature", "check who signed what is recorded"),
    "audit close": ("audit.close", "enter the state of all records into the ledger of runs"),
    "audit pack": ("audit.pack", "put all records into one file to keep elsewhere"),
}
"""Verbs for people; they have arguments of their own."""


HELP: tuple[list[str], ...] = ([], ["-h"], ["--help"])
HEAD = "usage: histopress VERB [--option=value …]   (histopress VERB --help tells more)"


def usage() -> str:
    """List all verbs."""
    audit = {name: told for name, told in TOOLS.items() if name.startswith("audit ")}
    people = {name: told for name, told in TOOLS.items() if name not in audit}
    groups = {
        "for people:": people,
        "for auditors:": audit,
        "jobs of the workflow, each of which can be run by hand:": JOBS,
    }
    return "\n\n".join([HEAD, *(_listed(title, verbs) for title, verbs in groups.items())])


def group_usage(word: str) -> str | None:
    """List the verbs that begin with ``word`` where it is no verb itself; None if none does."""
    found = {name: told for name, told in (TOOLS | JOBS).items() if name.startswith(f"{word} ")}
    return f"{HEAD}\n\n{_listed(f'verbs of {word}:', found)}" if found else None


def _listed(title: str, verbs: Mapping[str, tuple[str, str]]) -> str:
    width = max(map(len, (*JOBS, *TOOLS)))
    return "\n".join([title, *(f"  {name:{width}}  {told}" for name, (_, told) in verbs.items())])


def find_verb(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Split the command line into a verb of one or two words and the rest."""
    for words in (2, 1):
        name = " ".join(arguments[:words])
        if len(arguments) >= words and (name in JOBS or name in TOOLS):
            return name, list(arguments[words:])
    return None, list(arguments)


def unknown_verb(arguments: Sequence[str]) -> str:
    """Say that there is no such verb and propose the nearest."""
    import difflib

    given = " ".join(arguments[:2])
    near = difflib.get_close_matches(given, [*JOBS, *TOOLS], n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(arguments[0], [*JOBS, *TOOLS], n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "; 'histopress --help' lists all"
    return f"histopress: no verb '{arguments[0]}'{hint}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Returns
    -------
    int
        0 done, 1 a fault that the message tells (of the auditor's verbs: findings), 2 a command
        line that cannot be read (of the auditor's verbs: any fault), 130 interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        print(f"histopress {__version__}")
        return 0
    name, rest = find_verb(arguments)
    group = group_usage(arguments[0]) if name is None and arguments[1:] in HELP else None
    if group is not None:
        print(group, file=sys.stdout if arguments[1:] else sys.stderr)
        return 0 if arguments[1:] else 2
    if name is None:
        print(unknown_verb(arguments), file=sys.stderr)
        return 2
    try:
        return _guarded(name, rest)
    except HistopressError as error:
        print(f"histopress {name}: {error}", file=sys.stderr)
        return _fault(name)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the rest goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        print(f"histopress {name}: the file system failed: {error}; try again", file=sys.stderr)
        return _fault(name)
    except KeyboardInterrupt:
        print(f"histopress {name}: interrupted; nothing was left half-written", file=sys.stderr)
        return 130


def _fault(name: str) -> int:
    return 2 if name.startswith("audit ") else 1


def _guarded(name: str, rest: list[str]) -> int:
    """Run a verb; a crash of an auditor's verb must not end with the exit code of findings."""
    if not name.startswith("audit "):
        return _run(name, rest)
    try:
        return _run(name, rest)
    except (HistopressError, OSError):
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        print(f"histopress {name}: failed, which it should not ({told})", file=sys.stderr)
        return 2


def _run(name: str, rest: list[str]) -> int:
    if name in TOOLS:
        module, summary = TOOLS[name]
        tool = importlib.import_module(f"histopress.cli.{module}")
        parser = argparse.ArgumentParser(
            prog=f"histopress {name}", description=summary, allow_abbrev=False
        )
        tool.add_arguments(parser)
        return int(tool.run(parser.parse_args(rest)) or 0)
    return _run_job(name, rest)


def _run_job(name: str, rest: list[str]) -> int:
    from histopress.cli.job import Request, Verb
    from histopress.cli.runner import execute, set_threads
    from histopress.cli.settings import read_settings

    module, summary = JOBS[name]
    verb: Verb = importlib.import_module(f"histopress.cli.{module}").VERB
    parser = argparse.ArgumentParser(
        prog=f"histopress {name}", description=summary, allow_abbrev=False
    )
    _add_options(parser, verb)
    values = vars(parser.parse_args(rest))
    wildcards, paths, record = _places(verb, values, parser)
    set_threads(values["threads"])
    execute(
        Request(
            verb=verb,
            settings=read_settings(verb.settings, values["settings"], verb=name),
            paths=paths,
            wildcards=wildcards,
            record=record,
            code=values["code"],
            threads=values["threads"],
            attempt=values["attempt"],
        )
    )
    return 0


def _add_options(parser: argparse.ArgumentParser, verb: "Verb") -> None:
    if verb.subject:
        parser.add_argument("given", nargs="?", metavar=verb.subject.upper(), help="as the option")
    for wildcard in verb.wildcards:
        parser.add_argument(f"--{wildcard}", required=not verb.subject, metavar="NAME")
    for port in (*verb.inputs, *verb.outputs):
        free = port.optional or port.default or port.name == verb.subject
        parser.add_argument(f"--{port.name}", required=not free, metavar="PATH", help=port.help)
    parser.add_argument("--settings", metavar="JSON", help="settings as JSON, or a file of them")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="PATH",
        help="where to write the record; for files below results/ a place is found without",
    )
    parser.add_argument("--code", metavar="DIGEST", help="fail if the code has another digest")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads to use")
    parser.add_argument("--attempt", type=int, default=1, metavar="N", help="try of the workflow")


def _places(
    verb: "Verb", values: dict[str, Any], parser: argparse.ArgumentParser
) -> tuple[dict[str, str], dict[str, Path], Path | None]:
    """Find wildcards, files and record, filling in what the subject implies."""
    from histopress.cohort.names import propose_name

    wildcards = {word: values[word.replace("-", "_")] for word in verb.wildcards}
    given = {
        port.name: values[port.name.replace("-", "_")] for port in (*verb.inputs, *verb.outputs)
    }
    record = values["record"]
    if verb.subject:
        given[verb.subject] = given[verb.subject] or values["given"]
        name = verb.wildcards[-1]
        optional = any(port.name == verb.subject and port.optional for port in verb.inputs)
        if not given[verb.subject] and not (optional and wildcards[name]):
            parser.error(f"give the {verb.subject}")
        wildcards[name] = wildcards[name] or propose_name(Path(given[verb.subject]).stem)
        rule = verb.name.replace(" ", "_")
        record = record or Path(f"results/records/{rule}/{wildcards[name]}.json")
    for port in verb.outputs:
        if not given[port.name] and port.default:
            given[port.name] = port.default.format(**wildcards)
    paths = {port: Path(path) for port, path in given.items() if path}
    return wildcards, paths, record or _record_of(verb, paths)


def _record_of(verb: "Verb", paths: Mapping[str, Path]) -> Path | None:
    """Place the record of a job that was called without one after its first result, if any."""
    from histopress.audit.record import recorded_path

    made = (paths[port.name] for port in verb.outputs if port.name in paths)
    names = (recorded_path(path, Path.cwd()) for path in made)
    results = (name.removeprefix("results/") for name in names if name.startswith("results/"))
    first = next(results, None)
    if first is None:
        return None
    return Path("results/records", verb.name.replace(" ", "_"), f"{first}.json")
