"""What a simulation says in sentences."""

from collections.abc import Iterator, Mapping

from costctl.levers import LEVERS
from costctl.reports._simulate_cents import CENT, Printed, cents, percent, usd
from costctl.simulate.outcome import LeverLine, Outcome, Target
from costctl.table import Warn
from costctl.words import counted

STATISTICS = {"p50": "P50 of the draws", "p90": "P90 of the draws"}


def called(line: LeverLine) -> str:
    """Return the lever's display name, and its own where it has one."""
    title = LEVERS[line.planned.lever].title
    own, _, number = line.planned.name.partition(line.planned.lever)
    if own:
        return f"{line.planned.name} ({title})"
    return f"{title} {number.lstrip('_')}".rstrip()


def names_of(outcome: Outcome) -> Mapping[str, str]:
    """Return each lever's display name by its name in the plan."""
    return {line.planned.name: called(line) for line in outcome.levers}


def head(outcome: Outcome, shown: Printed) -> Iterator[str]:
    """Yield what the projection stands on."""
    basis = outcome.basis
    days = basis.span.days
    if days is None and not outcome.priced and not basis.unpriced_requests:
        yield "No usage in this scope, so there is nothing to project."
        return
    seen = "rows without times" if days is None else f"{_days(days)} of usage"
    yield (
        f"Paid {usd(basis.paid_usd)} in {seen}; at the prices of "
        f"{basis.prices_at:%Y-%m-%d} {usd(basis.repriced_usd)}."
    )
    kind = {"invoice": "the invoice given", "calendar": "this calendar month"}
    what = kind.get(basis.scaled_by, "a month of 30 days")
    rate = " (a run rate: the span is short)" if basis.is_run_rate else ""
    yield f"Projected to {what}, times {basis.scale:,.6g}: {usd(shown.before)}{rate}."
    if basis.unpriced_requests:
        them = "it" if basis.unpriced_requests == 1 else "them"
        paid = cents(basis.outside_usd)
        out = f"the {usd(paid)} paid for {them} is not in the month" if paid else ""
        yield (
            f"{_unpriced(basis.unpriced_requests)} at that date: no lever touches {them}, and "
            f"{out or f'the month leaves {them} out'}."
        )


def foot(outcome: Outcome, shown: Printed) -> Iterator[str]:
    """Yield what the figures assume, and the verdict last."""
    names = names_of(outcome)
    for band in outcome.bands:
        if abs(shown.bill(band.nested) - shown.bill(band.disjoint)) < CENT:
            continue
        one, other = (names[name] for name in band.levers)
        yield (
            f"If {one} and {other} meet the same calls the projected bill is "
            f"{shown.usd(band.nested)}, if different ones {shown.usd(band.disjoint)}; "
            f"independent is assumed: {shown.usd(band.independent)}."
        )
    cheapest, dearest = (shown.bill(value) for value in outcome.route_orders or (0.0, 0.0))
    if abs(cheapest - dearest) >= CENT:
        yield (
            f"If the routed calls are the cheapest ones the projected bill is {usd(cheapest)}, "
            f"if the dearest {usd(dearest)}; --route-order decides."
        )
    yield _verdict_line(outcome, shown)


def _verdict_line(outcome: Outcome, shown: Printed) -> str:
    if not outcome.priced:
        return "Nothing can be projected: no usage here has a price."
    bill = f"Projected bill {usd(shown.after)} a month{_change(shown)}{_spread(outcome, shown)}"
    target = outcome.target
    return f"{bill}." if target is None else f"{bill}: {_judged(target, outcome, shown)}"


def _change(shown: Printed) -> str:
    """Say how much less or more that is; of a bill below half a cent no percentage means anything."""
    saved = shown.before - shown.after
    if not saved:
        return ""
    share = f" or {percent(abs(saved) / shown.before)}" if shown.before else ""
    return f", {usd(abs(saved))}{share} {'less' if saved > 0 else 'more'}"


def _spread(outcome: Outcome, shown: Printed) -> str:
    found = outcome.uncertainty
    if found is None:
        return ""
    low, high = (shown.usd(value) for value in (found.independent.p10, found.independent.p90))
    return f" (8 of 10 draws between {low} and {high})"


def _judged(target: Target, outcome: Outcome, shown: Printed) -> str:
    """Return whether the target is met, by how much, and how likely that is."""
    goal = f"target {usd(target.usd)}"
    judged = shown.bill(target.judged)
    by = STATISTICS.get(target.statistic)
    at = f" at {usd(judged)}, the {by}," if by else ""
    gap = judged - cents(target.usd)
    if target.met:
        verdict = f"{goal} met{at or ','} {usd(max(-gap, cents(0)))} to spare"
    else:
        verdict = f"{goal} missed{at} by {usd(gap) if gap >= CENT else 'less than a cent'}"
    found = outcome.uncertainty
    met = found.independent.met if found else None
    return f"{verdict}." if met is None else f"{verdict}; {percent(met)} of the draws meet it."


def warnings(outcome: Outcome) -> Iterator[Warn]:
    """Yield what the reader must not overlook."""
    yield from outcome.warnings
    basis = outcome.basis
    if basis.is_run_rate:
        yield Warn(
            "run_rate",
            f"a month projected from {_days(basis.span.days or 0)} is a run rate, no forecast",
        )
    if basis.unpriced_requests:
        yield Warn("unpriced", _unpriced(basis.unpriced_requests))


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:,.4g} days"


def _unpriced(requests: int) -> str:
    """Say how many calls have no price; answers of a cache were none, and are not among them."""
    return counted(requests, "billed request has no price", "billed requests have no price")
