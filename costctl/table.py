"""What a report is: tables of plain values. Renderers draw them and compute nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

Cell = str | int | float | Decimal | datetime | bool | None


class Kind(Enum):
    """How a column is drawn.

    Attributes:
        TEXT: text; may shrink on a narrow terminal. None is drawn as `(none)`.
        NAME: a model's name; None is drawn as `(unknown)`.
        COUNT: an integer (tokens, requests) with separators.
        NUMBER: a number with at most 4 significant digits after the point.
        USD: money, rounded to cents, half-even, once.
        UNIT_USD: money per unit, 4 significant digits.
        SHARE: 0 to 1, drawn as a percentage.
        TIME: a moment, UTC.
        STATUS: one of the words PASS, WARN, FAIL, SKIP, INCONCLUSIVE; may be coloured.
    """

    TEXT = "text"
    NAME = "name"
    COUNT = "count"
    NUMBER = "number"
    USD = "usd"
    UNIT_USD = "unit_usd"
    SHARE = "share"
    TIME = "time"
    STATUS = "status"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: the machine name, used as CSV header and JSON key.
        title: what a person reads above it.
        kind: how its cells are drawn.
        wide_only: left out of terminal tables that would not fit; never of CSV or JSON.
        about: what a reader must know of it; said under the table where the column is shown.
    """

    name: str
    title: str
    kind: Kind
    wide_only: bool = False
    about: str = ""


ENDPOINT_AND_MODEL = (
    Column("endpoint", "Endpoint", Kind.TEXT),
    Column("model", "Model", Kind.NAME),
)
"""What names a group."""


@dataclass(frozen=True)
class Table:
    """Rows of plain values, a total, and notes.

    Attributes:
        name: machine name, unique within its report.
        title: one line above the table; may be empty.
        columns: one per cell of a row.
        rows: numbers stay numbers until the renderer.
        total: a last row set apart, or None.
        notes: lines under the table.
        sums: names of USD columns whose printed cents must add up to the printed total.
        kinds: how single cells are drawn, by (row, column), where not as their column.
        printed: name of a USD column -> its cells for people, the total last; where several tables of a report
            must state the same cents. Machines read `rows`.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    kinds: Mapping[tuple[int, int], Kind] = field(default_factory=dict)
    printed: Mapping[str, Sequence[Cell]] = field(default_factory=dict)


class Warn(NamedTuple):
    """A warning with a stable code."""

    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """The answer to one question, ready to be drawn in any form.

    Attributes:
        name: the command, `breakdown`; the JSON schema is `costctl.<name>/1`.
        tables: the first is the main one: CSV, JSON lines and plain output show it alone.
        result: what JSON output holds under `result`; values as in `Cell`, lists and mappings.
        rows_key: the list in `result` that JSON lines show; without it they show the main table.
        head: lines above the tables.
        foot: lines under the last table, such as insights and verdicts.
        warnings: printed on stderr, listed in JSON.
        try_next: the command to try first, for people at a terminal; empty where none suggests itself.
    """

    name: str
    tables: tuple[Table, ...]
    result: Mapping[str, object]
    head: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    warnings: tuple[Warn, ...] = ()
    rows_key: str = "rows"
    try_next: str = ""


@dataclass(frozen=True)
class Envelope:
    """What surrounds every JSON result: when, where, at which prices, over which data.

    Attributes:
        as_of: the moment that stands for now.
        tz: name of the zone of period and day borders.
        pricing: `version` and `sha256` of the resolved price table; empty where prices play no part.
        data: `first`, `last`, `rows`, `unpriced_requests`, `unpriced_tokens`, `missing_days`; empty where no usage was read.
        warnings: what reading the usage and the prices had to say; listed before the report's own.
    """

    as_of: datetime
    tz: str = "UTC"
    currency: str = "USD"
    pricing: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[Warn, ...] = ()
