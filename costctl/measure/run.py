"""All estimators over one scope."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from costctl.groups import Rate, Wanted
from costctl.measure import refusals
from costctl.measure.base import EVERYTHING, Asked, Estimate, Estimator, Group, Measured, Settings
from costctl.measure.estimators import estimators
from costctl.store import Store, measures
from costctl.store.measures import GroupFacts
from costctl.store.rollup_mixes import Mix, mixes
from costctl.store.rollup_rates import rates_at
from costctl.vocabulary import DEFAULT_BY, Query

TIERS = ("standard", "batch")


@dataclass(frozen=True)
class Findings:
    """What all estimators found.

    Attributes:
        groups: the dearest first.
        at: the price date.
        found: each estimator with its result, along the path of a request.
    """

    groups: Sequence[Group]
    settings: Settings
    at: datetime
    found: Sequence[tuple[Estimator, Measured]]


def measure(store: Store, query: Query, at: datetime, settings: Settings) -> Findings:
    """Measure every lever's parameter over the scope, with all usage priced at one date."""
    dated = replace(query, prices_at=at, by=DEFAULT_BY)
    facts = measures.load(store, dated, settings.easy)
    offers = mixes(store, dated, at)
    groups = _with_rates(store, at, facts)
    retirements = _retirements(store, at, groups, offers)
    asked = Asked(store, groups, offers, settings, query.tz, at, retirements)
    return Findings(groups, settings, at, [(one, _measured(asked, one)) for one in estimators()])


def _with_rates(store: Store, at: datetime, facts: Sequence[GroupFacts]) -> list[Group]:
    wanted = {one: [_wanted(one, tier) for tier in TIERS] for one in facts if one.price_name}
    each = list(dict.fromkeys(want for wants in wanted.values() for want in wants))
    found = dict(zip(each, rates_at(store, at, each), strict=True)) if each else {}
    return [_group(one, [found[want] for want in wanted.get(one, ())]) for one in facts]


def _wanted(facts: GroupFacts, tier: str) -> Wanted:
    return Wanted(facts.price_name or "", tier, 0, facts.price_provider, facts.price_region)


def _group(facts: GroupFacts, rates: Sequence[Rate]) -> Group:
    if not rates:
        return Group(facts, None, batch=False)
    standard, batch = rates
    return Group(facts, standard if standard.reason is None else None, batch.reason is None)


def _measured(asked: Asked, estimator: Estimator) -> Measured:
    """Return what an estimator found; what is about no group that is listed is refused with the reason."""
    found = estimator.measure(asked)
    if found.estimates:
        return found
    reason = refusals.BEYOND if asked.generating else refusals.NOTHING_WRITES
    return Measured((Estimate(EVERYTHING, None, 0, reason),), found.details)


def _retirements(
    store: Store, at: datetime, groups: Sequence[Group], offers: Sequence[Mix]
) -> dict[str, date]:
    """Return when the models that levers could move to are retired."""
    siblings = {
        Wanted(g.rate.cheaper_sibling, provider=g.rate.price_provider, region=g.rate.price_region)
        for g in groups
        if g.rate and g.rate.cheaper_sibling
    }
    wanted = [*siblings, *{Wanted(mix.newer.name) for mix in offers if mix.newer}]
    rates = rates_at(store, at, wanted) if wanted else []
    return {rate.wanted.name: rate.retires_on for rate in rates if rate.retires_on}
