"""The cents that people read: one figure for each quantity, whichever table or sentence states it.

Rounded for themselves, the bill before, the saving and the bill after need not add up, and two tables that
state the same saving may differ by a cent. So the two bills are rounded, and everything else follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from costctl.simulate.attribution import Saving
from costctl.simulate.outcome import GroupLine, Outcome

CENT = Decimal("0.01")
TENTH = Decimal("0.1")
SAME = 1e-9
"""Two figures that differ by less, relative to the bill, are one quantity."""

WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)


def cents(value: float | Decimal) -> Decimal:
    """Return an amount as it is printed."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return exact.quantize(CENT, context=WIDE) + Decimal(0)


def usd(value: float | Decimal) -> str:
    """Return money within a sentence."""
    shown = cents(value)
    return f"-${-shown:,.2f}" if shown < 0 else f"${shown:,.2f}"


def percent(share: float | Decimal) -> str:
    """Return a share within a sentence, as tables round it."""
    exact = share if isinstance(share, Decimal) else Decimal(repr(share))
    return f"{(exact * 100).quantize(TENTH, context=WIDE):,f}%"


def allotted(values: Sequence[float], total: Decimal) -> list[Decimal]:
    """Return amounts in cents that add up to the total: left-over cents go to the largest remainders."""
    exacts = [Decimal(repr(value)) for value in values]
    floors = [v.quantize(CENT, rounding=ROUND_FLOOR, context=WIDE) for v in exacts]
    if not floors:
        return []
    each, more = divmod(int((total - sum(floors, Decimal(0))) / CENT), len(floors))
    order = sorted(range(len(floors)), key=lambda i: (floors[i] - exacts[i], i))
    lucky = set(order[:more])
    return [floor + CENT * (each + (i in lucky)) for i, floor in enumerate(floors)]


@dataclass(frozen=True)
class Printed:
    """Every amount of one simulation as it is printed.

    Attributes:
        before, after: the bills; `after` minus `units` of saving is what the verdict is about.
        saving: of the levers together.
        units: what provisioned throughput saves besides.
        naive, interaction: these two add up to the saving.
        overhead: of all levers.
        fixed: the part of `overhead` that belongs to no group.
        levers: name of a column -> one amount per lever.
        groups: before and after of each group, then their sums.
        scale: the size of the bill, for telling the same figure from another one.
        exact: the unrounded bills before and after.
    """

    before: Decimal
    after: Decimal
    saving: Decimal
    units: Decimal
    naive: Decimal
    interaction: Decimal
    overhead: Decimal
    fixed: Decimal
    levers: Mapping[str, Sequence[Decimal]]
    groups: Mapping[str, Sequence[Decimal]]
    exact: tuple[float, float]

    def bill(self, value: float) -> Decimal:
        """Return a bill as it is printed: one that is the bill before or after has the cents of that."""
        for known, shown in zip(self.exact, (self.before, self.after), strict=True):
            if _same(value, known, self.exact[0]):
                return shown
        return cents(value)

    def usd(self, value: float) -> str:
        """Return a bill within a sentence."""
        return usd(self.bill(value))


def printed(outcome: Outcome) -> Printed:
    """Return the cents of a simulation."""
    found = outcome.attribution
    before = cents(found.before)
    units = cents(outcome.units.monthly_saving) if outcome.units else Decimal(0)
    after = before if _same(outcome.after, found.before, found.before) else cents(outcome.after)
    saving = before - units - after
    levers = _levers([line.saving for line in outcome.levers], found.before, saving)
    naive = sum(levers["standalone_usd"], Decimal(0))
    fixed = cents(found.after - sum(line.after for line in outcome.groups))
    return Printed(
        before=before,
        after=after,
        saving=saving,
        units=units,
        naive=naive,
        interaction=saving - naive,
        overhead=sum(levers["overhead_usd"], Decimal(0)),
        fixed=fixed,
        levers=levers,
        groups=_groups(outcome.groups, before, before - saving - fixed, found.before),
        exact=(found.before, outcome.after),
    )


def _levers(savings: Sequence[Saving], bill: float, total: Decimal) -> dict[str, list[Decimal]]:
    """Return the columns of the levers; a figure that stands in two columns has the same cents in both."""
    steps = [s.waterfall for s in savings]
    in_order = allotted(steps, total)
    alone = [s.standalone for s in savings]
    naive = _adding_up(alone, steps, in_order, cents(sum(alone)), bill)
    overheads = [s.overhead for s in savings]
    return {
        "standalone_usd": naive,
        "waterfall_usd": in_order,
        "shapley_usd": _adding_up([s.shapley for s in savings], steps, in_order, total, bill),
        "last_in_usd": _alike([s.last_in for s in savings], alone, naive, bill),
        "overhead_usd": allotted(overheads, cents(sum(overheads))),
    }


def _groups(
    lines: Sequence[GroupLine], before: Decimal, after: Decimal, bill: float
) -> dict[str, list[Decimal]]:
    """Return the bills of the groups and their sums."""
    first = allotted([line.before for line in lines], before)
    exact = [line.before for line in lines]
    second = _adding_up([line.after for line in lines], exact, first, after, bill)
    return {
        "before_usd": [*first, sum(first, Decimal(0))],
        "after_usd": [*second, sum(second, Decimal(0))],
    }


def _alike(
    values: Sequence[float], known: Sequence[float], shown: Sequence[Decimal], bill: float
) -> list[Decimal]:
    """Return values in cents, those of the known ones where they are the same."""
    return [
        there if _same(value, other, bill) else cents(value)
        for value, other, there in zip(values, known, shown, strict=True)
    ]


def _adding_up(
    values: Sequence[float],
    known: Sequence[float],
    shown: Sequence[Decimal],
    total: Decimal,
    bill: float,
) -> list[Decimal]:
    """Return values in cents that add up to a total, those of the known ones where they are the same."""
    found = list(shown)
    other = [i for i, value in enumerate(values) if not _same(value, known[i], bill)]
    alike = sum((there for i, there in enumerate(shown) if i not in other), Decimal(0))
    for i, own in zip(other, allotted([values[i] for i in other], total - alike), strict=True):
        found[i] = own
    return found


def _same(one: float, other: float, scale: float) -> bool:
    return abs(one - other) <= SAME * max(1.0, abs(scale))
