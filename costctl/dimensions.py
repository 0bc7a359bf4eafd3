"""The names of dimensions, for whoever takes one from a user."""

from costctl.errors import CostctlError, nearest
from costctl.vocabulary import DIMENSIONS

TAG = "tag."
KNOWN = f"known: {', '.join(DIMENSIONS)}, tag.KEY"


def dimension_of(name: str) -> str:
    """Return the name of a dimension, or say which ones there are.

    Errors: `CostctlError` for an unknown one.
    """
    if name in DIMENSIONS or (name.startswith(TAG) and len(name) > len(TAG)):
        return name
    raise CostctlError(f"unknown dimension {name!r}{nearest(name, DIMENSIONS)}", hint=KNOWN)
