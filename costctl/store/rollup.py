"""What usage cost: exact sums by any dimensions."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from costctl.store.connection import Store
from costctl.store.fixed_lines import FixedLine, fixed_lines
from costctl.store.rollup_grain import roll
from costctl.store.rollup_rows import Percentiles, row_percentiles
from costctl.store.rollup_shape import TOKENS
from costctl.store.rollup_unpriced import Unpriced, unpriced
from costctl.vocabulary import ALL_CLASSES, PRICE_BASES, Query, Spent, Tokens

__all__ = [
    "Facts",
    "FixedLine",
    "Percentiles",
    "Unpriced",
    "days",
    "facts",
    "percentiles",
    "spent",
    "total",
    "total_again",
]

_UNPRICED = PRICE_BASES.index("unpriced")


class Facts(NamedTuple):
    """What else the last question's rows tell.

    Attributes:
        unpriced: by name and reason, most requests first.
        provider_assumed, region_assumed: requests whose provider or region nobody logged.
        prompt_tier_unknown: rows of buckets without a prompt size, of models with long-prompt prices.
        bucket_spans_price_change: rows of buckets within which a price changes; priced at their start.
        has_discounts: net and list cost may differ.
        days: UTC days with usage.
        fixed_lines: of the window; none where the scope has conditions.
    """

    unpriced: tuple[Unpriced, ...] = ()
    provider_assumed: int = 0
    region_assumed: int = 0
    prompt_tier_unknown: int = 0
    bucket_spans_price_change: int = 0
    has_discounts: bool = False
    days: tuple[date, ...] = ()
    fixed_lines: tuple[FixedLine, ...] = ()


def spent(store: Store, query: Query) -> list[Spent]:
    """Return what each group used and cost, the dearest first, unpriced last, then by key."""
    shape = roll(store, query).shape
    filled = {column for name in shape.classes for column in TOKENS[name]}
    return _spent(store, query, filled)


def total(store: Store, query: Query) -> Spent:
    """Return the sum over everything in scope; `by` plays no part."""
    found = spent(store, Query(**(vars(query) | {"by": ()})))
    return found[0] if found else Spent(key=(), cost_usd=Decimal(0), list_cost_usd=Decimal(0))


def total_again(store: Store) -> tuple[Spent, tuple[date, ...]]:
    """Return the sum over all rows of the question asked last, and their UTC days, without reading them again."""
    found = _spent(store, Query(), set(ALL_CLASSES))
    total = found[0] if found else Spent(key=(), cost_usd=Decimal(0), list_cost_usd=Decimal(0))
    return total, days(store)


def facts(store: Store, query: Query) -> Facts:
    """Return what else there is to say about the rows of the question asked last."""
    row = store.connection.execute(
        "SELECT bool_or(lacks_price OR tokens_unknown > 0), "
        "bool_or(has_price AND cost_usd <> list_cost_usd), "
        "sum(known_or_one) FILTER (provider_assumed), sum(known_or_one) FILTER (region_assumed), "
        "sum(rows) FILTER (bucket AND tiered AND NOT prompt_known), sum(rows) FILTER (spans_change) "
        "FROM priced"
    ).fetchone()
    lacking, discounts, *counts = row or (False, False, 0, 0, 0, 0)
    provider, region, tier, change = (int(value or 0) for value in counts)
    return Facts(
        unpriced(store) if lacking else (),
        provider_assumed=provider,
        region_assumed=region,
        prompt_tier_unknown=tier,
        bucket_spans_price_change=change,
        has_discounts=bool(discounts),
        days=days(store),
        fixed_lines=fixed_lines(store, query),
    )


def days(store: Store) -> tuple[date, ...]:
    """Return the UTC days with usage of the question asked last."""
    found = store.connection.execute(
        "SELECT DISTINCT CAST(slot AS DATE) AS day FROM rolled WHERE slot IS NOT NULL ORDER BY day"
    ).fetchall()
    return tuple(day for (day,) in found)


def percentiles(store: Store, query: Query) -> dict[tuple[object, ...], Percentiles]:
    """Return p50, p90 and p99 of tokens and cost per request for each group; read every row's own price."""
    return row_percentiles(store, query)


def _spent(store: Store, query: Query, filled: set[str]) -> list[Spent]:
    dims = [f"d{number}" for number in range(len(query.by))]
    lacking, hits = store.connection.execute(
        "SELECT bool_or(lacks_price OR tokens_unknown > 0), bool_or(cache_hit) FROM priced"
    ).fetchone() or (False, False)
    reasons = _counted(store, dims, "reason") if lacking else {}
    names = _counted(store, dims, "model") if lacking else {}
    asked = {
        name: sql
        for name, sql in _SUMS.items()
        if _EMPTY.get(name, "rows") in {"rows", *filled} and (hits or name not in _OF_HITS)
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in asked.items())
    keys = "".join(f"{name}, " for name in dims)
    order = ", ".join(["cost_usd DESC NULLS LAST", *(f"{name} NULLS LAST" for name in dims)])
    rows = store.connection.execute(
        f"SELECT {keys}{columns} FROM priced GROUP BY ALL HAVING sum(rows) > 0 ORDER BY {order}"
    ).fetchall()
    found = []
    for row in rows:
        key = tuple(row[: len(dims)])
        sums = dict(zip(asked, row[len(dims) :], strict=True))
        found.append(_one(key, sums, reasons.get(key, ()), names.get(key, ())))
    return found


def _billed(name: str) -> str:
    return f'coalesce(sum("{name}") FILTER (billable), 0)'


