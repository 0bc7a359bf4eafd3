"""Grouped usage for projections, and the row-level figures that averages cannot give."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from costctl.groups import Group, GroupKey, OrderedShare
from costctl.store.connection import Store
from costctl.store.dimensions import Parameters
from costctl.store.rollup_grain import roll
from costctl.store.rollup_keys import RANK
from costctl.store.rollup_price import price
from costctl.store.rollup_rows import priced_rows_sql
from costctl.store.rollup_steps import Steps, step_sql, steps_of
from costctl.vocabulary import ALL_CLASSES, PROMPT_CLASSES, Query

_PROMPT = " + ".join(PROMPT_CLASSES)
_TEXT = "input_uncached + cache_read + cache_write"
"""The part of a prompt that can be cut or cached; audio and images are neither."""


def groups(
    store: Store, query: Query, dims: Sequence[str] = (), also: Sequence[str] = ()
) -> list[Group]:
    """Return billable usage, one row for each set of rates; `query.prices_at` is the price date.

    Groups are by endpoint, model, tier, price, prompt-size step and day window, and by further dimensions. `also`
    names the models that a projection moves usage to, so that their steps and windows are told apart too.
    """
    asked = _asked(query, dims)
    return _grouped(store, asked, len(dims), _group(store, asked, also))


def _grouped(store: Store, asked: Query, dims: int, steps: Steps) -> list[Group]:
    """Return the groups of the question asked last."""
    keys = ", ".join(_keys("r", asked, steps))
    sums = ", ".join(f'sum(r."{name}")::BIGINT' for name in ALL_CLASSES)
    rows = store.connection.execute(
        f"SELECT {keys}, coalesce(any_value(m.kind), 'other'), sum(r.rows)::BIGINT, "
        "bool_and(NOT r.bucket AND r.uncounted = 0 AND r.requests = r.rows), "
        "sum(r.requests)::BIGINT, sum(r.uncounted) = 0, "
        f"{sums}, {_money('p')}, {_money('r')} "
        "FROM repriced AS r JOIN priced AS p USING (group_id) "
        "LEFT JOIN clocks AS c ON r.slot = c.slot "
        "LEFT JOIN price_models AS m ON (m.provider, m.id) = (r.price_provider, r.price_model) "
        f"WHERE r.billable GROUP BY {keys} ORDER BY {keys}"
    ).fetchall()
    return [_one(row, dims) for row in rows]


def cut_by_cap(
    store: Store, query: Query, cap: int, dims: Sequence[str] = (), also: Sequence[str] = ()
) -> dict[GroupKey, int]:
    """Return per group the uncached input that a cap on every prompt removes; buckets have no single prompts."""
    cut = f"least(input_uncached, greatest(0, ({_TEXT}) - $cap))"
    return {
        key: int(values[0])
        for key, values in _over_rows(
            store, query, dims, also, figure=f"sum({cut})::BIGINT", values={"cap": cap}
        )
    }


def shares_at_least(
    store: Store,
    query: Query,
    minima: Sequence[int],
    dims: Sequence[str] = (),
    also: Sequence[str] = (),
) -> dict[GroupKey, tuple[float, ...]]:
    """Return per group the shares of the uncached input in prompts of at least so many tokens, by minimum."""
    values: dict[str, object] = {f"minimum_{n}": minimum for n, minimum in enumerate(minima)}
    shares = ", ".join(
        f"sum(input_uncached) FILTER ({_TEXT} >= ${name})::DOUBLE "
        "/ nullif(sum(input_uncached), 0)::DOUBLE"
        for name in values
    )
    return {
        key: tuple(float(share or 0) for share in found)
        for key, found in _over_rows(store, query, dims, also, figure=shares, values=values)
    }


def ordered_shares(
    store: Store,
    query: Query,
    order: str,
    fractions: Sequence[float],
    *,
    dims: Sequence[str] = (),
    also: Sequence[str] = (),
) -> list[OrderedShare]:
    """Return what the cheapest or dearest requests of each group hold of its usage.

    Requests are ordered by their cost at the price date, then by prompt, output and identity; the first
    floor(fraction * requests) count. Groups with other rows than single requests are left out.
    """
    asked = _asked(query, dims)
    steps = _group(store, asked, also)
    down = "DESC" if order == "dearest" else "ASC"
    parameters = Parameters({f"f{n}": float(share) for n, share in enumerate(sorted(fractions))})
    passed = " + ".join(
        # A product such as 0.29 * 100 falls short of 29 in binary; the slack is far below one request.
        [f"CAST(place > floor(${name} * size + 1e-9) AS INTEGER)" for name in parameters.values]
    )
    rows = _grouped_rows(store, asked, steps, parameters)
    names = [f"g{number}" for number in range(len(_keys("r", asked, steps)))]
    keys = ", ".join(names)
    sums = ", ".join(f"sum({name})::HUGEINT" for name in ("1", *ALL_CLASSES))
    found = store.connection.execute(
        f"WITH ordered AS (SELECT *, row_number() OVER (PARTITION BY {keys} "
        f"ORDER BY cost_usd {down}, {_PROMPT} {down}, output {down}, event_key) AS place, "
        f"count(*) OVER (PARTITION BY {keys}) AS size FROM ({rows})) "
        f"SELECT {keys}, {passed or '0'} AS part, {sums} FROM ordered GROUP BY {keys}, part "
        f"ORDER BY {keys}, part",
        parameters.values,
    ).fetchall()
    whole = {group.key for group in _grouped(store, asked, len(dims), steps) if group.row_level}
    size = len(names)
    parts: dict[GroupKey, dict[int, list[int]]] = {}
    for row in found:
        counts = [int(count) for count in row[size + 1 :]]
        parts.setdefault(_key(row, len(dims)), {})[int(row[size])] = counts
    return [
        share
        for key, held in parts.items()
        if key in whole
        for share in _cumulated(key, sorted(fractions), held)
    ]


def _cumulated(
    key: GroupKey, fractions: Sequence[float], parts: dict[int, list[int]]
) -> Iterator[OrderedShare]:
    """Yield what the first requests hold at each fraction; `parts` are the counts from one to the next."""
    totals = [sum(counts) for counts in zip(*parts.values(), strict=True)]
    held = [0] * len(totals)
    for number, fraction in enumerate(fractions):
        held = [a + b for a, b in zip(held, parts.get(number, [0] * len(totals)), strict=True)]
        shares = (a / b if b else 0.0 for a, b in zip(held, totals, strict=True))
        yield OrderedShare(key, fraction, *shares)


def _asked(query: Query, dims: Sequence[str]) -> Query:
    return replace(query, by=("endpoint", "model", *dims))


def _group(store: Store, query: Query, also: Sequence[str]) -> Steps:
    """Make `priced` at the rows' own time, `repriced` at the price date, and `clocks`; return the steps told apart."""
    rolled = roll(store, replace(query, prices_at=None), also)
    price(store, query, into="repriced")
    store.connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE clocks AS
        WITH windowed AS (
            SELECT DISTINCT period, tz, except_dates
            FROM book
            WHERE windowed AND coalesce($prices_at >= valid_from AND $prices_at < valid_to, true)
        ),
        times AS (
            SELECT slot, period, tz, except_dates, timezone(tz, timezone('UTC', slot)) AS local_at
            FROM (SELECT DISTINCT slot FROM rolled WHERE slot IS NOT NULL), windowed
        ),
        stepped AS (
            SELECT t.slot, t.period, s.variant
            FROM (
                SELECT *, CASE
                    WHEN list_contains(except_dates, CAST(local_at AS DATE)) THEN -1
                    ELSE (isodow(local_at) - 1) * 1440 + hour(local_at) * 60 + minute(local_at)
                END AS local_minute FROM times
            ) AS t
            ASOF JOIN book_steps AS s ON t.period = s.period AND t.local_minute >= s.from_minute
        ),
        signed AS (SELECT slot, list(variant ORDER BY period) AS variants FROM stepped GROUP BY slot)
        SELECT slot, min(slot) OVER (PARTITION BY variants) AS clock FROM signed
        """,
        {"prices_at": query.prices_at},
    )
    return steps_of(store, rolled.grain.thresholds, also)


def _keys(alias: str, query: Query, steps: Steps, step: str = "step") -> list[str]:
    """Return the columns of a group's key as SQL: the price of a fallback model stands for a missing one."""
    places = [
        f"CASE WHEN {alias}.rank = {RANK['fallback']} THEN {alias}.spare_{name} ELSE {alias}.price_{name} END"
        for name in ("provider", "name", "region")
    ]
    dims = [f"{alias}.d{number}" for number in range(len(query.by))]
    return [
        *dims[:2],
        f"{alias}.tier",
        *places,
        step_sql(f"{alias}.{step}", places, steps),
        "c.clock",
        f"{alias}.reason",
        *dims[2:],
    ]


