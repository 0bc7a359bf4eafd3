"""Rates at one date, for any model a projection names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from costctl.groups import Rate, Wanted
from costctl.pricebook import Key, Names, Resolved
from costctl.pricebook.tables import RATE_CLASSES
from costctl.store.connection import Store
from costctl.store.prices import names_of
from costctl.store.rollup_keys import IS_NAMED, answers, named


def rates_at(store: Store, at: datetime, wanted: Sequence[Wanted]) -> list[Rate]:
    """Return the rates of each wanted price at a date, in the order asked.

    A model is looked up like a logged name at the provider and in the region of the group it is for; where that
    provider does not list it, at the provider that is its home. `PROVIDER/MODEL` names the provider outright.
    """
    one_of_each = {_asked(one): one for one in wanted}
    places = {asked: _find(store, one) for asked, one in one_of_each.items()}
    found = [places[_asked(one)] for one in wanted]
    _load(store, wanted, [answer for answer, _ in found])
    values = {"at": at, "named": named(_place(answer)[:2] for answer, _ in found)}
    clocks = any(one.clock for one in wanted)
    sql = _RATES.format(stepped=_OF_WEEK if clocks else _OF_BASE)
    rows = store.connection.execute(sql, values).fetchall()
    absent = any(row[0] for row in rows)
    reasons = dict(store.connection.execute(_REASONS, values).fetchall()) if absent else {}
    return [
        _rate(one, place, (reasons.get(number) if row[0] else None, *row[1:]))
        for number, (one, place, row) in enumerate(zip(wanted, found, rows, strict=True))
    ]


def is_listed(store: Store, model: str) -> bool:
    """Return whether some price file lists a model."""
    return _find(store, Wanted(model))[0].price_name is not None


def near(store: Store, model: str) -> str:
    """Return the question whether another name was meant; empty where none is near."""
    return _find(store, Wanted(model))[0].hint


def _asked(wanted: Wanted) -> tuple[str, str | None, str | None]:
    return wanted.name, wanted.provider, wanted.region


def _find(store: Store, wanted: Wanted) -> tuple[Resolved, bool]:
    """Return what a wanted price is called in the table, and whether another provider than the group's has it."""
    names = names_of(store)
    if _is_listed(names, wanted):
        return Resolved(wanted.provider, wanted.name, wanted.region), False
    outright = _outright(names, wanted.name)
    if outright:
        return answers(store, [outright]).resolved[0], False
    if wanted.provider:
        near = answers(store, [Key(wanted.provider, wanted.name)]).resolved[0]
        if near.price_name and near.price_provider:
            region = wanted.region or near.price_region
            return Resolved(near.price_provider, near.price_name, region, near.basis), False
    return answers(store, [Key(response_model=wanted.name)]).resolved[0], bool(wanted.provider)


def _is_listed(names: Names, wanted: Wanted) -> bool:
    """Return whether the name stands in the table as it is, as the names of groups do."""
    if not wanted.provider or not wanted.region:
        return False
    listed = names.providers.get(wanted.provider)
    return listed is not None and (wanted.name in listed.names or wanted.name.startswith("("))


def _outright(names: Names, name: str) -> Key | None:
    provider, slash, model = name.partition("/")
    return Key(provider, model) if slash and provider.lower() in names.logged else None


def _load(store: Store, wanted: Sequence[Wanted], found: Sequence[Resolved]) -> None:
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE wanted (number INTEGER, provider VARCHAR, name VARCHAR, "
        "region VARCHAR, tier VARCHAR, step BIGINT, clock TIMESTAMP)"
    )
    rows = [
        (number, *_place(answer), one.tier, one.step, one.clock)
        for number, (one, answer) in enumerate(zip(wanted, found, strict=True))
    ]
    if rows:
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(rows))
        store.connection.execute(
            f"INSERT INTO wanted VALUES {marks}", [value for row in rows for value in row]
        )
    # The rows of re-pointed deployments stand in `book` alone, which the last grouping made.
    store.connection.execute("CREATE TEMP TABLE IF NOT EXISTS book AS FROM price_book LIMIT 0")


