"""`python -m conformance`, and the console script."""

import gc
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # with -m it is the current folder: a module of the target would be taken for one of ours

from conformance.cli import main


def run() -> None:
    """Run the command and exit with its status.

    The collector of cycles would look through millions of records again and again, and at the end free one by one what
    the system takes back at once. Commands that make many checks switch it on.
    """
    gc.disable()
    status = main(sys.argv[1:])
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    run()
