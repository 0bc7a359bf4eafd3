"""What a plan would make of the bill."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from costctl.levers import LEVERS
from costctl.reports._simulate_cents import Printed, printed, usd
from costctl.reports._simulate_reach import spread_table, tornado_table, ways_table
from costctl.reports._simulate_result import result_of
from costctl.reports._simulate_words import called, foot, head, warnings
from costctl.simulate.describe import setting_text, where_text
from costctl.simulate.outcome import LeverLine, Outcome
from costctl.simulate.worlds import numbers_of
from costctl.table import Cell, Column, Kind, Report, Table

ALONE = "the lever by itself"
IN_ORDER = "what it adds to the levers above it"
FAIR_SHARE = "the average over all orders"
IF_DROPPED = "what is lost without it"
NO_RANGES = "No range given: write a setting as LOW:MODE:HIGH to see how sure the bill is."
OVERHEAD = "what it costs itself; the savings are net of it"


def simulate_report(
    outcome: Outcome, *, order_free: bool = False, hints: Sequence[str] = ()
) -> Report:
    """Return the savings table, what it adds up to, what it leaves aside, and the verdict."""
    shown = printed(outcome)
    tables = [_levers(outcome, shown, order_free=order_free), _bill(outcome, shown)]
    if outcome.uncertainty is not None:
        tables += [
            spread_table(outcome.uncertainty, shown, target=outcome.target is not None),
            tornado_table(outcome, outcome.uncertainty, shown),
        ]
    if outcome.target is not None and outcome.levers:
        tables.append(ways_table(outcome, outcome.target, shown))
    tables.append(_groups(outcome, shown))
    caveats = tuple(_caveats(outcome))
    if caveats:
        tables.append(Table("caveats", "Before you rely on it", (), (), notes=caveats))
    return Report(
        name="simulate",
        tables=tuple(tables),
        result=result_of(outcome),
        head=tuple(head(outcome, shown)),
        foot=(*hints, *foot(outcome, shown)),
        warnings=tuple(warnings(outcome)),
    )


def _levers(outcome: Outcome, shown: Printed, *, order_free: bool) -> Table:
    found = outcome.attribution
    free = not any(shown.levers["overhead_usd"])
    columns = (
        Column("lever", "Lever", Kind.TEXT),
        Column("where", "On", Kind.TEXT),
        Column("setting", "Setting", Kind.TEXT),
        Column("source", "Source", Kind.TEXT),
        Column("standalone_usd", "Alone", Kind.USD, about=ALONE),
        Column("waterfall_usd", "In order", Kind.USD, about=IN_ORDER),
        Column("shapley_usd", "Fair share", Kind.USD, wide_only=not order_free, about=FAIR_SHARE),
        Column("last_in_usd", "If dropped", Kind.USD, wide_only=True, about=IF_DROPPED),
        Column(
            "overhead_usd", "Overhead", Kind.USD, wide_only=free, about="" if free else OVERHEAD
        ),
        Column("risk", "Risk", Kind.TEXT, wide_only=True),
    )
    together = ("together", "", "", "")
    total = (*together, None, found.combined, found.combined, None, found.overhead, "")
    sums = {
        "standalone_usd": None,
        "waterfall_usd": shown.saving,
        "shapley_usd": shown.saving,
        "last_in_usd": None,
        "overhead_usd": shown.overhead,
    }
    return Table(
        name="levers",
        title="Projected savings a month, by lever",
        columns=columns,
        rows=tuple(_row(line) for line in outcome.levers),
        total=total if outcome.levers else None,
        notes=tuple(_lever_notes(outcome)),
        printed={name: (*cells, sums[name]) for name, cells in shown.levers.items()},
    )


def _row(line: LeverLine) -> tuple[Cell, ...]:
    planned, saving = line.planned, line.saving
    assumed = " (assumed)" if planned.source == "evidence" else ""
    return (
        called(line),
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


def _lever_notes(outcome: Outcome) -> Iterator[str]:
    if not outcome.priced:
        yield "no usage here has a price, so no saving can be projected"
    elif not outcome.levers:
        yield "no levers: add one, such as --cache-hit 0.2 or --route 0.4"
    for line in outcome.levers:
        if line.not_applicable:
            yield f"{called(line)}: not applicable because {line.not_applicable}"
    if outcome.attribution.sampled:
        yield "Fair shares are an estimate: too many levers meet for all orders to be tried."


def _caveats(outcome: Outcome) -> Iterator[str]:
    """Yield what is assumed, and what no figure holds, each thing once."""
    told = {warning.message for warning in outcome.warnings}
    for line in outcome.levers:
        for note in () if line.not_applicable else line.notes:
            if note not in told:
                told.add(note)
                yield f"- {called(line)}: {note}"


def _bill(outcome: Outcome, shown: Printed) -> Table:
    """Return how the bill becomes another one, and why the savings alone are no saving together."""
    rows: list[tuple[Cell, ...]] = [("projected month without levers", shown.before)]
    notes = []
    if outcome.levers and shown.interaction:
        rows.append(("savings alone, added up", -shown.naive))
        rows.append((_interaction(shown.interaction), -shown.interaction))
    elif outcome.levers:
        rows.append((_saved(len(outcome.levers)), -shown.saving))
    numbers = (n for line in outcome.levers for n in numbers_of(line.planned).values())
    if outcome.levers and all(number.is_point for number in numbers):
        notes.append(NO_RANGES)
    if shown.naive > shown.before > 0:
        notes.append(
            "Added up, the savings alone are more than the whole bill: that sum means nothing."
        )
    if outcome.units is not None and not outcome.units.sized.best:
        most = outcome.units.offer.max_units
        notes.append(f"No number of provisioned units up to {most:,} is cheaper than tokens.")
    elif outcome.units is not None:
        best = outcome.units.sized.best
        rows.append((f"provisioned throughput, {best} units", -shown.units))
        notes.append(
            "Units are paid whether used or not: levers that cut their load later save nothing."
        )
    return Table(
        name="bill",
        title="The bill",
        columns=(Column("what", "", Kind.TEXT), Column("usd", "A month", Kind.USD)),
        rows=tuple(rows),
        total=("projected bill after", shown.after),
        notes=tuple(notes),
    )


def _saved(levers: int) -> str:
    return "saved by the lever" if levers == 1 else "saved by the levers; interaction: none"


def _interaction(usd: Decimal) -> str:
    if usd > 0:
        return "interaction: levers that help each other"
    return "interaction: the same dollars counted twice"


def _groups(outcome: Outcome, shown: Printed) -> Table:
    names = tuple(
        Column(name, name.capitalize(), Kind.NAME if name == "model" else Kind.TEXT)
        for name in outcome.by
    )
    before, after = shown.groups["before_usd"], shown.groups["after_usd"]
    rows = tuple((*_texts(line.key), before[i], after[i]) for i, line in enumerate(outcome.groups))
    total = ("total", *[""] * (len(names) - 1)) if names else ()
    notes = []
    if shown.fixed:
        notes.append(f"Fixed costs of {usd(shown.fixed)} a month belong to no group.")
    if shown.units:
        notes.append("What provisioned throughput saves belongs to no group.")
    return Table(
        name="groups",
        title="Projected month by " + " and ".join(outcome.by),
        columns=(
            *names,
            Column("before_usd", "Before", Kind.USD),
            Column("after_usd", "After", Kind.USD),
        ),
        rows=rows,
        total=(*total, before[-1], after[-1]),
        notes=tuple(notes),
    )


def _texts(key: tuple[object, ...]) -> tuple[Cell, ...]:
    return tuple(None if value is None else str(value) for value in key)
