"""What the plan leaves aside: models that a later, cheaper one could replace, and models that are about to go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING

from costctl.reports._simulate_cents import percent
from costctl.simulate.plan import PlannedLever, matches

if TYPE_CHECKING:
    from costctl.store.rollup_mixes import Mix

WORTH = 0.01
"""A line is about at least this share of the bill."""

SOON = timedelta(days=90)
SHOWN = 3


def hints(
    mixes: "Sequence[Mix]", levers: Sequence[PlannedLever], prices_at: datetime
) -> tuple[str, ...]:
    """Return a line per model that the plan does not move away from, the most money first."""
    total = sum(float(mix.paid_usd) for mix in mixes)
    groups: dict[str, list[Mix]] = {}
    for mix in mixes:
        if mix.model is not None and not _swapped(mix, levers):
            groups.setdefault(mix.model, []).append(mix)
    found = [
        line
        for model, uses in groups.items()
        for line in (_newer(model, uses) or _retiring(model, uses, prices_at),)
        if line and line[0] >= WORTH * total
    ]
    return tuple(line for _, line in sorted(found, key=lambda one: (-one[0], one[1])))[:SHOWN]


def _swapped(mix: "Mix", levers: Sequence[PlannedLever]) -> bool:
    logged = {
        "endpoint": mix.endpoint,
        "model": mix.model,
        "tier": mix.tier,
        "price_name": mix.price_model,
    }
    return any(lever.lever == "swap" and matches(lever.where, logged) for lever in levers)


def _newer(model: str, uses: "Sequence[Mix]") -> tuple[float, str] | None:
    """Return how much money a later and cheaper model is about, and the line."""
    offers = [(mix.now_usd, mix.newer) for mix in uses if mix.newer and mix.now_usd]
    if not offers:
        return None
    name = offers[0][1].name
    now = sum(cost for cost, offer in offers if offer.name == name)
    then = sum(offer.cost_usd for _, offer in offers if offer.name == name)
    line = (
        f"Not in the plan: {name} is a later model of the family of {model}, {percent(1 - then / now)} "
        f"cheaper on the same tokens; --swap {quote(f'{model}={name}')}"
    )
    return now - then, line


def _retiring(model: str, uses: "Sequence[Mix]", prices_at: datetime) -> tuple[float, str] | None:
    """Return how much money a model that is about to go is about, and the line."""
    day = uses[0].retires_on
    if day is None or day > (prices_at + SOON).date():
        return None
    gone = "was to be retired" if day <= prices_at.date() else "will be retired"
    weight = sum(float(mix.paid_usd) for mix in uses)
    return weight, f"Not in the plan: {model} ({uses[0].price_model}) {gone} on {day:%Y-%m-%d}"
