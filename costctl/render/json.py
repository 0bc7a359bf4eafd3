"""JSON: one complete document, money as numbers, never NaN."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import costctl
from costctl.render.cells import stamp
from costctl.render.numbers import exact
from costctl.render.style import UNSAFE, Style
from costctl.table import Envelope, Report

INDENT = "  "


def render(report: Report, envelope: Envelope, style: Style) -> str:
    """Return the report's result within its envelope."""
    document = {
        "schema": f"costctl.{report.name}/1",
        "tool_version": costctl.__version__,
        "as_of": envelope.as_of,
        "tz": envelope.tz,
        "currency": envelope.currency,
        "pricing": envelope.pricing,
        "data": envelope.data,
        "warnings": [
            {"code": warning.code, "message": warning.message}
            for warning in (*envelope.warnings, *report.warnings)
        ],
        "result": report.result,
    }
    return dumps(document, ascii_only=not style.unicode) + "\n"


def dumps(value: object, *, indent: bool = True, ascii_only: bool = False) -> str:
    """Return any value of a report as JSON.

    Errors: `ValueError` for NaN and infinities, `TypeError` for what JSON cannot say.
    """
    return "".join(_pieces(value, "\n" if indent else "", ascii_only=ascii_only))


def _pieces(value: object, line: str, *, ascii_only: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        keyed = [
            (text(str(key), ascii_only=ascii_only) + ": ", member) for key, member in value.items()
        ]
        yield from _nested(keyed, "{}", line, ascii_only=ascii_only)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from _nested([("", member) for member in value], "[]", line, ascii_only=ascii_only)
    else:
        yield _scalar(value, ascii_only=ascii_only)


def _nested(
    members: Sequence[tuple[str, object]], brackets: str, line: str, *, ascii_only: bool
) -> Iterator[str]:
    if not members:
        yield brackets
        return
    inner = line + INDENT if line else ""
    yield brackets[0]
    for number, (key, member) in enumerate(members):
        yield ("," if line else ", ") if number else ""
        yield inner + key
        yield from _pieces(member, inner, ascii_only=ascii_only)
    yield line + brackets[1]


def _scalar(value: object, *, ascii_only: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return exact(value)
    if isinstance(value, date):
        return text(stamp(value), ascii_only=ascii_only)
    if isinstance(value, str):
        return text(value, ascii_only=ascii_only)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def text(value: str, *, ascii_only: bool = False) -> str:
    """Return a JSON string in which nothing acts on a terminal."""
    return UNSAFE.sub(_escaped, json.dumps(value, ensure_ascii=ascii_only))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