def _place(answer: Resolved) -> tuple[str | None, str | None, str | None]:
    if answer.reason:
        return None, None, None
    return answer.price_provider, answer.price_name, answer.price_region


_BOOK_AT = (
    f"SELECT * FROM (FROM price_book UNION ALL FROM book WHERE name LIKE '(%') WHERE {IS_NAMED}"
)

_OF_BASE = """
        SELECT d.*, s.variant
        FROM dated AS d
        LEFT JOIN price_steps AS s ON d.period = s.period AND s.from_minute = -1
"""
_OF_WEEK = """
        SELECT d.*, s.variant
        FROM (
            SELECT *, CASE
                WHEN NOT windowed OR list_contains(except_dates, CAST(local_at AS DATE)) THEN -1
                ELSE coalesce(
                    (isodow(local_at) - 1) * 1440 + hour(local_at) * 60 + minute(local_at), -1)
            END AS local_minute
            FROM (SELECT *, timezone(tz, timezone('UTC', clock)) AS local_at FROM dated)
        ) AS d
        ASOF LEFT JOIN price_steps AS s
            ON d.period = s.period AND d.local_minute >= s.from_minute
"""
"""Which variant of a price set holds: without a clock it is the base."""

_RATES = f"""
    WITH book_at AS ({_BOOK_AT}),
    dated AS (
        SELECT w.*, b.period, b.model, b.windowed, b.except_dates, b.tz
        FROM wanted AS w
        LEFT JOIN book_at AS b
            ON w.provider = b.provider AND w.name = b.name AND w.region = b.region
            AND w.tier = b.tier AND $at::TIMESTAMP >= b.valid_from AND $at::TIMESTAMP < b.valid_to
    ),
    stepped AS ({{stepped}})
    SELECT
        n.period IS NULL,
        m.kind,
        m.cheaper_sibling,
        m.retires_on,
        m.prompt_cache_min_tokens,
        r.inherited,
        {", ".join(f"r.{name}" for name in RATE_CLASSES)}
    FROM stepped AS n
    LEFT JOIN price_rates AS r
        ON n.variant = r.variant AND n.step >= r.min_prompt_tokens AND n.step < r.below_prompt_tokens
    LEFT JOIN price_models AS m ON m.provider = n.provider AND m.id = n.model
    ORDER BY n.number
"""


_REASONS = f"""
    WITH book_at AS ({_BOOK_AT})
    SELECT
        w.number,
        CASE
            WHEN count(b.name) = 0 THEN 'no_region_price'
            WHEN bool_or($at::TIMESTAMP >= b.valid_from AND $at::TIMESTAMP < b.valid_to) THEN 'no_tier_price'
            ELSE 'no_price_at_date'
        END
    FROM wanted AS w
    LEFT JOIN book_at AS b
        ON w.provider = b.provider AND w.name = b.name AND w.region = b.region
    GROUP BY w.number
"""


def _rate(wanted: Wanted, place: tuple[Resolved, bool], row: Sequence[Any]) -> Rate:
    answer, other = place
    reason, kind, sibling, retires_on, minimum, inherited, *rates = row
    figures: dict[str, Any] = {
        name: float(rate or 0) for name, rate in zip(RATE_CLASSES, rates, strict=True)
    }
    own = {
        f"has_{name}": rate is not None and name not in (inherited or ())
        for name, rate in zip(RATE_CLASSES, rates, strict=True)
        if name != "request"
    }
    return Rate(
        wanted=wanted,
        price_provider=answer.price_provider,
        price_name=answer.price_name,
        price_region=answer.price_region,
        reason=answer.reason or reason,
        hint=answer.hint,
        other_provider=other and answer.reason is None,
        kind=kind or "other",
        cheaper_sibling=sibling,
        retires_on=retires_on,
        prompt_cache_min_tokens=minimum,
        **figures,
        **own,
    )
