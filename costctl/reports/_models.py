"""What a report can say of a model wherever it is used: that a later and cheaper one exists, that it is about to go."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costctl.store.rollup_mixes import Mix

WORTH = 0.01
"""A line is about at least this share of the bill."""

SOON = timedelta(days=90)


class Later(NamedTuple):
    """A later and cheaper model of the same family, and what the same tokens cost now and there."""

    name: str
    now_usd: float
    then_usd: float


def by_model(mixes: "Iterable[Mix]") -> "dict[str, list[Mix]]":
    """Return the uses of each model that has a name."""
    groups: dict[str, list[Mix]] = {}
    for mix in mixes:
        if mix.model is not None:
            groups.setdefault(mix.model, []).append(mix)
    return groups


def later_of(uses: "Sequence[Mix]") -> Later | None:
    """Return the later and cheaper model that uses of one model could move to."""
    offers = [(mix.now_usd, mix.newer) for mix in uses if mix.newer and mix.now_usd]
    if not offers:
        return None
    name = offers[0][1].name
    now = sum(cost for cost, offer in offers if offer.name == name)
    then = sum(offer.cost_usd for _, offer in offers if offer.name == name)
    return Later(name, now, then)


def retirement_of(mix: "Mix", at: datetime) -> str:
    """Say when a model that is about to be retired goes, or went; empty for all others."""
    day = mix.retires_on
    if day is None or day > (at + SOON).date():
        return ""
    gone = "was to be retired" if day <= at.date() else "will be retired"
    return f"{gone} on {day:%Y-%m-%d}"


def paid_for(uses: "Iterable[Mix]") -> float:
    """Return what uses of a model have cost."""
    return sum(float(mix.paid_usd) for mix in uses)
