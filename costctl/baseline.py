"""A baseline: the aggregates of a period, small enough to commit, with the tokens to price it again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from costctl.errors import CostctlError
from costctl.vocabulary import ALL_CLASSES, TOKEN_CLASSES, Tokens, Window

SCHEMA = "costctl.baseline/1"
CURRENCY = "USD"
ZERO = Decimal(0)
COUNTS = ("requests", "billable_requests", "cache_hits", "unpriced_requests")
DIMENSIONS = ("endpoint", "model", "provider", "region", "tier")
"""What a row of a baseline is about; it holds no time, no user, no id and no text."""


@dataclass(frozen=True)
class BaselineRow:
    """The usage of one group.

    Attributes:
        key: values of `DIMENSIONS`.
        step: lower bound of the prompt size that decides its prices.
        class_cost_usd: the part of `cost_usd` that each token class cost.
    """

    key: tuple[str | None, ...]
    step: int = 0
    requests: int = 0
    billable_requests: int = 0
    cache_hits: int = 0
    unpriced_requests: int = 0
    tokens: Tokens = Tokens()  # noqa: RUF009 - frozen
    cost_usd: Decimal | None = None
    logged_cost_usd: Decimal | None = None
    class_cost_usd: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Baseline:
    """The aggregates of one period.

    Attributes:
        window: both ends are set.
        pricing: `version` and `sha256` of the price table that priced it.
    """

    window: Window
    tz: str
    rows: tuple[BaselineRow, ...]
    currency: str = "USD"
    pricing: dict[str, object] = field(default_factory=dict)
    tool_version: str = ""

    @property
    def has_tokens(self) -> bool:
        """Return whether there is anything to price again."""
        return any(row.tokens.total for row in self.rows)


def ends(window: Window) -> tuple[datetime, datetime]:
    """Return both ends of a baseline's window."""
    if window.since is None or window.until is None:
        raise ValueError("the window of a baseline is bounded")
    return window.since, window.until


def to_values(baseline: Baseline) -> dict[str, object]:
    """Return a baseline as plain values with sorted keys, so that a new one differs little from an old one."""
    since, until = ends(baseline.window)
    return {
        "currency": baseline.currency,
        "period": {"since": since, "until": until},
        "pricing": dict(sorted(baseline.pricing.items())),
        "rows": [_row_values(row) for row in baseline.rows],
        "schema": SCHEMA,
        "tool_version": baseline.tool_version,
        "tz": baseline.tz,
    }


def _row_values(row: BaselineRow) -> dict[str, object]:
    counts = {name: getattr(row, name) for name in COUNTS}
    values: dict[str, object] = {
        **dict(zip(DIMENSIONS, row.key, strict=True)),
        **counts,
        "class_cost_usd": dict(sorted(row.class_cost_usd)),
        "cost_usd": row.cost_usd,
        "logged_cost_usd": row.logged_cost_usd,
        "prompt_tokens_from": row.step,
        "tokens": {name: getattr(row.tokens, name) for name in sorted(ALL_CLASSES)},
    }
    return dict(sorted(values.items()))


def from_text(text: str, path: str) -> Baseline:
    """Return the baseline that a file holds.

    Errors: `CostctlError` where it is none, of another schema, or in another currency.
    """
    try:
        values = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise _refused(path, f"not JSON: {error}") from error
    schema = values.get("schema") if isinstance(values, dict) else None
    if schema != SCHEMA:
        raise _refused(path, f"its schema is {schema!r}, not {SCHEMA}")
    if values.get("currency") != CURRENCY:
        raise _refused(path, f"its currency is {values.get('currency')!r}, not {CURRENCY}")
    try:
        return _read(values)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _refused(path, f"damaged: {type(error).__name__} {error}") from error


def _refused(path: str, why: str) -> CostctlError:
    hint = "`costctl baseline save` writes a new one"
    return CostctlError(f"{path} is no usable baseline: {why}", hint, "invalid_baseline")


def _read(values: Mapping[str, object]) -> Baseline:
    period = _mapping(values["period"])
    rows = values["rows"]
    if not isinstance(rows, list):
        raise TypeError("rows")
    return Baseline(
        Window(_moment(period["since"]), _moment(period["until"])),
        str(values["tz"]),
        tuple(_read_row(_mapping(row)) for row in rows),
        str(values["currency"]),
        dict(_mapping(values["pricing"])),
        str(values.get("tool_version", "")),
    )


def _read_row(row: Mapping[str, object]) -> BaselineRow:
    counts = {name: _count(row[name]) for name in COUNTS}
    tokens = _mapping(row["tokens"])
    costs = _mapping(row["class_cost_usd"])
    unknown = sorted({*tokens, *costs} - set(ALL_CLASSES))
    if unknown:
        raise ValueError(f"unknown token class {unknown[0]}")
    return BaselineRow(
        key=tuple(None if row[name] is None else str(row[name]) for name in DIMENSIONS),
        step=_count(row["prompt_tokens_from"]),
        tokens=Tokens(**{name: _count(tokens.get(name, 0)) for name in ALL_CLASSES}),
        cost_usd=_usd(row["cost_usd"]),
        logged_cost_usd=_usd(row["logged_cost_usd"]),
        class_cost_usd=tuple((n, _usd(costs[n]) or ZERO) for n in TOKEN_CLASSES if n in costs),
        **counts,
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no object")
    return value


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value)).replace(tzinfo=None)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no count")
    if value < 0:
        raise ValueError(f"{value} is no count")
    return value


def _usd(value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"{value!r} is no amount")
    return Decimal(value)
