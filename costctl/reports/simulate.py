"""What a plan would make of the bill."""

from collections.abc import Iterator

from costctl.levers import LEVERS
from costctl.reports._simulate_result import result_of
from costctl.simulate.describe import setting_text, where_text
from costctl.simulate.goal_seek import BreakEven
from costctl.simulate.outcome import LeverLine, Outcome, Target
from costctl.table import Cell, Column, Kind, Report, Table, Warn

POINTS = "risk points"
CENT = 0.01


def simulate_report(outcome: Outcome, *, order_free: bool = False) -> Report:
    """Return the savings table, what it adds up to, and the verdict."""
    tables = [_levers(outcome, order_free=order_free)]
    if outcome.levers:
        tables.append(_overlap(outcome))
    tables.append(_bill(outcome))
    if outcome.uncertainty is not None:
        tables += [_spread(outcome), _tornado(outcome)]
    if outcome.target is not None and outcome.levers:
        tables.append(_ways(outcome.target))
    tables.append(_groups(outcome))
    return Report(
        name="simulate",
        tables=tuple(tables),
        result=result_of(outcome),
        head=tuple(_head(outcome)),
        foot=tuple(_foot(outcome)),
        warnings=tuple(_warnings(outcome)),
    )


def _usd(value: float) -> str:
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def _levers(outcome: Outcome, *, order_free: bool) -> Table:
    columns = (
        Column("lever", "Lever", Kind.TEXT),
        Column("where", "On", Kind.TEXT),
        Column("setting", "Setting", Kind.TEXT),
        Column("source", "Source", Kind.TEXT),
        Column("standalone_usd", "Alone", Kind.USD),
        Column("waterfall_usd", "In order", Kind.USD),
        Column("shapley_usd", "Fair share", Kind.USD, wide_only=not order_free),
        Column("last_in_usd", "If dropped", Kind.USD, wide_only=True),
        Column("overhead_usd", "Overhead", Kind.USD),
        Column("risk", "Risk", Kind.TEXT, wide_only=True),
    )
    found = outcome.attribution
    total: tuple[Cell, ...] = (
        "together",
        "",
        "",
        "",
        None,
        found.combined,
        found.combined,
        None,
        found.overhead,
        "",
    )
    return Table(
        name="levers",
        title="Projected savings a month, by lever",
        columns=columns,
        rows=tuple(_row(line) for line in outcome.levers),
        total=total if outcome.levers else None,
        notes=tuple(_lever_notes(outcome)),
        sums=("waterfall_usd", "shapley_usd", "overhead_usd"),
    )


def _row(line: LeverLine) -> tuple[Cell, ...]:
    planned, saving = line.planned, line.saving
    assumed = " (assumed)" if planned.source == "evidence" else ""
    return (
        _called(line),
        where_text(planned),
        setting_text(line),
        planned.source + assumed,
        saving.standalone,
        saving.waterfall,
        saving.shapley,
        saving.last_in,
        saving.overhead,
        LEVERS[planned.lever].risk,
    )


def _called(line: LeverLine) -> str:
    """Return the lever's display name, and its own where it has one."""
    title = LEVERS[line.planned.lever].title
    own = line.planned.name
    return title if own.startswith(line.planned.lever) else f"{own} ({title})"


def _lever_notes(outcome: Outcome) -> Iterator[str]:
    if not outcome.levers:
        yield "no levers: add one, such as --cache-hit 0.2 or --route 0.4"
        return
    yield (
        "Alone: the lever by itself. In order: what it adds to the levers above it. "
        "Fair share: the average over all orders."
    )
    for line in outcome.levers:
        if line.not_applicable:
            yield f"{line.planned.name}: not applicable because {line.not_applicable}"
    warned = {warning.message for warning in outcome.warnings}
    told: set[str] = set()
    for line in outcome.levers:
        for note in line.notes:
            if note not in warned | told and not line.not_applicable:
                told.add(note)
                yield f"{_called(line)}: {note}"


def _overlap(outcome: Outcome) -> Table:
    """Return why the savings alone are no saving together."""
    found = outcome.attribution
    notes: tuple[str, ...] = ()
    if found.naive_sum > found.before > 0:
        notes = (
            "Added up, the savings alone are more than the whole bill: that sum means nothing.",
        )
    return Table(
        name="overlap",
        title="Together, not added up",
        columns=(Column("what", "", Kind.TEXT), Column("usd", "A month", Kind.USD)),
        rows=(
            ("savings alone, added up", found.naive_sum),
            (_interaction(found.interaction), found.interaction),
        ),
        total=("projected saving together", found.combined),
        notes=notes,
        sums=("usd",),
    )


def _interaction(usd: float) -> str:
    if usd > 0:
        return "interaction: levers that help each other"
    return "interaction: the same dollars counted twice"


def _bill(outcome: Outcome) -> Table:
    found = outcome.attribution
    rows: list[tuple[Cell, ...]] = [("projected month without levers", found.before)]
    if outcome.levers:
        rows.append(("saved by the levers", -found.combined))
    if outcome.units is not None:
        best = outcome.units.sized.best
        rows.append((f"provisioned throughput, {best} units", -outcome.units.monthly_saving))
    return Table(
        name="bill",
        title="The bill",
        columns=(Column("what", "", Kind.TEXT), Column("usd", "A month", Kind.USD)),
        rows=tuple(rows),
        total=("projected bill after", outcome.after),
        sums=("usd",),
    )