def _money(alias: str) -> str:
    return (
        f"CASE WHEN bool_or({alias}.has_price) THEN sum({alias}.cost_usd) FILTER ({alias}.has_price) "
        f"WHEN bool_or({alias}.lacks_price) THEN NULL ELSE 0 END"
    )


def _grouped_rows(store: Store, query: Query, steps: Steps, parameters: Parameters) -> str:
    """Return the query for billable single requests with their group's key as `g0`, `g1`, ... and their cost."""
    cases = "".join(f"WHEN step >= {size} THEN {size} " for size in reversed(steps.all))
    step = f"CASE {cases}ELSE 0 END" if cases else "0"
    keys = ", ".join(
        f"{sql} AS g{number}" for number, sql in enumerate(_keys("r", query, steps, "group_step"))
    )
    rows = priced_rows_sql(store, query, parameters)
    return (
        f"SELECT {keys}, r.* FROM (SELECT *, {step} AS group_step FROM ({rows})) AS r "
        "LEFT JOIN clocks AS c ON date_trunc('minute', r.slot) = c.slot WHERE r.billable AND NOT r.bucket"
    )


def _over_rows(
    store: Store,
    query: Query,
    dims: Sequence[str],
    also: Sequence[str],
    *,
    figure: str,
    values: dict[str, object],
) -> list[tuple[GroupKey, tuple[Any, ...]]]:
    asked = _asked(query, dims)
    steps = _group(store, asked, also)
    parameters = Parameters(dict(values))
    rows = _grouped_rows(store, asked, steps, parameters)
    size = len(_keys("r", asked, steps))
    keys = ", ".join(f"g{number}" for number in range(size))
    found = store.connection.execute(
        f"SELECT {keys}, {figure} FROM ({rows}) GROUP BY {keys} ORDER BY {keys}", parameters.values
    ).fetchall()
    return [(_key(row, len(dims)), tuple(row[size:])) for row in found]


def _key(row: Sequence[Any], dims: int) -> GroupKey:
    texts = [None if value is None else str(value) for value in (*row[:6], *row[8 : 9 + dims])]
    clock = row[7] if isinstance(row[7], datetime) else None
    return (
        texts[0],
        texts[1],
        str(texts[2]),
        texts[3],
        texts[4],
        texts[5],
        int(row[6]),
        clock,
        texts[6],
        tuple(texts[7:]),
    )


def _one(row: Sequence[Any], dims: int) -> Group:
    *key, reason, further = _key(row, dims)
    names = [field.name for field in fields(Group)]
    values = (*key, further, row[9 + dims], reason, *row[10 + dims :])
    return Group(**dict(zip(names, values, strict=True)))
