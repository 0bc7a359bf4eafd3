"""Why a bill changed: volume, mix, tokens per request and price, adding up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

DIGITS = 60
ZERO = Decimal(0)
PLACES = Decimal("1e-18")
EFFECTS = ("volume", "mix", "tokens", "price")


@dataclass(frozen=True)
class Group:
    """One side of a group: what it used and what that cost.

    Attributes:
        requests: billable ones.
        tokens: sum of each disjoint token class.
        class_cost_usd: what each class cost; the rest of `cost_usd` counts as price.
        priced: False where nothing of it has a price, so that its cost of 0 means unknown.
        rates: table price per token of classes, for those that the other side alone used.
    """

    requests: int = 0
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost_usd: Decimal = ZERO
    class_cost_usd: Mapping[str, Decimal] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    priced: bool = True


@dataclass(frozen=True)
class Difference:
    """The change of one group, explained.

    Attributes:
        label: `new`, `removed` or `changed`.
        before, after: None where the group is absent.
        volume, mix, tokens, price: USD; their sum is exactly after - before.
    """

    key: tuple[object, ...]
    label: str
    before: Group | None
    after: Group | None
    volume: Decimal
    mix: Decimal
    tokens: Decimal
    price: Decimal

    @property
    def delta_usd(self) -> Decimal:
        """Return after - before."""
        return _cost(self.after) - _cost(self.before)

    @property
    def share(self) -> Decimal | None:
        """Return the change as a share of the base; None without one."""
        base = _cost(self.before)
        return self.delta_usd / base if base else None


Key = tuple[object, ...]


def explain(before: Mapping[Key, Group], after: Mapping[Key, Group]) -> list[Difference]:
    """Return the difference of each group, the largest change first."""
    requests = (
        sum(group.requests for group in before.values()),
        sum(group.requests for group in after.values()),
    )
    keys = sorted({*before, *after}, key=repr)
    with localcontext(prec=DIGITS):
        found = [_difference(key, before.get(key), after.get(key), requests) for key in keys]
        return sorted(found, key=lambda d: -abs(d.delta_usd))


def _difference(
    key: Key, before: Group | None, after: Group | None, requests: tuple[int, int]
) -> Difference:
    label = "new" if before is None else "removed" if after is None else "changed"
    volume, mix = _volume_and_mix(before, after, requests)
    tokens = _tokens(before, after)
    delta = _cost(after) - _cost(before)
    # Rounded first, so that the remainder makes the sum exact to the last digit.
    volume, mix, tokens = (value.quantize(PLACES) for value in (volume, mix, tokens))
    return Difference(key, label, before, after, volume, mix, tokens, delta - volume - mix - tokens)


def _volume_and_mix(
    before: Group | None, after: Group | None, requests: tuple[int, int]
) -> tuple[Decimal, Decimal]:
    """Return what more requests, and another share of them, explain at the old cost per request."""
    total_0, total_1 = requests
    n_0 = before.requests if before else 0
    n_1 = after.requests if after else 0
    if before and n_0:
        each = before.cost_usd / n_0
        expected = Decimal(n_0) * total_1 / total_0
        return each * (expected - n_0), each * (n_1 - expected)
    if before is None and after:
        # Beside no usage at all there is no mix that could have changed.
        return (ZERO, after.cost_usd) if total_0 else (after.cost_usd, ZERO)
    if after is None and before:
        return -before.cost_usd, ZERO
    return ZERO, ZERO


def _tokens(before: Group | None, after: Group | None) -> Decimal:
    """Return what longer or shorter requests explain, at the old price of each class."""
    if before is None or after is None:
        return ZERO
    total = ZERO
    for name in sorted({*before.tokens, *after.tokens}):
        now, base = after.tokens.get(name, 0), before.tokens.get(name, 0)
        expected = Decimal(base) * after.requests / before.requests if before.requests else base
        total += (now - expected) * _old_price(name, base, before)
    return total


def _old_price(name: str, base: int, before: Group) -> Decimal:
    if base:
        return before.class_cost_usd.get(name, ZERO) / base
    return before.rates.get(name, ZERO)


def _cost(group: Group | None) -> Decimal:
    return group.cost_usd if group else ZERO


def total_effects(differences: Sequence[Difference]) -> dict[str, Decimal]:
    """Return the sum of each effect."""
    with localcontext(prec=DIGITS):
        return {name: sum((getattr(d, name) for d in differences), ZERO) for name in EFFECTS}
