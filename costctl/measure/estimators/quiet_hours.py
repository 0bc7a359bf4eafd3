"""Work that may wait: calls at night with nobody behind them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

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
from costctl.store import measures_shares
from costctl.store.measures_shares import Hour
from costctl.table import Cell, Column, Kind, Table

NIGHT = (22, 6)
"""From this hour of the evening to that of the morning, in the zone asked for."""

LEAST = timedelta(hours=24)


def measure(asked: Asked) -> Measured:
    """Find the cost at night of calls without a user or a session."""
    hours: dict[int, list[Hour]] = defaultdict(list)
    for hour in measures_shares.hours(asked.store):
        hours[hour.group].append(hour)
    told = [_why_not(asked, g, hours) for g in asked.groups]
    able = [g for g, reason in zip(asked.groups, told, strict=True) if reason is None]
    bursts = measures_shares.bursts(asked.store) if able else {}
    found = [
        _one(g.place, (g,), hours, bursts)
        if reason is None
        else Estimate(g.place, None, g.facts.rows, reason)
        for g, reason in zip(asked.groups, told, strict=True)
    ]
    if able:
        found.insert(0, _one(EVERYTHING, able, hours, bursts))
    tables = (_table(asked, hours),) if hours else ()
    return Measured(tuple(found), tables)


def _why_not(asked: Asked, group: Group, hours: Mapping[int, object]) -> str | None:
    if group.facts.number not in hours:
        return refusals.NO_CALLS
    if asked.span < LEAST:
        return f"the log spans {asked.span.total_seconds() / 3600:.1f} hours: nights cannot be told from days"
    if not group.facts.cost:
        return refusals.NO_COST
    return None


def _one(
    place: Place,
    groups: Sequence[Group],
    hours: Mapping[int, Sequence[Hour]],
    bursts: Mapping[int, float],
) -> Estimate:
    found = [hour for g in groups for hour in hours[g.facts.number]]
    night = [hour for hour in found if hour.hour >= NIGHT[0] or hour.hour < NIGHT[1]]
    cost = sum(g.facts.cost or 0.0 for g in groups)
    value = share(sum(hour.unattended for hour in night), cost)
    batch = all(g.batch for g in groups)
    notes = [f"{share(sum(h.cost for h in night), cost) or 0:.1%} of the cost is at night"]
    if not place.everything:
        notes.append(
            f"{bursts.get(groups[0].facts.number, 0.0):.1%} of the calls come in minutes with ten times the usual number"
        )
        if not batch:
            notes.append("the batch tier has no price for this model")
    return Estimate(
        place,
        value,
        sum(hour.requests for hour in found),
        by_requests=share(sum(h.requests for h in night), sum(h.requests for h in found)),
        names={"to_tier": "batch"},
        plan=bool(value) and batch and not place.everything,
        notes=tuple(notes),
        tier="standard",
    )


def _table(asked: Asked, hours: Mapping[int, Sequence[Hour]]) -> Table:
    by_hour: dict[int, list[Hour]] = defaultdict(list)
    for found in hours.values():
        for hour in found:
            by_hour[hour.hour].append(hour)
    rows: list[tuple[Cell, ...]] = []
    for clock in sorted(by_hour):
        cost = sum(one.cost for one in by_hour[clock])
        unattended = sum(one.unattended for one in by_hour[clock])
        rows.append(
            (
                f"{clock:02d}:00",
                sum(one.requests for one in by_hour[clock]),
                cost,
                share(cost, asked.cost),
                share(unattended, asked.cost),
            )
        )
    return Table(
        name="hours",
        title=f"By hour of the day ({asked.tz})",
        columns=(
            Column("hour", "Hour", Kind.TEXT),
            Column("requests", "Calls", Kind.COUNT),
            Column("cost_usd", "Cost", Kind.USD),
            Column("cost_share", "Of the cost", Kind.SHARE),
            Column("unattended_share", "No user or session", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


ESTIMATOR = Estimator(
    name="quiet_hours",
    lever="tier",
    parameter="share",
    title="work that may wait for batch",
    method="Share of the cost of calls at the standard tier between 22:00 and 06:00 that name no user and no session.",
    limit="Whether somebody waits is not in the log: jobs by day are missed, and night shifts and other zones are counted.",
    measure=measure,
)
