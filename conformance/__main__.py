"""`python -m conformance`, and the console script."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # with -m it is the current folder: a module of the target would be taken for one of ours

from conformance.cli import main


def run() -> None:
    """Run the command and exit with its status."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
