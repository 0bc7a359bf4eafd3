"""What a plan would make of the bill."""

from collections.abc import Iterator

from costctl.levers import LEVERS
from costctl.reports._simulate_reach import spread_table, tornado_table, ways_table
from costctl.reports._simulate_result import result_of
from costctl.reports._simulate_words import CENT, foot, head, usd, warnings
from costctl.simulate.describe import setting_text, where_text
from costctl.simulate.outcome import LeverLine, Outcome
from costctl.table import Cell, Column, Kind, Report, Table


def simulate_report(outcome: Outcome, *, order_free: bool = False) -> Report:
    """Return the savings table, what it adds up to, and the verdict."""
    tables = [_levers(outcome, order_free=order_free)]
    if outcome.levers:
        tables.append(_overlap(outcome))
    tables.append(_bill(outcome))
    if outcome.uncertainty is not None:
        tables += [spread_table(outcome), tornado_table(outcome)]
    if outcome.target is not None and outcome.levers:
        tables.append(ways_table(outcome.target))
    tables.append(_groups(outcome))
    return Report(
        name="simulate",
        tables=tuple(tables),
        result=result_of(outcome),
        head=tuple(head(outcome)),
        foot=tuple(foot(outcome)),
        warnings=tuple(warnings(outcome)),
    )


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
    if abs(usd) < CENT:
        return "interaction: none"
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
    notes: tuple[str, ...] = ()
    if outcome.units is not None:
        notes = (
            "Units are paid whether used or not: levers that cut their load later save nothing.",
        )
    return Table(
        name="bill",
        title="The bill",
        columns=(Column("what", "", Kind.TEXT), Column("usd", "A month", Kind.USD)),
        rows=tuple(rows),
        total=("projected bill after", outcome.after),
        notes=notes,
        sums=("usd",),
    )


def _groups(outcome: Outcome) -> Table:
    names = tuple(
        Column(name, name.capitalize(), Kind.NAME if name == "model" else Kind.TEXT)
        for name in outcome.by
    )
    rows = tuple((*_texts(line.key), line.before, line.after) for line in outcome.groups)
    total = ("total", *[""] * (len(names) - 1)) if names else ()
    fixed = outcome.attribution.after - sum(line.after for line in outcome.groups)
    notes = (f"Fixed costs of {usd(fixed)} a month belong to no group.",) if fixed >= CENT else ()
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
