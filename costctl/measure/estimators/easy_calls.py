"""How much could go to a cheaper model at most."""

from collections.abc import Mapping, Sequence

from costctl.measure import refusals
from costctl.measure.base import (
    EVERYTHING,
    Asked,
    Estimate,
    Estimator,
    Group,
    Measured,
    Place,
    share,
)
from costctl.measure.estimators.repeats import CLOCK
from costctl.measure.served import Served, served, served_table
from costctl.store import measures_shares
from costctl.store.measures_shares import Part
from costctl.table import ENDPOINT_AND_MODEL, Cell, Column, Kind, Table

SIZES = ((256, 32), (512, 64), (1000, 100), (2000, 200))
"""Prompt and output tokens up to which calls are counted."""


def measure(asked: Asked) -> Measured:
    """Find the share of calls, and of cost, that is short enough to be easy."""
    easy = {part.group: part for part in measures_shares.easy(asked.store)}
    able = [g for g in asked.generating if g.facts.number in asked.calls]
    listed = [g for g in asked.generating if asked.is_listed(g)]
    theirs = served(asked) if able else {}
    found = [
        _one(asked, g, easy.get(g.facts.number), theirs.get(g.facts.number))
        if g.facts.number in asked.calls
        else Estimate(g.place, None, g.facts.rows, refusals.NO_CALLS)
        for g in listed
    ]
    if not able:
        return Measured(tuple(found))
    found.insert(0, _all(asked, able, easy))
    tables = [_table(asked, able)]
    joint = [row for g in listed if (row := _joint(asked, g)) is not None]
    if joint:
        tables.append(_joint_table(joint))
    shown = [one for one in theirs.values() if asked.is_listed(one.group)]
    if shown:
        tables.append(served_table(shown))
    return Measured(tuple(found), tuple(tables))


def _all(asked: Asked, able: Sequence[Group], easy: Mapping[int, Part]) -> Estimate:
    calls = [asked.calls[g.facts.number] for g in able]
    chosen = [easy[g.facts.number] for g in able if g.facts.number in easy]
    value = share(sum(part.cost for part in chosen), sum(part.cost for part in calls))
    requests = sum(part.requests for part in calls)
    size = asked.settings.easy
    return Estimate(
        EVERYTHING,
        value,
        requests,
        None if value is not None else refusals.NO_COST,
        by_requests=share(sum(part.requests for part in chosen), requests),
        notes=(
            f"up to {size.prompt:,} prompt and {size.output:,} output tokens; --easy sets them",
        ),
    )


def _one(asked: Asked, group: Group, easy: Part | None, theirs: Served | None) -> Estimate:
    calls = asked.calls[group.facts.number]
    value = share(easy.cost if easy else 0.0, calls.cost)
    sibling = group.rate.cheaper_sibling if group.rate else None
    notes = [*asked.retirement(sibling), *(theirs.notes if theirs else ())]
    if sibling is None and value is not None:
        notes.append("the price table names no cheaper sibling of this model")
    misses = _among_misses(asked, [group.facts.number])
    if misses is not None and value is not None:
        notes.append(
            f"{value:.1%} of all calls by cost; the value counts calls that a cache would not answer"
        )
        value = misses
    return Estimate(
        group.place,
        value,
        calls.requests,
        None if value is not None else refusals.NO_COST,
        by_requests=share(easy.requests if easy else 0, calls.requests),
        further=theirs.parameters if theirs else {},
        names={"to": sibling} if sibling else {},
        plan=bool(value) and sibling is not None,
        notes=tuple(notes),
    )


def _among_misses(asked: Asked, groups: Sequence[int]) -> float | None:
    """Return the easy share among calls that a response cache would not answer; None where it answers none."""
    repeats = asked.repeats["exact"]
    total, hit = repeats.total(groups), repeats.hit(repeats.ttl, CLOCK, groups)
    if not hit.cost:
        return None
    return share(max(0.0, total.easy_cost - hit.easy_cost), total.cost - hit.cost)


def _table(asked: Asked, groups: Sequence[Group]) -> Table:
    own = (asked.settings.easy.prompt, asked.settings.easy.output)
    sizes = sorted({*SIZES, own})
    parts = {(part.group, part.name): part for part in measures_shares.sized(asked.store, sizes)}
    rows: list[tuple[Cell, ...]] = []
    for place, members in _scopes(asked, groups):
        calls = [asked.calls[g.facts.number] for g in members]
        for prompt, output in sizes:
            found = [parts.get((g.facts.number, f"{prompt}/{output}")) for g in members]
            requests = sum(part.requests for part in found if part)
            rows.append(
                (
                    "(all)" if place.everything else place.endpoint,
                    "(all)" if place.everything else place.model,
                    prompt,
                    output,
                    requests,
                    share(requests, sum(part.requests for part in calls)),
                    share(
                        sum(part.cost for part in found if part), sum(part.cost for part in calls)
                    ),
                )
            )
    return Table(
        name="easy_calls",
        title="Short calls, a ceiling for a cheaper model",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("prompt", "Prompt up to", Kind.COUNT),
            Column("output", "Output up to", Kind.COUNT),
            Column("requests", "Calls", Kind.COUNT),
            Column("request_share", "Of the calls", Kind.SHARE),
            Column("cost_share", "Of the cost", Kind.SHARE),
        ),
        rows=tuple(rows),
        notes=("A ceiling, not quality: a short question may be a hard one.",),
    )


def _scopes(asked: Asked, groups: Sequence[Group]) -> list[tuple[Place, Sequence[Group]]]:
    each: list[tuple[Place, Sequence[Group]]] = [
        (g.place, (g,)) for g in groups if asked.is_listed(g)
    ]
    return [(EVERYTHING, groups), *each] if len(groups) > 1 else each


def _joint(asked: Asked, group: Group) -> tuple[Cell, ...] | None:
    """Return how repeats and easy calls overlap in a group, by cost; None where there are no repeats."""
    repeats, numbers = asked.repeats["exact"], [group.facts.number]
    total, hit = repeats.total(numbers), repeats.hit(repeats.ttl, CLOCK, numbers)
    if not hit.cost or not total.cost:
        return None
    easy, both = total.easy_cost, hit.easy_cost
    return (
        group.facts.endpoint,
        group.facts.model,
        both / total.cost,
        (hit.cost - both) / total.cost,
        (easy - both) / total.cost,
        (total.cost - hit.cost - easy + both) / total.cost,
    )


def _joint_table(rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(
        name="joint",
        title="Repeats and easy calls together, shares of the cost",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("both", "Both", Kind.SHARE),
            Column("repeat_only", "Repeat only", Kind.SHARE),
            Column("easy_only", "Easy only", Kind.SHARE),
            Column("neither", "Neither", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


ESTIMATOR = Estimator(
    name="easy_calls",
    lever="route",
    parameter="fraction",
    title="easy calls, a ceiling",
    method="Share of the cost of calls whose prompt and answer are at most so long and that ended of themselves.",
    limit="A ceiling, not quality: whether the cheaper model answers well is not in the log, nor whether tools or a "
    "schema were used.",
    measure=measure,
)