def _avoided(name: str) -> str:
    return f'coalesce(sum("{name}") FILTER (cache_hit), 0)'


def _money(column: str, kind: str) -> str:
    """Return a sum of priced parts: NULL where all of it lacks a price, 0 where there is nothing to price."""
    return (
        f"CASE WHEN bool_or({kind} AND has_price) THEN sum({column}) FILTER ({kind} AND has_price) "
        f"WHEN bool_or({kind} AND lacks_price) THEN NULL ELSE 0 END"
    )


_SUMS = {
    "rows": "sum(rows)",
    "requests": "CASE WHEN sum(uncounted) > 0 THEN NULL ELSE sum(requests) END",
    "billable_requests": _billed("requests"),
    "errors": "sum(errors)",
    "cache_hits": _avoided("requests"),
    **{f"billed_{name}": _billed(name) for name in ALL_CLASSES},
    **{f"avoided_{name}": _avoided(name) for name in ALL_CLASSES},
    "cost_usd": (
        f"CASE WHEN bool_or(billable AND has_price) OR sum(tokens_unknown) = 0 "
        f"THEN {_money('cost_usd', 'billable')} END"
    ),
    "list_cost_usd": (
        f"CASE WHEN bool_or(billable AND has_price) OR sum(tokens_unknown) = 0 "
        f"THEN {_money('list_cost_usd', 'billable')} END"
    ),
    "logged_cost_usd": "sum(logged_cost_usd) FILTER (NOT cache_hit)",
    "avoided_cost_usd": _money("cost_usd", "cache_hit"),
    "avoided_logged_cost_usd": (
        "CASE WHEN bool_or(cache_hit) THEN sum(logged_cost_usd) FILTER (cache_hit) ELSE 0 END"
    ),
    "unpriced_requests": (
        "coalesce(sum(known_or_one) FILTER (lacks_price), 0) "
        "+ coalesce(sum(tokens_unknown) FILTER (NOT lacks_price), 0)"
    ),
    "unpriced_tokens": "coalesce(sum(missing_tokens), 0)",
    "rank": f"max(CASE WHEN tokens_unknown > 0 AND NOT has_price THEN {_UNPRICED} ELSE rank END)",
    "tokens_unknown": "sum(tokens_unknown)",
    "assumed": "list_sort(list_distinct(flatten(list(coalesce(assumed, CAST([] AS VARCHAR[]))))))",
    "first_at": "min(first_at)",
    "last_at": "max(last_at)",
}


_EMPTY = {f"{kind}_{name}": name for kind in ("billed", "avoided") for name in ALL_CLASSES}
"""Sums that are 0, and not asked for, where no row has such tokens."""

_OF_HITS = {name for name, sql in _SUMS.items() if "FILTER (cache_hit" in sql}
"""Sums that are 0, and not asked for, where no cache answered."""


def _counted(
    store: Store, dims: Sequence[str], column: str
) -> dict[tuple[object, ...], tuple[tuple[str, int], ...]]:
    """Return per group how many requests lack a price, by reason or by model, the most first."""
    keys = "".join(f"{name}, " for name in dims)
    unknown = "'tokens_unknown'" if column == "reason" else column
    rows = store.connection.execute(
        f"SELECT {keys}coalesce(what, '(unknown)') AS what, sum(requests)::BIGINT AS requests FROM ("
        f"SELECT {keys}{column} AS what, known_or_one AS requests FROM priced WHERE lacks_price "
        f"UNION ALL SELECT {keys}{unknown}, tokens_unknown FROM priced "
        "WHERE NOT lacks_price AND tokens_unknown > 0) GROUP BY ALL ORDER BY requests DESC, what"
    ).fetchall()
    found: dict[tuple[object, ...], list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(tuple(row[: len(dims)]), []).append((str(row[-2]), int(row[-1])))
    return {key: tuple(counts) for key, counts in found.items()}


def _one(
    key: tuple[object, ...],
    sums: dict[str, object],
    reasons: tuple[tuple[str, int], ...],
    names: tuple[tuple[str, int], ...],
) -> Spent:
    return Spent(
        key=key,
        requests=None if sums["requests"] is None else _count(sums["requests"]),
        billable_requests=_count(sums["billable_requests"]),
        errors=_count(sums["errors"]),
        cache_hits=_count(sums.get("cache_hits")),
        tokens=_tokens("billed_", sums),
        cost_usd=_usd(sums["cost_usd"]),
        list_cost_usd=_usd(sums["list_cost_usd"]),
        logged_cost_usd=_usd(sums["logged_cost_usd"]),
        unpriced_requests=_count(sums["unpriced_requests"]),
        unpriced_tokens=_count(sums["unpriced_tokens"]),
        unpriced_reasons=reasons,
        unpriced_names=names,
        avoided_tokens=_tokens("avoided_", sums),
        avoided_cost_usd=_usd(sums.get("avoided_cost_usd", 0)),
        avoided_logged_cost_usd=_usd(sums.get("avoided_logged_cost_usd", 0)),
        price_basis=PRICE_BASES[_count(sums["rank"])],
        tokens_unknown=_count(sums["tokens_unknown"]),
        assumed=tuple(str(name) for name in _listed(sums["assumed"])),
        rows=_count(sums["rows"]),
        first=_moment(sums["first_at"]),
        last=_moment(sums["last_at"]),
    )


def _tokens(prefix: str, sums: dict[str, object]) -> Tokens:
    return Tokens(**{name: _count(sums.get(f"{prefix}{name}")) for name in ALL_CLASSES})


def _count(value: object) -> int:
    return int(str(value or 0))


def _usd(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
