"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version


def number() -> str:
    """The version as it is installed; `0` in a checkout that is not."""
    try:
        return version("client-registry")
    except PackageNotFoundError:
        return "0"
