"""``python -m histopress``."""

import sys

from histopress.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
