"""``histopress audit pack``: all records in one file, to be kept elsewhere or deposited."""

import argparse
from pathlib import Path

from histopress.audit.paint import size
from histopress.audit.seal.pack import write_pack
from histopress.cli.audit.opening import FINE, print_json
from histopress.errors import StoreError
from histopress.store import file_digest

RESULTS = "results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FILE.zip",
        help="where to write it; equal records give equal bytes",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(options: argparse.Namespace) -> int:
    """Write the pack."""
    project, path = Path.cwd(), options.to
    if path.resolve().is_relative_to((project / RESULTS).resolve()):
        raise StoreError(
            f"{path}: lies among the results; a pack serves whoever keeps it elsewhere"
        )
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; name the file, such as {path / 'records.zip'}")
    seal = write_pack(project, path)
    digest, count = file_digest(path), path.stat().st_size
    if options.json:
        print_json(
            {"pack": str(path), "sha256": digest, "bytes": count, "root": seal.root}
            | {"records": len(seal.records), "outputs": len(seal.outputs)}
        )
        return FINE
    print(f"packed: {len(seal.records)} records of {len(seal.outputs)} outputs, {size(count)}")
    print(f"  root   {seal.root}")
    print(f"  sha256 {digest}  {path}")
    print(
        "\nKeep it where nobody who can write results can write. Later\n"
        f"  histopress audit verify --pack {path}\n"
        "finds whoever rewrote results and records together, or cut the ledger of runs."
    )
    return FINE
