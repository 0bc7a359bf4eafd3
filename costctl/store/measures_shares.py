"""What part of each group's calls and cost lies where a lever could act."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costctl.store.connection import Store
from costctl.store.measures import CUT_SHORT

ONE_CALL = "single AND generating"


class Part(NamedTuple):
    """A part of a group.

    Attributes:
        group: number of the group.
        name: which part: a size, a reason, a tier.
        requests: calls in it.
        cost: USD.
        tokens: whatever tokens the question is about.
    """

    group: int
    name: str
    requests: int
    cost: float
    tokens: int = 0


class Calls(NamedTuple):
    """The single calls of a group that write answers.

    Attributes:
        prompt, uncached: their prompt tokens, and those that were billed in full.
    """

    group: int
    requests: int
    cost: float
    prompt: int
    uncached: int


def calls(store: Store) -> list[Calls]:
    """Return all single generating calls of each group."""
    rows = store.connection.execute(
        "SELECT number, count(*), coalesce(sum(cost), 0)::DOUBLE, sum(prompt)::BIGINT, sum(uncached)::BIGINT "
        f"FROM measured WHERE {ONE_CALL} GROUP BY number ORDER BY number"
    ).fetchall()
    return [Calls(*row) for row in rows]


def waste(store: Store) -> list[Part]:
    """Return the calls that were paid for and need not have been, by reason."""
    return _parts(
        store,
        "SELECT number, waste, sum(requests)::BIGINT, coalesce(sum(cost), 0)::DOUBLE, 0 FROM measured "
        "WHERE waste IS NOT NULL GROUP BY ALL ORDER BY 1, 2",
    )


def sized(store: Store, sizes: Sequence[tuple[int, int]]) -> list[Part]:
    """Return the calls with prompts and answers of at most these sizes, named `PROMPT/OUTPUT`."""
    return _parts(
        store,
        "SELECT number, s.prompt || '/' || s.output, count(*), coalesce(sum(cost), 0)::DOUBLE, sum(uncached)::BIGINT "
        "FROM measured AS m JOIN (SELECT unnest($prompts) AS prompt, unnest($outputs) AS output) AS s "
        f"ON m.prompt <= s.prompt AND m.output <= s.output WHERE {ONE_CALL} GROUP BY ALL ORDER BY 1, 2",
        prompts=[prompt for prompt, _ in sizes],
        outputs=[output for _, output in sizes],
    )


def easy(store: Store) -> list[Part]:
    """Return the easy calls of each group."""
    return _parts(
        store,
        "SELECT number, '', count(*), coalesce(sum(cost), 0)::DOUBLE, 0 FROM measured "
        f"WHERE easy AND {ONE_CALL} GROUP BY ALL ORDER BY 1",
    )


def above(store: Store, caps: Sequence[int]) -> list[Part]:
    """Return the calls with prompts above each cap, and the uncached input that the cap removes."""
    return _parts(
        store,
        "SELECT number, CAST(cap AS VARCHAR), count(*) FILTER (prompt > cap), "
        "coalesce(sum(cost) FILTER (prompt > cap), 0)::DOUBLE, "
        "sum(least(uncached, greatest(0, prompt - cap)))::BIGINT "
        f"FROM measured, (SELECT unnest($caps) AS cap) WHERE {ONE_CALL} GROUP BY number, cap "
        "ORDER BY number, cap",
        caps=list(caps),
    )


class Hour(NamedTuple):
    """An hour of the day.

    Attributes:
        unattended, unattended_requests: cost and number of calls in it that name no session and no user, at the
            standard tier.
    """

    group: int
    hour: int
    requests: int
    cost: float
    unattended: float
    unattended_requests: int


def hours(store: Store) -> list[Hour]:
    """Return single calls by hour of the day."""
    rows = store.connection.execute(
        "SELECT number, local_hour, count(*), coalesce(sum(cost), 0)::DOUBLE, "
        "coalesce(sum(cost) FILTER (NOT called AND tier = 'standard'), 0)::DOUBLE, "
        "count(*) FILTER (NOT called AND tier = 'standard') "
        "FROM measured WHERE single GROUP BY ALL ORDER BY 1, 2"
    ).fetchall()
    return [Hour(*row) for row in rows]


def bursts(store: Store) -> Mapping[int, float]:
    """Return the share of each group's calls that came in minutes with ten times the calls of an average minute.

    Where an average minute has no call at all, every call would be a burst: such groups are left out.
    """
    rows = store.connection.execute(
        "WITH minutes AS (SELECT number, at_us // 60000000 AS minute, count(*) AS calls FROM measured "
        "WHERE single GROUP BY ALL), spans AS (SELECT number, max(minute) - min(minute) + 1 AS minutes, "
        "sum(calls) AS calls FROM minutes GROUP BY ALL) "
        "SELECT number, coalesce(sum(m.calls) FILTER (m.calls >= 10 * s.calls / s.minutes), 0) / any_value(s.calls) "
        "FROM minutes AS m JOIN spans AS s USING (number) WHERE s.calls >= s.minutes GROUP BY number"
    ).fetchall()
    return {int(number): float(share) for number, share in rows}


class FollowUps(NamedTuple):
    """Calls of a group within sessions, by what the session's next call at the same endpoint went to.

    Attributes:
        group: number of the group.
        then: number of the next call's group; None where the session ended.
    """

    group: int
    then: int | None
    requests: int


def follow_ups(store: Store) -> list[FollowUps]:
    """Return what comes after the calls of each group in their sessions."""
    rows = store.connection.execute(
        "SELECT number, following, count(*) FROM (SELECT number, lead(number) OVER "
        "(PARTITION BY session, endpoint ORDER BY place) AS following FROM measured "
        f"WHERE {ONE_CALL} AND session IS NOT NULL AND NOT sampled) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [FollowUps(*row) for row in rows]


class Windowed(NamedTuple):
    """Calls of a group within sessions, and what keeping only so many turns removes.

    Attributes:
        turns: that stay.
        requests: calls that name a session.
        beyond: those that come later in it and have a longer prompt than the last turn that stays.
        removed: the uncached input that they have more.
    """

    group: int
    turns: int
    requests: int
    beyond: int
    removed: int


def windowed(store: Store, windows: Sequence[int]) -> list[Windowed]:
    """Return, per group and number of turns, what a window over each session removes."""
    kept = ", ".join(
        f"nth_value(prompt, {int(turns)}) OVER whole AS kept_{number}"
        for number, turns in enumerate(windows)
    )
    each = ", ".join(f"kept_{number}" for number in range(len(windows)))
    rows = store.connection.execute(
        f"WITH turns AS (SELECT number, prompt, uncached, row_number() OVER chat AS turn, {kept} FROM measured "
        f"WHERE {ONE_CALL} AND session IS NOT NULL AND NOT sampled "
        "WINDOW chat AS (PARTITION BY number, session ORDER BY place), whole AS (PARTITION BY number, session "
        "ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)), "
        f"per AS (SELECT *, unnest([{each}]) AS kept, unnest($windows) AS stay FROM turns) "
        "SELECT number, stay, count(*), count(*) FILTER (turn > stay AND prompt > kept), "
        "coalesce(sum(least(uncached, greatest(0, prompt - kept))) FILTER (turn > stay), 0)::BIGINT "
        "FROM per GROUP BY number, stay ORDER BY number, stay",
        {"windows": list(windows)},
    ).fetchall()
    return [Windowed(*row) for row in rows]


class Answers(NamedTuple):
    """Lengths of a group's answers.

    Attributes:
        above: tokens above the 95th percentile.
        ended: calls that log how they ended; `cut_short` of them hit a limit.
    """

    group: int
    p50: int
    p95: int
    longest: int
    output: int
    above: int
    ended: int
    cut_short: int


def answers(store: Store) -> list[Answers]:
    """Return how long the answers of each group are."""
    short = ", ".join(f"'{name}'" for name in CUT_SHORT)
    rows = store.connection.execute(
        f"WITH calls AS (SELECT number, output, ended FROM measured WHERE {ONE_CALL}), "
        "spread AS (SELECT number, quantile_disc(output, 0.5) AS p50, quantile_disc(output, 0.95) AS p95 "
        "FROM calls GROUP BY number) "
        "SELECT number, any_value(p50), any_value(p95), max(output), sum(output)::BIGINT, "
        "sum(greatest(0, output - p95))::BIGINT, count(ended), "
        f"count(*) FILTER (ended IN ({short})) FROM calls JOIN spread USING (number) "
        "GROUP BY number ORDER BY number"
    ).fetchall()
    return [Answers(*row) for row in rows]


def _parts(store: Store, sql: str, **values: Any) -> list[Part]:
    return [Part(*row) for row in store.connection.execute(sql, values or None).fetchall()]
