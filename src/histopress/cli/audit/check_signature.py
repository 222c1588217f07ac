"""``histopress audit check-signature``: who signed these results, and are they still the same."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from histopress.audit.cache import DigestCache, cache_place
from histopress.audit.findings import Finding
from histopress.audit.paint import GREEN, RED, Paint, printable
from histopress.audit.records import FOLDER
from histopress.audit.seal.seal import Seal, departures, read_seal, record_contents
from histopress.audit.seal.signature import SUFFIX, check_signature
from histopress.cli.audit.opening import FINDINGS, FINE, colour, print_json
from histopress.cli.audit.sign import STATEMENT
from histopress.errors import SignatureError, StoreError


@dataclass(frozen=True, kw_only=True)
class Check:
    """What came out: who signed, or why nobody did."""

    signer: str | None = None
    fault: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--signers",
        type=Path,
        required=True,
        metavar="FILE",
        help="who is trusted, a line each: NAME PUBLIC-KEY (ALLOWED SIGNERS in man ssh-keygen)",
    )
    parser.add_argument(
        "--signature",
        type=Path,
        default=STATEMENT.with_name(STATEMENT.name + SUFFIX),
        metavar="FILE",
        help="the signature (default: %(default)s)",
    )
    parser.add_argument(
        "--records-only",
        action="store_true",
        help="check the records alone; do not look whether outputs still are what they say",
    )
    parser.add_argument("--full", action="store_true", help="read every byte; trust no cache")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(options: argparse.Namespace) -> int:
    """Compute the root anew, and check the signature over it and the outputs; 1 if either fails.

    Inputs from outside ``results/``, such as slides, are what ``audit verify`` looks at.
    """
    project = Path.cwd()
    if not (project / FOLDER).is_dir():
        raise StoreError(f"{FOLDER}: no such folder; check in the folder that holds results/")
    seal = read_seal(record_contents(project))
    check = _check(seal, options.signature, options.signers)
    with DigestCache(cache_place(), full=options.full) as digests:
        found = [] if options.records_only else list(departures(seal, project, digests))
    if options.json:
        _print_json(seal, check, found)
    else:
        for line in _lines(seal, check, found, looked=not options.records_only):
            print(line)
    return FINDINGS if check.fault or found else FINE


def _check(seal: Seal, signature: Path, signers: Path) -> Check:
    try:
        data = signature.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{signature}: no signature can be read there ({error.strerror}); name it with "
            "--signature, or ask the author: 'histopress audit sign' makes one"
        ) from error
    try:
        return Check(signer=check_signature(seal.statement, data, signers))
    except SignatureError as error:
        former = _former(seal, signature, signers)
        return Check(fault=f"{error}{former}")


def _former(seal: Seal, signature: Path, signers: Path) -> str:
    """Say what was signed instead, if the statement still lies beside its signature."""
    place = signature.with_name(signature.name.removesuffix(SUFFIX))
    try:
        statement = place.read_bytes()
        if place == signature or statement == seal.statement:
            return ""
        name = check_signature(statement, signature.read_bytes(), signers)
        signed = dict(line.split(" ", 1) for line in statement.decode().splitlines()[1:])
        now, root = len(seal.leaves), signed["root"]
        return f"\n'{name}' signed {signed['leaves']} files under root {root}; here are {now}"
    except (OSError, ValueError, KeyError, SignatureError):
        return ""


def _lines(seal: Seal, check: Check, found: list[Finding], *, looked: bool) -> Iterator[str]:
    from histopress.audit.history.listing import render_finding

    paint = Paint(colour())
    if check.fault is None:
        yield paint(f"good signature by {printable(str(check.signer))}", GREEN)
        if found:
            yield paint(f"but {len(found)} outputs are not what the signed records say", RED)
    else:
        yield paint("no good signature", RED)
        for line in check.fault.splitlines():
            yield f"  {printable(line)}"
    yield f"  {len(seal.records)} records of {len(seal.outputs)} outputs, root {seal.root}"
    if seal.faults:
        yield f"  {len(seal.faults)} records are not as their jobs wrote them: audit verify tells"
    if not looked:
        yield "  whether outputs still are what the records say was not looked at"
    elif not found:
        yield f"  all {len(seal.outputs)} outputs are what the records say"
    for each in found:
        yield render_finding(each, colour=colour())


def _print_json(seal: Seal, check: Check, found: list[Finding]) -> None:
    from histopress.audit.history.plain import finding_values

    print_json(
        {
            "signer": check.signer,
            "fault": check.fault,
            "root": seal.root,
            "records": len(seal.records),
            "outputs": len(seal.outputs),
            "altered": seal.faults,
            "findings": [finding_values(each) for each in found],
        }
    )
