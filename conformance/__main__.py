"""`python -m conformance`, and the console script."""

import sys

from conformance.cli import main


def run() -> None:
    """Run the command and exit with its status."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
