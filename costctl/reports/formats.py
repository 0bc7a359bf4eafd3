"""Which log formats are known, and what becomes of a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from costctl.table import Cell, Column, Kind, Report, Table, Warn
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.ingest.explain import Explained

HASH = re.compile("[0-9a-f]{64}")
SHOWN_OF_HASH = 12

FORMATS = (
    Column("name", "format", Kind.TEXT),
    Column("about", "what it is", Kind.TEXT),
    Column("recognised_by", "recognised by", Kind.TEXT, wide_only=True),
    Column("containers", "containers", Kind.TEXT, wide_only=True),
    Column("to", "fills", Kind.TEXT, wide_only=True),
    Column("user", "own", Kind.TEXT, wide_only=True),
)
MATCHES = (
    Column("name", "format", Kind.TEXT),
    Column("votes", "records", Kind.COUNT),
    Column("why", "why", Kind.TEXT),
)


@dataclass(frozen=True)
class Known:
    """A format as the list shows it.

    Attributes:
        to: `usage` or `billing`.
        user: declared by the user, not built in.
    """

    name: str
    about: str
    recognised_by: str
    containers: tuple[str, ...]
    to: str
    user: bool


def formats_report(known: Sequence[Known]) -> Report:
    """Return the formats in the order in which detection asks them."""
    rows = tuple(
        (k.name, k.about, k.recognised_by, ", ".join(k.containers), k.to, "yes" if k.user else "no")
        for k in known
    )
    result = [
        {
            "name": k.name,
            "about": k.about,
            "recognised_by": k.recognised_by,
            "containers": list(k.containers),
            "to": k.to,
            "user": k.user,
        }
        for k in known
    ]
    foot = (
        "Anything else that has token counts is read by the names of its fields; --map states what they mean.",
        "`costctl formats explain FILE` shows what becomes of a file.",
    )
    table = Table("formats", "", FORMATS, rows)
    return Report("formats", (table,), {"formats": result}, foot=foot, rows_key="formats")


def explain_report(found: "Explained") -> Report:
    """Return which formats take a file, why, and its first rows."""
    matches = tuple(_matches(found))
    tables = [Table("matches", "Formats", MATCHES, matches)] if matches else []
    if found.rows:
        tables.append(_rows_table(found.rows))
    return Report(
        name="formats-explain",
        tables=tuple(tables),
        result=_result(found),
        head=tuple(_head(found)),
        foot=tuple(_foot(found)),
        warnings=tuple(Warn("log", text) for text in found.result.warnings),
        rows_key="rows",
    )


def _matches(found: "Explained") -> list[tuple[Cell, ...]]:
    return [(m.name, m.votes, m.why) for m in (*found.matches, *found.near)]


def _rows_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Return one line a column: a row of the store is wide, and only few are shown."""
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if _cell(value)))
    columns = (
        Column("column", "column", Kind.TEXT),
        *(Column(f"row_{n}", f"row {n}", Kind.TEXT) for n in range(1, len(rows) + 1)),
    )
    cells = tuple((name, *(_cell(row.get(name)) for row in rows)) for name in names)
    return Table("rows", "First rows as they would be stored", columns, cells)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={value[key]}" for key in sorted(value))
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    return f"{text[:SHOWN_OF_HASH]}..." if HASH.fullmatch(text) else text


def _head(found: "Explained") -> list[str]:
    packed = "" if found.compression == "none" else f", {found.compression}"
    said = found.result.error or (
        f"read as {found.result.format}" if found.result.format else "nothing to read"
    )
    return [
        f"{found.path}: {found.container}{packed}; {counted(found.sampled, 'record')} looked at",
        said,
    ]


def _foot(found: "Explained") -> list[str]:
    result = found.result
    lines = []
    if found.flags:
        lines.append("No format takes it; by the names of its fields: " + " ".join(found.flags))
    if not result.error:
        lines.append(
            f"{counted(result.records, 'record')}: {counted(result.new_rows, 'row')}, "
            f"{counted(result.duplicates, 'repeat')}, "
            f"{result.skipped:,} skipped, {result.rejected:,} rejected"
        )
    if result.first_reject:
        lines.append(f"first rejected: {result.first_reject}")
    if result.error and found.keys:
        lines.append("keys: " + ", ".join(found.keys))
    return lines


def _result(found: "Explained") -> dict[str, object]:
    result = found.result
    return {
        "path": found.path,
        "container": found.container,
        "compression": found.compression,
        "format": result.format or None,
        "error": result.error,
        "matches": [{"name": m.name, "votes": m.votes, "why": m.why} for m in found.matches],
        "near": [{"name": m.name, "why": m.why} for m in found.near],
        "map": list(found.flags),
        "keys": list(found.keys),
        "records": result.records,
        "new_rows": result.new_rows,
        "duplicates": result.duplicates,
        "skipped": result.skipped,
        "rejected": result.rejected,
        "rows": [{name: _json(value) for name, value in row.items()} for row in found.rows],
    }


def _json(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): value[key] for key in sorted(value)}
    return list(value) if isinstance(value, tuple) else value
