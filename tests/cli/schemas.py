"""Whether outputs fit the schemas that the program prints; that these are schemas is tested beside them."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from costctl.cli.schema import schema


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def require_fit(document: Any, name: str) -> None:
    """Fail unless a document fits the schema of that name."""
    _validator(name).validate(document)
