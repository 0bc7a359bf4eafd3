"""What a scenario selects: dimensions and the values that must match."""

from collections.abc import Sequence

from costctl.errors import nearest
from costctl.vocabulary import DIMENSIONS, Condition
from costctl.yaml_file import Reader

LEVER_DIMENSIONS = (*DIMENSIONS, "price_name")
"""A lever may also name a model as the price table does."""


def read_where(reader: Reader, dimensions: Sequence[str] = DIMENSIONS) -> tuple[Condition, ...]:
    """Read `where`: keys are AND, a list is OR, values are globs."""
    inner = reader.mapping("where")
    return conditions(inner, dimensions) if inner else ()


def conditions(reader: Reader, dimensions: Sequence[str]) -> tuple[Condition, ...]:
    """Read one selector."""
    found = []
    for key in reader.keys():  # noqa: SIM118 - a reader is no dictionary
        patterns = reader.texts(key, required=True)
        if key not in dimensions and not key.startswith("tag."):
            node = (reader.node.entries or {})[key]
            reader.bad(node, f"where.{key}: no such dimension{nearest(key, dimensions)}")
        if patterns:
            found.append(Condition(key, patterns))
        elif reader.get(key) and not reader.problems:
            reader.bad(
                reader.node, f"where.{key}: an empty list selects nothing; leave the key out"
            )
    reader.done()
    return tuple(found)
