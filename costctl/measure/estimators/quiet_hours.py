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
from costctl.table import ENDPOINT_AND_MODEL, Cell, Column, Kind, Table

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
    bursts = measures_shares.bursts(asked.store) if hours else {}
    found = [
        _one(g.place, (g,), hours)
        if reason is None
        else Estimate(g.place, None, g.facts.rows, reason)
        for g, reason in zip(asked.groups, told, strict=True)
        if asked.is_listed(g)
    ]
    if able:
        found.insert(0, _one(EVERYTHING, able, hours))
    if not hours or asked.span < LEAST:
        return Measured(tuple(found))
    listed = [g for g in asked.listed if g.facts.number in hours]
    return Measured(tuple(found), (_night_table(listed, hours, bursts), _table(asked, hours)))


def _why_not(asked: Asked, group: Group, hours: Mapping[int, Sequence[Hour]]) -> str | None:
    if group.facts.number not in hours:
        return refusals.NO_CALLS
    if asked.span < LEAST:
        return f"the log spans {asked.span.total_seconds() / 3600:.1f} hours: a day is needed to tell nights"
    if not asked.callers:
        return refusals.NO_CALLERS
    if not sum(hour.cost for hour in hours[group.facts.number]):
        return refusals.NO_COST
    return None


def _one(place: Place, groups: Sequence[Group], hours: Mapping[int, Sequence[Hour]]) -> Estimate:
    found = [hour for g in groups for hour in hours[g.facts.number]]
    night = _night(found)
    value = share(sum(hour.unattended for hour in night), sum(hour.cost for hour in found))
    batch = all(g.batch for g in groups)
    notes = ("the batch tier has no price for this model",)
    return Estimate(
        place,
        value,
        sum(hour.requests for hour in found),
        by_requests=share(
            sum(h.unattended_requests for h in night), sum(h.requests for h in found)
        ),
        names={"to_tier": "batch"},
        plan=bool(value) and batch and not place.everything,
        notes=() if batch or place.everything or not value else notes,
        tier="standard",
    )


def _night(hours: Sequence[Hour]) -> list[Hour]:
    return [hour for hour in hours if hour.hour >= NIGHT[0] or hour.hour < NIGHT[1]]


def _night_table(
    groups: Sequence[Group], hours: Mapping[int, Sequence[Hour]], bursts: Mapping[int, float]
) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        found = hours[group.facts.number]
        cost = sum(hour.cost for hour in found)
        rows.append(
            (
                group.facts.endpoint,
                group.facts.model,
                share(sum(hour.cost for hour in _night(found)), cost),
                share(sum(hour.unattended for hour in found), cost),
                share(sum(hour.unattended for hour in _night(found)), cost),
                bursts.get(group.facts.number),
            )
        )
    return Table(
        name="nights",
        title="Who may wait, shares of the cost of single calls",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("night_share", "At night", Kind.SHARE),
            Column("unattended_share", "No user or session", Kind.SHARE),
            Column("both_share", "Both", Kind.SHARE),
            Column("burst_share", "Calls in bursts", Kind.SHARE, wide_only=True),
        ),
        rows=tuple(rows),
        notes=(
            "No user or session: at the standard tier. In bursts: in minutes with ten times the usual number of calls.",
        ),
    )


def _table(asked: Asked, hours: Mapping[int, Sequence[Hour]]) -> Table:
    by_hour: dict[int, list[Hour]] = defaultdict(list)
    for found in hours.values():
        for hour in found:
            by_hour[hour.hour].append(hour)
    whole = sum(one.cost for found in by_hour.values() for one in found)
    rows: list[tuple[Cell, ...]] = []
    for clock in sorted(by_hour):
        cost = sum(one.cost for one in by_hour[clock])
        unattended = sum(one.unattended for one in by_hour[clock])
        requests = sum(one.requests for one in by_hour[clock])
        shares = (share(cost, whole), share(unattended, whole))
        rows.append((f"{clock:02d}:00", requests, cost, *shares))
    return Table(
        name="hours",
        title=f"Single calls by hour of the day ({asked.tz})",
        columns=(
            Column("hour", "Hour", Kind.TEXT),
            Column("requests", "Calls", Kind.COUNT),
            Column("cost_usd", "Cost", Kind.USD),
            Column("cost_share", "Of their cost", Kind.SHARE),
            Column("unattended_share", "No user or session", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


ESTIMATOR = Estimator(
    name="quiet_hours",
    lever="tier",
    parameter="share",
    title="work that may wait",
    method="Share of the cost of calls at the standard tier between 22:00 and 06:00 that name no user and no session.",
    limit="Whether somebody waits is not in the log: jobs by day are missed, and night shifts and other zones are counted.",
    measure=measure,
)
