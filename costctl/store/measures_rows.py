"""Single calls in order, for what only a walk over them can tell."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from costctl.store.connection import Store

BATCH = 20_000
KEYS = {"exact": "exact_key", "normalised": "normalised_key"}


class Repeated(NamedTuple):
    """A call whose prompt occurs more than once in its group.

    Attributes:
        group: number of the group.
        key: of the prompt.
        at_us: microseconds.
        day: days since 1970, in the zone asked for.
        cost: USD; 0 where it has no price.
        easy: it is an easy call.
    """

    group: int
    key: str
    at_us: int
    day: int
    cost: float
    easy: bool


class Stepped(NamedTuple):
    """A call with hashes of the beginnings of its prompt.

    Attributes:
        group: number of the group.
        cache: what shares a provider's cache: one deployment, or one model.
        at_us: microseconds.
        day: days since 1970.
        steps: one hash for each step.
        step_tokens: tokens of a step; None: 4,096 characters, then doubling.
        prompt, uncached, cache_read: tokens.
    """

    group: int
    cache: str
    at_us: int
    day: int
    steps: list[str]
    step_tokens: int | None
    prompt: int
    uncached: int
    cache_read: int


class DayTotal(NamedTuple):
    """What the calls of a group that can be told apart came to on one day."""

    group: int
    day: int
    requests: int
    cost: float
    easy_requests: int
    easy_cost: float


_TOLD = "{key} IS NOT NULL AND single AND generating AND waste IS NULL AND NOT sampled"
_DAY = "date_diff('day', DATE '1970-01-01', day)"


def repeated(store: Store, kind: str) -> Iterator[Repeated]:
    """Yield calls whose prompt occurs again in their group, by group and prompt, then in time.

    Retries and failed calls are left out: they are waste, and would count twice.
    """
    key = KEYS[kind]
    rows = _stream(
        store,
        f"SELECT number, {key}, at_us, {_DAY}, coalesce(cost, 0), easy FROM measured "
        f"WHERE {_TOLD.format(key=key)} "
        f"QUALIFY count(*) OVER (PARTITION BY number, {key}) > 1 ORDER BY number, {key}, place",
    )
    yield from (Repeated(*row) for row in rows)


def day_totals(store: Store, kind: str) -> list[DayTotal]:
    """Return the sums over all calls that `repeated` chooses from, by group and day."""
    key = KEYS[kind]
    rows = store.connection.execute(
        f"SELECT number, {_DAY} AS day, count(*), coalesce(fsum(cost), 0), count(*) FILTER (easy), "
        f"coalesce(fsum(cost) FILTER (easy), 0) FROM measured WHERE {_TOLD.format(key=key)} "
        "GROUP BY ALL ORDER BY 1, 2"
    ).fetchall()
    return [DayTotal(*row) for row in rows]


def later_half(store: Store, kind: str) -> tuple[int, dict[int, tuple[int, float]]]:
    """Return the middle of the time span, and per group the calls and their cost from then on."""
    told = _TOLD.format(key=KEYS[kind])
    row = store.connection.execute(
        f"SELECT (min(at_us) + max(at_us)) // 2 FROM measured WHERE {told}"
    ).fetchone()
    middle = int(row[0] or 0) if row else 0
    rows = store.connection.execute(
        f"SELECT number, count(*), coalesce(fsum(cost), 0) FROM measured "
        f"WHERE {told} AND at_us > $middle GROUP BY number",
        {"middle": middle},
    ).fetchall()
    return middle, {int(number): (int(count), float(cost)) for number, count, cost in rows}


def stepped(store: Store) -> Iterator[Stepped]:
    """Yield calls with hashes of prompt beginnings, by cache, then in time."""
    rows = _stream(
        store,
        f"SELECT number, cache, at_us, {_DAY}, steps, step_tokens, prompt, uncached, cache_read "
        "FROM measured WHERE steps IS NOT NULL AND single AND generating AND NOT sampled "
        "ORDER BY cache, place",
    )
    yield from (Stepped(*row) for row in rows)


def _stream(store: Store, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor = store.connection.execute(sql)
    while rows := cursor.fetchmany(BATCH):
        yield from rows
