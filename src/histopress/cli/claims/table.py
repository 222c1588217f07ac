"""``histopress claims table``: the verdicts of one or several studies on one page."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

UNJUDGED: Mapping[str, Any] = {"sentence": "not judged yet", "finding": None, "headed": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "studies", nargs="*", type=Path, default=[Path()], help="folders of studies (default: .)"
    )
    parser.add_argument("--page", type=Path, metavar="MD", help="write the table there")
    parser.add_argument("--figure", type=Path, metavar="SVG", help="draw all intervals there")


def run(options: argparse.Namespace) -> int:
    """Print the table, and write it where asked."""
    from histopress.claims.figures import verdicts_figure
    from histopress.claims.pages import verdict_table
    from histopress.evaluate.figures import save_svg
    from histopress.store import atomic

    results = sorted(gather(options.studies), key=lambda each: each["letter"])
    check_family(results)
    headed = list(dict.fromkeys(each["headed"] for each in results if each["headed"]))
    page = "\n".join([*(f"{line}\n" for line in headed), *verdict_table(results), ""])
    print(page, end="")
    if options.page is not None:
        with atomic(options.page) as temporary:
            temporary.write_text(page, encoding="utf-8")
    if options.figure is not None:
        with atomic(options.figure) as temporary:
            save_svg(
                verdicts_figure(results, headed=" ".join(headed)),
                temporary,
                description="Corrected intervals of all claims.",
            )
    return 0


def check_family(results: Sequence[Mapping[str, Any]]) -> None:
    """Make sure that every verdict was corrected for at least as many claims as there are here.

    Raises
    ------
    ConfigError
        One was not.
    """
    from histopress.errors import ConfigError

    for each in results:
        if each["finding"] and each["facts"]["family"] < len(results):
            raise ConfigError(
                f"study '{each['study']}', claim '{each['claim']}': was corrected for "
                f"{each['facts']['family']} claims, but {len(results)} are set side by side; set "
                "claims.family to the number of all claims in every study, and judge them again"
            )


def gather(studies: Sequence[Path]) -> list[dict[str, Any]]:
    """Read what became of every claim that was stated; one that was not judged yet says so.

    Raises
    ------
    StoreError
        A study states none, or none of its claims was judged.
    """
    from histopress.errors import StoreError
    from histopress.store import read_json
    from histopress.study import names

    found: list[dict[str, Any]] = []
    for study in studies:
        plan = study / f"{names.CLAIMS_PLAN}.json"
        if not plan.is_file():
            raise StoreError(f"{plan}: no such file; run 'snakemake claims' in that study")
        own = []
        for stated in read_json(plan)["claims"]:
            place = study / f"{names.CLAIM.format(claim=stated['claim'])}.json"
            result = read_json(place) if place.is_file() else {**UNJUDGED, **stated}
            own.append({"study": study.resolve().name, **result})
        if all(each["sentence"] == UNJUDGED["sentence"] for each in own):
            raise StoreError(
                f"{plan.parent}: no claim was judged there yet; run 'snakemake claims' in that "
                "study"
            )
        found += own
    return found
