"""The auditor's verbs: read-only but where they say so, offline, without Snakemake.

Each exits with 0 where all is well, 1 where there is something to look at, 2 where it could not
be asked.
"""
