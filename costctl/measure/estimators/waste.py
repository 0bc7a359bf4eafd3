"""Retries and failures that were paid for."""

from collections import defaultdict
from collections.abc import Sequence

from costctl.measure import refusals
from costctl.measure.base import EVERYTHING, Asked, Estimate, Estimator, Group, Measured, share
from costctl.store.measures_shares import Part
from costctl.table import Cell, Column, Kind, Table

REASONS = {
    "failed": "failed, yet billed",
    "cut_short": "cut short, then asked again within 10 min",
    "repeated": "same prompt and caller within 60 s",
}


def measure(asked: Asked) -> Measured:
    """Find the waste of each group and of everything."""
    parts: dict[int, list[Part]] = defaultdict(list)
    for part in asked.waste:
        parts[part.group].append(part)
    each = [(group, _one(group, parts[group.facts.number])) for group in asked.groups]
    able = [group for group, one in each if one.value is not None]
    found = [one for group, one in each if asked.is_listed(group)]
    if able:
        found.insert(0, _all(asked, able))
    return Measured(tuple(found), (_table(asked),) if asked.waste else ())


def _one(group: Group, parts: Sequence[Part]) -> Estimate:
    facts = group.facts
    missing = _missing(group)
    if missing and not parts:
        return Estimate(group.place, None, facts.rows, missing)
    if not facts.cost:
        return Estimate(group.place, None, facts.rows, refusals.NO_COST)
    value = sum(part.cost for part in parts) / facts.cost
    notes = (f"failed calls only: {missing}",) if missing else ()
    return Estimate(
        group.place,
        value,
        facts.rows,
        by_requests=share(sum(part.requests for part in parts), facts.requests),
        plan=value > 0,
        notes=notes,
    )


def _missing(group: Group) -> str | None:
    """Return why repeats cannot be told from a second question, or None."""
    reason = refusals.why_not(group, group.facts.hashed, refusals.NO_HASHES)
    if reason is None and not group.facts.callers:
        return "no user or session is logged: an equal prompt may be somebody else's"
    return reason


def _all(asked: Asked, able: Sequence[Group]) -> Estimate:
    numbers = {group.facts.number for group in able}
    parts = [part for part in asked.waste if part.group in numbers]
    note = f"{len(able)} of {len(asked.groups)} groups can tell"
    return Estimate(
        EVERYTHING,
        share(sum(part.cost for part in parts), sum(g.facts.cost or 0.0 for g in able)),
        sum(group.facts.rows for group in able),
        by_requests=share(
            sum(part.requests for part in parts), sum(g.facts.requests for g in able)
        ),
        notes=(note,) if len(able) < len(asked.groups) else (),
    )


def _table(asked: Asked) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, text in REASONS.items():
        parts = [part for part in asked.waste if part.name == name]
        if parts:
            cost = sum(part.cost for part in parts)
            requests = sum(part.requests for part in parts)
            rows.append((name, text, requests, cost, share(cost, asked.cost)))
    return Table(
        name="waste",
        title="Paid for in vain",
        columns=(
            Column("reason", "Reason", Kind.TEXT, wide_only=True),
            Column("text", "What", Kind.TEXT),
            Column("requests", "Calls", Kind.COUNT),
            Column("cost_usd", "Cost", Kind.USD),
            Column("cost_share", "Of the cost", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


ESTIMATOR = Estimator(
    name="waste",
    lever="dedupe",
    parameter="waste",
    title="retries and failures",
    method="Cost of calls that failed and were billed, that were cut short and asked again within 10 min, or that "
    "repeat the prompt of the same user or session within 60 s.",
    limit="Equal prompts sent on purpose, such as several samples of one question, look like retries.",
    measure=measure,
)