def _spread(outcome: Outcome) -> Table:
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


def _tornado(outcome: Outcome) -> Table:
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


def _ways(target: Target) -> Table:
    chosen = target.reach.least_risk
    return Table(
        name="ways",
        title=f"Ways to {_usd(float(target.usd))}",
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
        yield (
            f"Cannot be reached with these levers: the best is {_usd(reach.best.after)} "
            f"at {reach.best.points} {POINTS}."
        )
    else:
        idle = sorted(name for name, value in chosen.settings.items() if not value)
        unneeded = f"; not needed: {', '.join(idle)}" if idle else ""
        yield (
            f"Least risk: {chosen.points} {POINTS}, projected bill {_usd(chosen.after)}{unneeded}."
        )
    if reach.theta is not None:
        yield f"All levers at {reach.theta:.0%} of their highest settings reach it together."
    if not reach.complete:
        yield "Too many combinations: some settings between the lowest and the highest were left out."


def _groups(outcome: Outcome) -> Table:
    names = tuple(
        Column(name, name.capitalize(), Kind.NAME if name == "model" else Kind.TEXT)
        for name in outcome.by
    )
    rows = tuple((*_texts(line.key), line.before, line.after) for line in outcome.groups)
    total = ("total", *[""] * (len(names) - 1)) if names else ()
    fixed = outcome.attribution.after - sum(line.after for line in outcome.groups)
    notes = (f"Fixed costs of {_usd(fixed)} a month belong to no group.",) if fixed >= CENT else ()
    return Table(
        name="groups",
        title="Projected month by " + " and ".join(outcome.by),
        columns=(
            *names,
            Column("before_usd", "Before", Kind.USD),
            Column("after_usd", "After", Kind.USD),
        ),
        rows=rows,
        total=(
            *total,
            sum(line.before for line in outcome.groups),
            sum(line.after for line in outcome.groups),
        ),
        notes=notes,
        sums=("before_usd", "after_usd"),
    )


def _texts(key: tuple[object, ...]) -> tuple[Cell, ...]:
    return tuple(None if value is None else str(value) for value in key)


def _head(outcome: Outcome) -> Iterator[str]:
    basis = outcome.basis
    days = basis.span.days
    seen = "rows without times" if days is None else f"{days:,.4g} days of usage"
    yield (
        f"Paid {_usd(float(basis.paid_usd))} in {seen}; at the prices of "
        f"{basis.prices_at:%Y-%m-%d} {_usd(float(basis.repriced_usd))}."
    )
    kind = {"invoice": "the invoice given", "calendar": "this calendar month"}
    what = kind.get(basis.scaled_by, "a month of 30 days")
    rate = " (a run rate: the span is short)" if basis.is_run_rate else ""
    yield f"Projected to {what}, times {basis.scale:,.6g}: {_usd(basis.baseline_usd)}{rate}."
    if basis.unpriced_requests:
        yield (
            f"{basis.unpriced_requests:,} requests have no price at that date: no lever touches them, "
            f"and {_usd(float(basis.outside_usd))} that they cost is not in the month."
        )


def _foot(outcome: Outcome) -> Iterator[str]:
    for band in outcome.bands:
        yield (
            f"If {band.levers[0]} and {band.levers[1]} meet the same calls the projected bill is "
            f"{_usd(band.nested)}, if different ones {_usd(band.disjoint)}; "
            f"independent is assumed: {_usd(band.independent)}."
        )
    cheapest, dearest = outcome.route_orders or (0.0, 0.0)
    if abs(cheapest - dearest) >= CENT:
        yield (
            f"If the routed calls are the cheapest ones the projected bill is {_usd(cheapest)}, "
            f"if the dearest {_usd(dearest)}; --route-order decides."
        )
    yield _verdict_line(outcome)


def _verdict_line(outcome: Outcome) -> str:
    found = outcome.attribution
    share = f" ({found.combined / found.before:.1%} less)" if found.before else ""
    bill = f"Projected bill {_usd(outcome.after)} a month{share}"
    target = outcome.target
    if target is None:
        return f"{bill}."
    judged = (
        ""
        if target.statistic == "point"
        else f" by {target.statistic.upper()} {_usd(target.judged)}"
    )
    goal = f"target {_usd(float(target.usd))}"
    if target.met:
        return f"{bill}: {goal} met{judged}, {_usd(-target.gap)} to spare."
    return f"{bill}: {goal} missed{judged} by {_usd(target.gap)}."


def _warnings(outcome: Outcome) -> Iterator[Warn]:
    yield from outcome.warnings
    basis = outcome.basis
    if basis.is_run_rate:
        yield Warn(
            "run_rate",
            f"a month projected from {basis.span.days:,.4g} days is a run rate, no forecast",
        )
    if basis.unpriced_requests:
        yield Warn("unpriced", f"{basis.unpriced_requests:,} requests have no price")
