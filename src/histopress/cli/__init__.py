"""Command line: one verb a rule, each run by :mod:`histopress.cli.job`."""
