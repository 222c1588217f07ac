"""The auditor's verbs.

Read-only but where they say so, offline and, but for ``adopt``, without Snakemake. Each exits with
0 where all is well, 1 where there is something to look at, 2 where it could not be asked.
"""
