"""What a provider's prompt cache would know of each call's beginning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from costctl.store.connection import Store
from costctl.store.measures_rows import SECOND, stream

STEP = 128
"""Providers bill cached tokens in steps of so many."""

FIRST_STEP = 1024
"""About so many tokens are 4,096 characters of English, the first step where text was hashed; the next ones double."""

MOST_DOUBLED = 40
"""So many doublings make more tokens than any prompt has."""

_CALL = "stepped AND single AND generating"


@dataclass
class Reads:
    """What a cache would have read.

    Attributes:
        any_hit, whole: calls with a hit, and calls that are wholly known.
        tokens: read from the cache.
        billed: the same from the model's shortest cached prompt on, in steps.
        gained: of `billed`, what is not already read from the provider's cache.
        gained_freely: of `tokens`, the same.
    """

    any_hit: int = 0
    whole: int = 0
    tokens: int = 0
    billed: int = 0
    gained: int = 0
    gained_freely: int = 0


class Seen(NamedTuple):
    """The calls with hashes of beginnings in one group.

    Attributes:
        prompt, uncached: their prompt tokens, and those that were billed in full.
        cost: USD; 0 where nothing was priced.
        hashed: tokens that have a hash.
        hashed_long: the same in prompts that are long enough for the cache.
    """

    requests: int
    prompt: int
    uncached: int
    cost: float
    hashed: int
    hashed_long: int


class Shared(NamedTuple):
    """A call, as far as its beginning occurs in other calls as well.

    Attributes:
        at_us: microseconds.
        steps: hashes up to the last one that another call shares; the cache is part of each.
        step_tokens: tokens of a step; None: 4,096 characters, then doubling.
    """

    group: int
    at_us: int
    steps: list[int]
    step_tokens: int | None
    prompt: int
    uncached: int
    cache_read: int


@dataclass(frozen=True)
class Common:
    """The longest beginning that most prompts of a group share.

    Attributes:
        steps: its length in steps.
        step_tokens: tokens of a step; None: 4,096 characters, then doubling.
        calls, tokens: calls with this beginning, and its tokens in all of them.
    """

    group: int
    steps: int
    step_tokens: int | None
    calls: int
    tokens: int


def load(store: Store, minimum: Mapping[int, int]) -> None:
    """Make the temp tables `stepped` of calls and `steps` of their steps.

    Each step has the time since its last use and until its next. Steps of another deployment or model are others.
    `minimum` is the shortest cached prompt of each group.
    """
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE stepped AS SELECT m.event_key, m.place, m.number, m.cache, m.sampled, m.at_us, "
        "m.step_tokens, m.prompt, m.uncached, m.cache_read, m.cost, l.least, "
        f"{_tokens('len(u.prefix_hashes)')} AS hashed "
        "FROM measured AS m JOIN usage AS u USING (event_key) "
        "JOIN (SELECT unnest($numbers) AS number, unnest($least) AS least) AS l USING (number) "
        f"WHERE {_CALL}",
        {"numbers": list(minimum), "least": list(minimum.values())},
    )
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE steps AS SELECT number, place, step, hash, "
        "at_us - lag(at_us) OVER (PARTITION BY hash ORDER BY place) AS age, "
        "lead(at_us) OVER (PARTITION BY hash ORDER BY place) - at_us AS next FROM ("
        "SELECT m.number, m.place, m.at_us, hash(m.cache, m.sampled, unnest(u.prefix_hashes)) AS hash, "
        "generate_subscripts(u.prefix_hashes, 1) AS step "
        f"FROM measured AS m JOIN usage AS u USING (event_key) WHERE {_CALL})"
    )


def _tokens(steps: str) -> str:
    """Return the tokens of the first steps of a prompt, as SQL."""
    return (
        f"CASE WHEN {steps} = 0 THEN 0 WHEN step_tokens IS NULL "
        f"THEN least({FIRST_STEP} * (1::BIGINT << least({steps} - 1, {MOST_DOUBLED})::BIGINT), prompt) "
        f"ELSE least({steps} * step_tokens, prompt) END"
    )


def tokens_in(steps: int, step_tokens: int | None, prompt: int) -> int:
    """Return the tokens of the first steps of a prompt."""
    if not steps:
        return 0
    size = steps * step_tokens if step_tokens else FIRST_STEP << (steps - 1)
    return min(size, prompt)


def seen(store: Store) -> dict[int, Seen]:
    """Return what the loaded calls of each group come to."""
    rows = store.connection.execute(
        "SELECT number, count(*), sum(prompt)::BIGINT, sum(uncached)::BIGINT, "
        "coalesce(sum(cost), 0)::DOUBLE, sum(hashed)::BIGINT, "
        "coalesce(sum(hashed) FILTER (prompt >= least), 0)::BIGINT FROM stepped GROUP BY number"
    ).fetchall()
    return {int(number): Seen(*row) for number, *row in rows}


def sliding(store: Store, ttls: Sequence[int]) -> dict[tuple[int, int], Reads]:
    """Return, by lifetime in seconds and group, what is read if every use restarts the clock."""
    # A call knows its steps up to the first one that nobody used, or not lately.
    known = ", ".join(
        f"coalesce(min(step) FILTER (age IS NULL OR age > {int(ttl) * SECOND}) - 1, max(step)) AS known_{number}"
        for number, ttl in enumerate(ttls)
    )
    each = ", ".join(f"known_{number}" for number in range(len(ttls)))
    sql = f"""
        WITH known AS (SELECT place, {known} FROM steps GROUP BY place),
        per AS (
            SELECT s.*, unnest([{each}]) AS known, unnest($ttls) AS ttl
            FROM stepped AS s JOIN known USING (place)
        ),
        sized AS (SELECT *, {_tokens("known")} AS tokens FROM per WHERE known > 0),
        stepwise AS (
            SELECT *, CASE WHEN tokens // {STEP} * {STEP} >= least THEN tokens // {STEP} * {STEP} ELSE 0 END AS billed
            FROM sized
        )
        SELECT
            ttl, number, count(*), count(*) FILTER (tokens = prompt), sum(tokens)::BIGINT, sum(billed)::BIGINT,
            sum(least(uncached, greatest(0, billed - cache_read)))::BIGINT,
            sum(least(uncached, greatest(0, tokens - cache_read)))::BIGINT
        FROM stepwise GROUP BY ttl, number
    """
    rows = store.connection.execute(sql, {"ttls": list(ttls)}).fetchall()
    return {(int(ttl), int(number)): Reads(*figures) for ttl, number, *figures in rows}


def shared(store: Store, ttl: int) -> Iterator[Shared]:
    """Yield, in time, calls whose beginning others share within a lifetime, for what only a walk over them can tell."""
    # A step matters to the walk if it was used before, or is used again, while a cache may still have it.
    rows = stream(
        store,
        "SELECT s.number, s.at_us, list_transform(u.prefix_hashes[:n.until], lambda h: hash(s.cache, s.sampled, h)), "
        "s.step_tokens, s.prompt, s.uncached, s.cache_read FROM stepped AS s JOIN usage AS u USING (event_key) "
        "JOIN (SELECT place, max(step) AS until FROM steps WHERE age <= $life OR next <= $life GROUP BY place) "
        "AS n USING (place) ORDER BY s.place",
        {"life": ttl * SECOND},
    )
    yield from (Shared(*row) for row in rows)


def common_beginnings(store: Store, share: float) -> list[Common]:
    """Return, per group, the longest prompt beginning that at least this share of its calls has."""
    rows = store.connection.execute(
        "WITH sizes AS (SELECT number, count(*) AS calls FROM stepped GROUP BY number), "
        "counted AS (SELECT number, hash, step, any_value(step_tokens) AS step_tokens, count(*) AS calls, "
        f"sum({_tokens('step')}) AS tokens FROM steps JOIN stepped USING (number, place) GROUP BY number, hash, step) "
        "SELECT number, max(step), arg_max(step_tokens, step), arg_max(c.calls, step), arg_max(tokens, step)::BIGINT "
        "FROM counted AS c JOIN sizes AS s USING (number) WHERE c.calls >= $share * s.calls "
        "GROUP BY number ORDER BY number",
        {"share": share},
    ).fetchall()
    return [Common(*row) for row in rows]
