"""What part of each group's calls and cost lies where a lever could act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def calls(store: Store) -> list[Part]:
    """Return all single generating calls of each group, with their uncached input."""
    return _parts(
        store,
        f"SELECT number, '', count(*), coalesce(fsum(cost), 0), sum(uncached)::BIGINT "
        f"FROM measured WHERE {ONE_CALL} GROUP BY ALL ORDER BY 1",
    )


def waste(store: Store) -> list[Part]:
    """Return the calls that were paid for and need not have been, by reason."""
    return _parts(
        store,
        "SELECT number, waste, sum(requests)::BIGINT, coalesce(fsum(cost), 0), 0 FROM measured "
        "WHERE waste IS NOT NULL GROUP BY ALL ORDER BY 1, 2",
    )


def sized(store: Store, sizes: Sequence[tuple[int, int]]) -> list[Part]:
    """Return the calls with prompts and answers of at most these sizes, named `PROMPT/OUTPUT`."""
    return _parts(
        store,
        "SELECT number, s.prompt || '/' || s.output, count(*), coalesce(fsum(cost), 0), sum(uncached)::BIGINT "
        "FROM measured AS m JOIN "
        "(SELECT unnest($prompts) AS prompt, unnest($outputs) AS output) AS s "
        f"ON m.prompt <= s.prompt AND m.output <= s.output WHERE {ONE_CALL} GROUP BY ALL ORDER BY 1, 2",
        prompts=[prompt for prompt, _ in sizes],
        outputs=[output for _, output in sizes],
    )


def easy(store: Store) -> list[Part]:
    """Return the easy calls of each group."""
    return _parts(
        store,
        "SELECT number, '', count(*), coalesce(fsum(cost), 0), 0 FROM measured "
        f"WHERE easy AND {ONE_CALL} GROUP BY ALL ORDER BY 1",
    )


def above(store: Store, caps: Sequence[int]) -> list[Part]:
    """Return the calls with prompts above each cap, and the uncached input that the cap removes."""
    return _parts(
        store,
        "SELECT number, CAST(cap AS VARCHAR), count(*) FILTER (prompt > cap), "
        "coalesce(fsum(cost) FILTER (prompt > cap), 0), "
        "sum(least(uncached, greatest(0, prompt - cap)))::BIGINT "
        f"FROM measured, (SELECT unnest($caps) AS cap) WHERE {ONE_CALL} GROUP BY number, cap "
        "ORDER BY number, cap",
        caps=list(caps),
    )


def tiers(store: Store) -> list[Part]:
    """Return usage by service tier."""
    return _parts(
        store,
        "SELECT number, tier, sum(requests)::BIGINT, coalesce(fsum(cost), 0), "
        "sum(prompt + output)::BIGINT FROM measured GROUP BY ALL ORDER BY 1, 2",
    )


class Hour(NamedTuple):
    """An hour of the day.

    Attributes:
        unattended: cost of calls in it that name no session and no user, at the standard tier.
    """

    group: int
    hour: int
    requests: int
    cost: float
    unattended: float


def hours(store: Store) -> list[Hour]:
    """Return single calls by hour of the day."""
    rows = store.connection.execute(
        "SELECT number, local_hour, count(*), coalesce(fsum(cost), 0), "
        "coalesce(fsum(cost) FILTER (caller IS NULL AND tier = 'standard'), 0) "
        "FROM measured WHERE single GROUP BY ALL ORDER BY 1, 2"
    ).fetchall()
    return [Hour(*row) for row in rows]


def bursts(store: Store) -> Mapping[int, float]:
    """Return the share of each group's calls that came in minutes with ten times the calls of an average minute."""
    rows = store.connection.execute(
        "WITH minutes AS (SELECT number, at_us // 60000000 AS minute, count(*) AS calls FROM measured "
        "WHERE single GROUP BY ALL), spans AS (SELECT number, max(minute) - min(minute) + 1 AS minutes, "
        "sum(calls) AS calls FROM minutes GROUP BY ALL) "
        "SELECT number, coalesce(sum(m.calls) FILTER (m.calls >= 10 * s.calls / s.minutes), 0) / any_value(s.calls) "
        "FROM minutes AS m JOIN spans AS s USING (number) GROUP BY number"
    ).fetchall()
    return {int(number): float(share) for number, share in rows}


@dataclass(frozen=True)
class Common:
    """The longest beginning that most prompts of a group share.

    Attributes:
        steps: its length in steps.
        step_tokens: tokens of a step; None: 4,096 characters, then doubling.
        calls: with this beginning.
    """

    group: int
    steps: int
    step_tokens: int | None
    calls: int


def common_beginnings(store: Store, share: float) -> list[Common]:
    """Return, per group, the longest prompt beginning that at least this share of its calls has."""
    rows = store.connection.execute(
        f"WITH calls AS (SELECT number, steps, step_tokens FROM measured "
        f"WHERE steps IS NOT NULL AND {ONE_CALL}), "
        "sizes AS (SELECT number, count(*) AS calls FROM calls GROUP BY number), "
        "each AS (SELECT number, step_tokens, unnest(steps) AS hash, "
        "generate_subscripts(steps, 1) AS place FROM calls), "
        "counted AS (SELECT number, step_tokens, hash, place, count(*) AS calls FROM each GROUP BY ALL) "
        "SELECT number, arg_max(place, place), arg_max(step_tokens, place), arg_max(c.calls, place) "
        "FROM counted AS c JOIN sizes AS s USING (number) WHERE c.calls >= $share * s.calls "
        "GROUP BY number ORDER BY number",
        {"share": share},
    ).fetchall()
    return [Common(*row) for row in rows]


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
