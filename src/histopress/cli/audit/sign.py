"""``histopress audit sign``: bind all that is recorded to a person's SSH key."""

import argparse
from pathlib import Path

from histopress.audit.records import FOLDER, SIGNED
from histopress.audit.seal.seal import Seal, whole_seal
from histopress.audit.seal.signature import SUFFIX, sign
from histopress.cli.audit.opening import FINE, print_json
from histopress.store import atomic

STATEMENT = Path(FOLDER) / SIGNED
"""Beside the records it goes where they go; it is no record itself, nor a result."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="private SSH key, or the public half of one that an agent holds",
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=STATEMENT,
        metavar="FILE",
        help=f"where to write what is signed; the signature stands beside it as FILE{SUFFIX} "
        f"(default: {STATEMENT})",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(options: argparse.Namespace) -> int:
    """Write the statement and its signature."""
    seal = whole_seal(Path.cwd())
    signature = sign(seal.statement, options.key)
    place = options.to.with_name(options.to.name + SUFFIX)
    for path, data in ((options.to, seal.statement), (place, signature)):
        with atomic(path) as temporary:
            temporary.write_bytes(data)
    if options.json:
        print_json(
            {"statement": str(options.to), "signature": str(place), "root": seal.root}
            | {"records": len(seal.records), "outputs": len(seal.outputs)}
        )
        return FINE
    print(_lines(seal, options.to, place))
    return FINE


def _lines(seal: Seal, statement: Path, signature: Path) -> str:
    return f"""\
signed: {len(seal.records)} records, and {len(seal.outputs)} outputs by their recorded digests
  root {seal.root}
  {statement}  what was signed
  {signature}  the signature

Digests alone show damage, not forgery: whoever rewrites a result and its record together passes
'audit verify'. Without your key nobody can make this signature fit the new root, so that
'audit check-signature' exposes them to whoever knows your public key. It says that you vouched
for this state; not when, and not that the results are right.
Whether files are as recorded was not looked at: 'histopress audit verify --full' does."""
