"""Negotiated discounts: the most specific one applies, they never add up."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from costctl.pricebook.facts import Discount
from costctl.pricebook.layers import Findings
from costctl.pricebook.tables import PRICE_CLASSES
from costctl.pricebook.timeline import START, Stretch, in_turn

NOT_UNLESS_NAMED = frozenset({"batch", "flex", "priority"})
"""Service tiers that a discount leaves alone unless its `tier` names them."""

Scope = tuple[str | None, str | None, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Discounts:
    """Finds what is off a price; a later discount of the same scope replaces the earlier one."""

    def __init__(self, stated: Iterable[Discount], findings: Findings) -> None:
        self.findings = findings
        scopes: dict[Scope, list[Discount]] = {}
        for discount in stated:
            scopes.setdefault(_scope(discount), []).append(discount)
        self.stretches = [s for same in scopes.values() for s in self._in_turn(same)]
        self.told: set[tuple[object, object]] = set()

    def _in_turn(self, same: list[Discount]) -> list[Stretch[Discount]]:
        first: dict[datetime, Discount] = {}
        for discount in same:
            start = discount.start or START
            if start in first:
                what = f"the same discount scope from {discount.start or 'null'} stands twice"
                self.findings.add(discount.place, f"{what}; first: {first[start].place}")
            first.setdefault(start, discount)
        return in_turn((d.start, d.stop, d) for d in first.values())

    def matching(
        self, provider: str, names: Iterable[str], region: str, tier: str
    ) -> list[Stretch[Discount]]:
        """Return the discounts that may act on a model's price sets in a region and service tier."""
        known = tuple(names)
        return [s for s in self.stretches if _matches(s.what, provider, known, region, tier)]

    def shares(
        self, matching: Iterable[Stretch[Discount]], moment: datetime
    ) -> tuple[dict[str, Decimal], tuple[Discount, ...]]:
        """Return the share off each class at a moment, and the discounts that act."""
        active = [s.what for s in matching if s.start <= moment < s.end]
        found: dict[str, Decimal] = {}
        acting: list[Discount] = []
        for name in PRICE_CLASSES if active else ():
            fitting = [d for d in active if not d.classes or name in d.classes]
            best = self._most_specific(fitting)
            if best:
                found[name] = best.share
                acting += [best] if best not in acting else []
        return found, tuple(acting)

    def _most_specific(self, fitting: list[Discount]) -> Discount | None:
        if not fitting:
            return None
        ranked = sorted(fitting, key=_rank, reverse=True)
        if len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1]):
            first, second = sorted(ranked[:2], key=lambda d: (d.place.file, d.place.line))
            if (first.place, second.place) not in self.told:
                self.told.add((first.place, second.place))
                what = (
                    f"as specific as the discount at {first.place}, and both act on the same price"
                )
                self.findings.add(second.place, f"{what}; narrow one of them")
        return ranked[0]


def _scope(discount: Discount) -> Scope:
    return (
        discount.provider,
        discount.model,
        tuple(sorted(discount.classes)),
        tuple(sorted(discount.tiers)),
        tuple(sorted(discount.regions)),
    )


def _rank(discount: Discount) -> tuple[int, bool]:
    """Return how specific a discount is: scopes that it names, then a model named exactly."""
    exact = discount.model is not None and not set(discount.model) & set("*?[")
    return sum(1 for part in _scope(discount) if part), exact


def _matches(
    discount: Discount, provider: str, names: tuple[str, ...], region: str, tier: str
) -> bool:
    if discount.provider and discount.provider != provider:
        return False
    if discount.regions and region not in discount.regions:
        return False
    if tier not in discount.tiers and (discount.tiers or tier in NOT_UNLESS_NAMED):
        return False
    model = discount.model
    return model is None or any(fnmatchcase(name, model) for name in names)
