"""Lets Snakemake touch results and remember of each job what is true of it.

Run as a program, with Snakemake's arguments and, on standard input, the jobs that today's study
would run no other way. For these Snakemake remembers the settings of today, for all others that
theirs are not: so it makes these anew, whatever their times say, and no others.
"""

import json
import sys
from typing import Any

from histopress.cli.audit.expected.wanted import job_key
from histopress.cli.plan import Plan

OTHER = "not made with the settings of today"


def main() -> None:
    """Touch what the arguments name."""
    from snakemake.cli import main as snakemake
    from snakemake.executors import touch

    taken = {tuple(key) for key in json.load(sys.stdin)}
    settings = Plan.settings

    def told(plan: Plan, verb: str, wildcards: Any) -> str:
        is_taken = job_key(verb, dict(wildcards.items())) in taken
        return settings(plan, verb, wildcards) if is_taken else OTHER

    Plan.settings = told  # type: ignore[method-assign,assignment]
    # A pause before each job is for clocks that stand still; equal times are in order, too.
    touch.Executor.SLEEPING_TIME = 0
    snakemake(sys.argv[1:])


if __name__ == "__main__":
    main()
