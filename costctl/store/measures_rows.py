"""Single calls whose prompt comes again: counted in SQL, and in order for what only a walk over them can tell."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from costctl.store.connection import Store

BATCH = 20_000
SECOND = 1_000_000
KEYS = {"exact": "exact_key", "normalised": "normalised_key"}


class Found(NamedTuple):
    """Calls of a group that found their prompt within a time after its last use.

    Attributes:
        ttl: seconds.
        group: number of the group.
        day: days since 1970, in the zone asked for.
        requests, prompt, cost: of them; a call without a price costs 0.
        later, later_cost: those in the later half of the time span.
        easy_cost: of those that are easy calls.
    """

    ttl: int
    group: int
    day: int
    requests: int
    prompt: int
    cost: float
    later: int
    later_cost: float
    easy_cost: float


class Linked(NamedTuple):
    """A call in a chain of equal prompts, each within the lifetime after the one before.

    Attributes:
        chain: number of the chain.
        group: number of the group.
        at_us: microseconds.
        day: days since 1970.
        prompt: tokens.
        cost: USD; 0 where it has no price.
        later: it is in the later half of the time span.
        easy: it is an easy call.
    """

    chain: int
    group: int
    at_us: int
    day: int
    prompt: int
    cost: float
    later: bool
    easy: bool


class DayTotal(NamedTuple):
    """What the calls of a group that can be told apart came to on one day."""

    group: int
    day: int
    requests: int
    prompt: int
    cost: float
    later: int
    later_cost: float
    easy_cost: float


_TOLD = "{key} IS NOT NULL AND single AND generating AND waste IS NULL AND NOT sampled"
_DAY = "date_diff('day', DATE '1970-01-01', day)"
_SUMS = (
    "count(*), sum(prompt)::BIGINT, coalesce(sum(cost), 0)::DOUBLE, count(*) FILTER (later), coalesce(sum(cost) FILTER (later), 0)::DOUBLE, "
    "coalesce(sum(cost) FILTER (easy), 0)::DOUBLE"
)


def load(store: Store, kind: str) -> None:
    """Make the temp table `told` of all calls that can be told apart, with the time since the same prompt.

    Retries and failed calls are left out: they are waste, and would count twice.
    """
    key = KEYS[kind]
    store.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE told AS SELECT number, {key} AS key, place, at_us, {_DAY} AS day, "
        "prompt, coalesce(cost, 0) AS cost, easy, at_us > (min(at_us) OVER () + max(at_us) OVER ()) // 2 AS later, "
        f"at_us - lag(at_us) OVER (PARTITION BY number, {key} ORDER BY place) AS gap "
        f"FROM measured WHERE {_TOLD.format(key=key)}"
    )


def day_totals(store: Store) -> list[DayTotal]:
    """Return the sums over all loaded calls, by group and day."""
    rows = store.connection.execute(
        f"SELECT number, day, {_SUMS} FROM told GROUP BY number, day ORDER BY number, day"
    ).fetchall()
    return [DayTotal(*row) for row in rows]


def sliding(store: Store, ttls: Sequence[int]) -> list[Found]:
    """Return what is found again if every use of an answer restarts its clock."""
    rows = store.connection.execute(
        f"SELECT ttl, number, day, {_SUMS} FROM told JOIN (SELECT unnest($ttls) AS ttl) "
        f"ON gap <= ttl * {SECOND} GROUP BY ttl, number, day ORDER BY ttl, number, day",
        {"ttls": list(ttls)},
    ).fetchall()
    return [Found(*row) for row in rows]


def chains(store: Store, ttl: int) -> Iterator[Linked]:
    """Yield the calls of all chains that outlive an answer, chain by chain, in time.

    In a shorter chain an answer that dies a while after it was written serves as many calls as one that lives on
    from its last use.
    """
    rows = stream(
        store,
        # A filtered count over a window takes the engine time by the square of its rows.
        "WITH linked AS (SELECT *, count(CASE WHEN gap IS NULL OR gap > $life THEN 1 END) OVER "
        "(PARTITION BY number, key ORDER BY place) AS link FROM told), "
        "long AS (SELECT number, key, link, min(place) AS chain FROM linked "
        "GROUP BY number, key, link HAVING max(at_us) - min(at_us) > $life) "
        "SELECT chain, number, at_us, day, prompt, cost::DOUBLE, later, easy FROM linked JOIN long USING (number, key, link) "
        "ORDER BY chain, place",
        {"life": ttl * SECOND},
    )
    yield from (Linked(*row) for row in rows)


def stream(store: Store, sql: str, values: object = None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a question without holding them all."""
    cursor = store.connection.execute(sql, values)
    while rows := cursor.fetchmany(BATCH):
        yield from rows
