"""What a plan may miss, and what it takes to reach a target."""

from collections.abc import Iterator, Mapping

from costctl.levers import LEVERS, Param
from costctl.reports._simulate_cents import Printed, usd
from costctl.reports._simulate_words import names_of
from costctl.simulate.describe import figure
from costctl.simulate.goal_seek import BreakEven
from costctl.simulate.least_risk import LeastRisk
from costctl.simulate.outcome import Outcome, Target
from costctl.simulate.plan import Range
from costctl.simulate.uncertainty import Uncertainty
from costctl.simulate.worlds import numbers_of
from costctl.table import Cell, Column, Kind, Table

POINTS = "risk points"
NEEDED = "where this setting meets the target with all others as planned"


def spread_table(found: Uncertainty, shown: Printed, *, target: bool) -> Table:
    """Return the percentiles of the bill."""
    wanted = (Column("probability_met", "Target met", Kind.SHARE),) if target else ()
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            what,
            *(shown.bill(usd) for usd in (one.p10, one.p50, one.p90, one.mean)),
            *((one.met,) if target else ()),
        )
        for what, one in (
            ("each setting for itself", found.independent),
            ("all go well or badly together", found.together),
        )
    )
    return Table(
        name="uncertainty",
        title="How sure: the projected bill where settings are ranges",
        columns=(
            Column("run", "Run", Kind.TEXT),
            Column("p10_after_usd", "P10", Kind.USD),
            Column("p50_after_usd", "P50", Kind.USD),
            Column("p90_after_usd", "P90", Kind.USD),
            Column("mean_after_usd", "Mean", Kind.USD),
            *wanted,
        ),
        rows=rows,
        notes=(
            "P10, P50, P90: of ten draws one, five, nine end at or below this bill.",
            f"{found.draws:,} {found.distribution} draws; --seed {found.seed} repeats them.",
        ),
    )


def tornado_table(outcome: Outcome, found: Uncertainty, shown: Printed) -> Table:
    """Return how far each uncertain setting moves the bill."""
    params = _params(outcome)
    return Table(
        name="tornado",
        title="What matters most: one setting at its low and high, the others at their modes",
        columns=(
            Column("lever", "Lever", Kind.TEXT),
            Column("parameter", "Setting", Kind.TEXT),
            Column("range", "Low to high", Kind.TEXT),
            Column("after_at_low_usd", "Bill at low", Kind.USD),
            Column("after_at_high_usd", "Bill at high", Kind.USD),
            Column("swing_usd", "Swing", Kind.USD),
        ),
        rows=tuple(
            (
                *_words(outcome, s.column),
                f"{_figure(s.number.low, params[s.column])} to {_figure(s.number.high, params[s.column])}",
                shown.bill(s.at_low),
                shown.bill(s.at_high),
                abs(shown.bill(s.at_high) - shown.bill(s.at_low)),
            )
            for s in found.tornado
        ),
    )


def ways_table(outcome: Outcome, target: Target, shown: Printed) -> Table:
    """Return what each lever would have to reach, and the combination of the least risk."""
    chosen, params = target.reach.least_risk, _params(outcome)
    now = {
        f"{line.planned.name}.{name}": number
        for line in outcome.levers
        for name, number in numbers_of(line.planned).items()
    }
    least = (Column("least_risk", "Least risk", Kind.TEXT),) if chosen else ()
    return Table(
        name="ways",
        title=f"Ways to {usd(target.usd)}",
        columns=(
            Column("lever", "Lever", Kind.TEXT),
            Column("parameter", "Setting", Kind.TEXT),
            Column("now", "Planned", Kind.TEXT),
            Column("break_even", "Needed alone", Kind.TEXT, about=NEEDED),
            *least,
        ),
        rows=tuple(
            (
                *_words(outcome, name),
                figure(now[name], params[name]),
                _needed(found, params[name]),
                *((_chosen(chosen, name, params[name]),) if chosen else ()),
            )
            for name, found in target.reach.break_even.items()
            if _acts(outcome, name)
        ),
        notes=tuple(_way_notes(outcome, target, shown)),
    )


def _acts(outcome: Outcome, column: str) -> bool:
    """Return whether the lever of a number can act at all."""
    idle = {line.planned.name for line in outcome.levers if line.not_applicable}
    return column.rpartition(".")[0] not in idle


def _words(outcome: Outcome, column: str) -> tuple[str, str]:
    """Return the lever and the number that a column of the plan is about, as people read them."""
    name, _, param = column.rpartition(".")
    return names_of(outcome)[name], param.replace("_", " ")


def _params(outcome: Outcome) -> Mapping[str, Param]:
    return {
        f"{line.planned.name}.{name}": param
        for line in outcome.levers
        for name, param in LEVERS[line.planned.lever].all_params().items()
    }


def _figure(value: float, param: Param) -> str:
    return figure(Range.point(value), param)


def _needed(found: BreakEven, param: Param) -> str:
    if found.verdict == "needed" and found.value is not None:
        return _figure(found.value, param)
    return found.verdict


def _chosen(chosen: LeastRisk, name: str, param: Param) -> str:
    value = chosen.settings.get(name)
    if value is None:
        return "as planned"
    return _figure(value, param) if value else "off"


def _way_notes(outcome: Outcome, target: Target, shown: Printed) -> Iterator[str]:
    reach, chosen = target.reach, target.reach.least_risk
    if outcome.attribution.before <= target.usd:
        yield "The month meets it without any lever."
        return
    if chosen is None:
        best = f"{shown.usd(reach.best.after)} at {reach.best.points} {POINTS}"
        if target.met or reach.theta is not None:
            yield (
                f"No combination of usual settings reaches it: the best is {best}; "
                "it takes more of the levers."
            )
        else:
            yield (
                f"Cannot be reached with these levers: the best of their usual settings is {best}."
            )
    else:
        names = names_of(outcome)
        idle = [
            names[name.rpartition(".")[0]]
            for name, value in chosen.settings.items()
            if not value and _acts(outcome, name)
        ]
        unneeded = f"; not needed: {', '.join(sorted(idle))}" if idle else ""
        yield (
            f"Least risk: the usual settings with the fewest {POINTS}, {chosen.points}; "
            f"projected bill {shown.usd(chosen.after)}{unneeded}."
        )
    if reach.theta is not None:
        yield f"All levers at {reach.theta:.0%} of their highest settings reach it together."
    if not reach.complete:
        yield "Too many combinations: some settings between the lowest and the highest were left out."
