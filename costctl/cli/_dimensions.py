"""Dimensions on the command line: what rows are grouped by, and which of them count."""

from collections.abc import Sequence

from costctl.dimensions import KNOWN, dimension_of
from costctl.errors import CostctlError
from costctl.vocabulary import Condition


def condition_of(text: str) -> Condition:
    """Return what `key=glob` asks for."""
    key, equals, pattern = text.partition("=")
    if not equals or not pattern:
        raise CostctlError(f"--where: {text!r} is not KEY=GLOB", "such as --where model=gpt-4o*")
    return Condition(dimension_of(key), (pattern,))


def dimensions_of(texts: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions of `--by`, each once; to repeat it is as good as a comma."""
    if not texts:
        return tuple(default)
    words = ",".join(texts).split(",")
    names = tuple(dimension_of(name.strip()) for name in words if name.strip())
    if not names:
        raise CostctlError("--by names no dimension", KNOWN)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise CostctlError(f"--by names {twice[0]} twice")
    return names
