"""The scripts here write golden numbers with packages that the tests do not need."""

collect_ignore_glob = ["*.py"]
