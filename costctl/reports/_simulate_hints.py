"""What the plan leaves aside: models that a later, cheaper one could replace, and models that are about to go."""

from collections.abc import Sequence
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING

from costctl.reports._models import WORTH, by_model, later_of, paid_for, retirement_of
from costctl.reports._simulate_cents import percent
from costctl.simulate.plan import PlannedLever, matches

if TYPE_CHECKING:
    from costctl.store.rollup_mixes import Mix

SHOWN = 3


def hints(
    mixes: "Sequence[Mix]", levers: Sequence[PlannedLever], prices_at: datetime
) -> tuple[str, ...]:
    """Return a line per model that the plan does not move away from, the most money first."""
    total = paid_for(mixes)
    groups = by_model(mix for mix in mixes if not _swapped(mix, levers))
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
    later = later_of(uses)
    if later is None:
        return None
    line = (
        f"Not in the plan: {later.name} is a later model of the family of {model}, "
        f"{percent(1 - later.then_usd / later.now_usd)} cheaper on the same tokens; "
        f"--swap {quote(f'{model}={later.name}')}"
    )
    return later.now_usd - later.then_usd, line


def _retiring(model: str, uses: "Sequence[Mix]", prices_at: datetime) -> tuple[float, str] | None:
    """Return how much money a model that is about to go is about, and the line."""
    gone = retirement_of(uses[0], prices_at)
    if not gone:
        return None
    return paid_for(uses), f"Not in the plan: {model} ({uses[0].price_model}) {gone}"
