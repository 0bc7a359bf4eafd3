"""Money that no row carries: commitments and provisioned units, counted for a window."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from costctl.store.connection import Store
from costctl.store.prices import fetch_rows
from costctl.vocabulary import Query

_PLACES = Decimal(10) ** -12
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


class FixedLine(NamedTuple):
    """A fixed line.

    Attributes:
        kind: ptu, minimum or prepay.
        title: what it is for.
        since, until: the part of the window that it is counted for.
        amount_usd: for that time; a minimum's is what tops the cost of its scope up to it.
    """

    kind: str
    title: str
    since: datetime
    until: datetime
    amount_usd: Decimal


def has_fixed_lines(store: Store) -> bool:
    """Return whether the price table has any fixed line at all."""
    return bool(fetch_rows(store, "price_fixed"))


def fixed_lines(store: Store, query: Query) -> tuple[FixedLine, ...]:
    """Return the fixed lines of the window of the question asked last; an open side ends with the usage.

    A question with conditions has none: they belong to no part of the usage.
    """
    rows = () if query.where else fetch_rows(store, "price_fixed")
    span = _span(store, query) if rows else None
    if span is None:
        return ()
    lines = (_line(store, row, *span) for row in rows)
    return tuple(
        sorted(
            (line for line in lines if line), key=lambda line: (line.kind, line.title, line.since)
        )
    )


def _span(store: Store, query: Query) -> tuple[datetime, datetime] | None:
    row = store.connection.execute("SELECT min(first_at), max(last_at) FROM rolled").fetchone()
    first, last = row or (None, None)
    since, until = query.window.since or first, query.window.until
    if until is None and last is not None:
        # The last day of usage counts whole: provisioned units are paid while nobody calls.
        until = last.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return (since, until) if since is not None and until is not None else None


def _line(store: Store, row: tuple[Any, ...], since: datetime, until: datetime) -> FixedLine | None:
    kind, provider, deployment, start, end, monthly, units, hourly, source, *_ = row
    begin, stop = max(since, start or since), min(until, end or until)
    if begin >= stop:
        return None
    scope = deployment or provider or "all usage"
    if kind == "ptu":
        title = f"provisioned units: {scope}"
        amount = units * hourly * Decimal((stop - begin) // _MICROSECOND) / Decimal(3_600_000_000)
    else:
        title = f"{'minimum commitment' if kind == 'minimum' else 'prepayment'}: {scope}"
        amount = sum((monthly * share for share in _months(begin, stop)), Decimal(0))
        if kind == "minimum":
            amount = max(Decimal(0), amount - _cost(store, provider))
    named = f"{title} ({source})" if source else title
    return FixedLine(kind, named, begin, stop, amount.quantize(_PLACES, ROUND_HALF_EVEN))


def _months(begin: datetime, stop: datetime) -> Iterator[Decimal]:
    """Yield what part of each month lies in between."""
    while begin < stop:
        days = monthrange(begin.year, begin.month)[1]
        first = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        until = min(stop, first + days * _DAY)
        yield Decimal((until - begin) // _MICROSECOND) / Decimal(days * _DAY // _MICROSECOND)
        begin = until


def _cost(store: Store, provider: str | None) -> Decimal:
    row = store.connection.execute(
        "SELECT coalesce(sum(cost_usd), 0) FROM priced WHERE billable AND has_price "
        "AND ($provider IS NULL OR price_provider = $provider)",
        {"provider": provider},
    ).fetchone()
    return Decimal(row[0]) if row else Decimal(0)
