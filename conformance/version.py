"""The version of this package, as it is installed."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["VERSION"]


def _installed() -> str:
    try:
        return version("fastapi-conformance")
    except PackageNotFoundError:  # run from a folder of sources
        return "0"


VERSION = _installed()
