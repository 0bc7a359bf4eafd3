"""What a simulation says in sentences."""

from collections.abc import Iterator

from costctl.simulate.outcome import Outcome
from costctl.table import Warn

CENT = 0.01


def usd(value: float) -> str:
    """Return money within a sentence."""
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def head(outcome: Outcome) -> Iterator[str]:
    """Yield what the projection stands on."""
    basis = outcome.basis
    days = basis.span.days
    seen = "rows without times" if days is None else f"{days:,.4g} days of usage"
    yield (
        f"Paid {usd(float(basis.paid_usd))} in {seen}; at the prices of "
        f"{basis.prices_at:%Y-%m-%d} {usd(float(basis.repriced_usd))}."
    )
    kind = {"invoice": "the invoice given", "calendar": "this calendar month"}
    what = kind.get(basis.scaled_by, "a month of 30 days")
    rate = " (a run rate: the span is short)" if basis.is_run_rate else ""
    yield f"Projected to {what}, times {basis.scale:,.6g}: {usd(basis.baseline_usd)}{rate}."
    if basis.unpriced_requests:
        yield (
            f"{basis.unpriced_requests:,} requests have no price at that date: no lever touches them, "
            f"and {usd(float(basis.outside_usd))} that they cost is not in the month."
        )


def foot(outcome: Outcome) -> Iterator[str]:
    """Yield what the figures assume, and the verdict last."""
    for band in outcome.bands:
        yield (
            f"If {band.levers[0]} and {band.levers[1]} meet the same calls the projected bill is "
            f"{usd(band.nested)}, if different ones {usd(band.disjoint)}; "
            f"independent is assumed: {usd(band.independent)}."
        )
    cheapest, dearest = outcome.route_orders or (0.0, 0.0)
    if abs(cheapest - dearest) >= CENT:
        yield (
            f"If the routed calls are the cheapest ones the projected bill is {usd(cheapest)}, "
            f"if the dearest {usd(dearest)}; --route-order decides."
        )
    yield _verdict_line(outcome)


def _verdict_line(outcome: Outcome) -> str:
    found = outcome.attribution
    share = f" ({found.combined / found.before:.1%} less)" if found.before else ""
    bill = f"Projected bill {usd(outcome.after)} a month{share}"
    target = outcome.target
    if target is None:
        return f"{bill}."
    judged = (
        ""
        if target.statistic == "point"
        else f" by {target.statistic.upper()} {usd(target.judged)}"
    )
    goal = f"target {usd(float(target.usd))}"
    if target.met:
        return f"{bill}: {goal} met{judged}, {usd(-target.gap)} to spare."
    return f"{bill}: {goal} missed{judged} by {usd(target.gap)}."


def warnings(outcome: Outcome) -> Iterator[Warn]:
    """Yield what the reader must not overlook."""
    yield from outcome.warnings
    basis = outcome.basis
    if basis.is_run_rate:
        yield Warn(
            "run_rate",
            f"a month projected from {basis.span.days:,.4g} days is a run rate, no forecast",
        )
    if basis.unpriced_requests:
        yield Warn("unpriced", f"{basis.unpriced_requests:,} requests have no price")
