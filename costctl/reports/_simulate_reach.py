"""What a plan may miss, and what it takes to reach a target."""

from collections.abc import Iterator

from costctl.reports._simulate_words import usd
from costctl.simulate.goal_seek import BreakEven
from costctl.simulate.outcome import Outcome, Target
from costctl.table import Cell, Column, Kind, Table

POINTS = "risk points"


def spread_table(outcome: Outcome) -> Table:
    """Return the percentiles of the bill."""
    found = outcome.uncertainty
    rows: tuple[tuple[Cell, ...], ...] = ()
    if found is not None:
        rows = tuple(
            (what, one.p10, one.p50, one.p90, one.mean, one.met)
            for what, one in (
                ("each setting for itself", found.independent),
                ("all go well or badly together", found.together),
            )
        )
    return Table(
        name="uncertainty",
        title="Projected bill where settings are ranges",
        columns=(
            Column("run", "Run", Kind.TEXT),
            Column("p10_after_usd", "P10", Kind.USD),
            Column("p50_after_usd", "P50", Kind.USD),
            Column("p90_after_usd", "P90", Kind.USD),
            Column("mean_after_usd", "Mean", Kind.USD),
            Column("probability_met", "Target met", Kind.SHARE),
        ),
        rows=rows,
        notes=(f"{found.draws:,} draws, {found.distribution}, seed {found.seed}",) if found else (),
    )


def tornado_table(outcome: Outcome) -> Table:
    """Return how far each uncertain setting moves the bill."""
    found = outcome.uncertainty
    return Table(
        name="tornado",
        title="What matters most: one setting at its low and high, the others at their modes",
        columns=(
            Column("parameter", "Setting", Kind.TEXT),
            Column("low", "Low", Kind.NUMBER),
            Column("high", "High", Kind.NUMBER),
            Column("after_at_low_usd", "Bill at low", Kind.USD),
            Column("after_at_high_usd", "Bill at high", Kind.USD),
            Column("swing_usd", "Swing", Kind.USD),
        ),
        rows=tuple(
            (s.column, s.number.low, s.number.high, s.at_low, s.at_high, s.swing)
            for s in (found.tornado if found else ())
        ),
    )


def ways_table(target: Target) -> Table:
    """Return what each lever would have to reach, and the combination of the least risk."""
    chosen = target.reach.least_risk
    return Table(
        name="ways",
        title=f"Ways to {usd(float(target.usd))}",
        columns=(
            Column("parameter", "Setting", Kind.TEXT),
            Column("break_even", "Needed alone", Kind.NUMBER),
            Column("verdict", "", Kind.TEXT),
            Column("least_risk", "Least risk", Kind.NUMBER),
        ),
        rows=tuple(
            (name, found.value, _verdict(found), chosen.settings.get(name) if chosen else None)
            for name, found in target.reach.break_even.items()
        ),
        notes=tuple(_way_notes(target)),
    )


def _verdict(found: BreakEven) -> str:
    return "needed, all else as set" if found.verdict == "needed" else found.verdict


def _way_notes(target: Target) -> Iterator[str]:
    reach, chosen = target.reach, target.reach.least_risk
    if chosen is None:
        best = f"the best is {usd(reach.best.after)} at {reach.best.points} {POINTS}"
        if target.met or reach.theta is not None:
            yield f"No combination of usual settings reaches it: {best}; it takes more of the levers."
        else:
            yield f"Cannot be reached with these levers: {best}."
    else:
        idle = sorted(name for name, value in chosen.settings.items() if not value)
        unneeded = f"; not needed: {', '.join(idle)}" if idle else ""
        yield (
            f"Least risk: {chosen.points} {POINTS}, projected bill {usd(chosen.after)}{unneeded}."
        )
    if reach.theta is not None:
        yield f"All levers at {reach.theta:.0%} of their highest settings reach it together."
    if not reach.complete:
        yield "Too many combinations: some settings between the lowest and the highest were left out."
