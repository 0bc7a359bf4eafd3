"""Unit metrics: what each divides by what, exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from costctl.baseline import BaselineRow
from costctl.vocabulary import PROMPT_CLASSES, Spent

DIGITS = 50
"""Enough that a rounded quotient never lands on the wrong side of a threshold."""


@dataclass(frozen=True)
class Totals:
    """Sums over a scope; everything a unit metric needs."""

    requests: int = 0
    billable_requests: int = 0
    cache_hits: int = 0
    unpriced_requests: int = 0
    total_tokens: int = 0
    prompt_tokens: int = 0
    cache_read: int = 0
    output: int = 0
    cost_usd: Decimal = Decimal(0)
    users: int = 0
    user_cost_usd: Decimal = Decimal(0)

    def __add__(self, other: "Totals") -> "Totals":
        """Return the sums of both."""
        names = self.__dataclass_fields__
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in names})


def totals(spent: Sequence[Spent], users: Sequence[Spent] = ()) -> Totals:
    """Return the sums of the groups; `users` are the same rows grouped by user."""
    named = [s for s in users if s.key[0] is not None and s.billable_requests]
    found = Totals(users=len(named), user_cost_usd=_cost(named))
    for s in spent:
        found += totals_of(s)
    return found


def totals_of(group: Spent | BaselineRow) -> Totals:
    """Return the sums of one group, of now or of a baseline."""
    tokens = group.tokens
    return Totals(
        requests=group.requests or 0,
        billable_requests=group.billable_requests,
        cache_hits=group.cache_hits,
        unpriced_requests=group.unpriced_requests,
        total_tokens=tokens.total,
        prompt_tokens=sum(getattr(tokens, name) for name in PROMPT_CLASSES),
        cache_read=tokens.cache_read,
        output=tokens.output,
        cost_usd=group.cost_usd or Decimal(0),
    )


def _cost(spent: Sequence[Spent]) -> Decimal:
    return sum((s.cost_usd or Decimal(0) for s in spent), Decimal(0))


@dataclass(frozen=True)
class Metric:
    """A ratio with its definition in words.

    Attributes:
        name: as budget files write it.
        unit: what a figure of it is counted in.
        definition: printed beside the figure.
        above, below: the two sides of the division.
        times: factor on the quotient.
        priced: whether unpriced usage makes it wrong.
        sample: the count that `min_requests` is compared with.
    """

    name: str
    unit: str
    definition: str
    above: Callable[[Totals], Decimal | int]
    below: Callable[[Totals], Decimal | int]
    times: int = 1
    priced: bool = True
    sample: Callable[[Totals], int] = lambda t: t.billable_requests

    def value(self, of: Totals) -> Decimal | None:
        """Return the ratio; None where there is nothing to divide by."""
        below = self.below(of)
        if not below:
            return None
        with localcontext(prec=DIGITS):
            return Decimal(self.above(of)) * self.times / Decimal(below)

    @property
    def is_share(self) -> bool:
        """Return whether its figures lie between 0 and 1."""
        return self.unit == "share"


def _all_requests(of: Totals) -> int:
    return of.requests


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "cost_per_request",
            "USD",
            "cost per billable request",
            lambda t: t.cost_usd,
            lambda t: t.billable_requests,
        ),
        Metric(
            "cost_per_1k_requests",
            "USD",
            "cost per 1,000 billable requests",
            lambda t: t.cost_usd,
            lambda t: t.billable_requests,
            times=1_000,
        ),
        Metric(
            "cost_per_1m_tokens",
            "USD",
            "cost per 1,000,000 tokens",
            lambda t: t.cost_usd,
            lambda t: t.total_tokens,
            times=1_000_000,
        ),
        Metric(
            "cost_per_user",
            "USD",
            "cost of requests that name a user, per distinct user",
            lambda t: t.user_cost_usd,
            lambda t: t.users,
        ),
        Metric(
            "tokens_per_request",
            "tokens",
            "tokens per billable request",
            lambda t: t.total_tokens,
            lambda t: t.billable_requests,
            priced=False,
        ),
        Metric(
            "output_share",
            "share",
            "output tokens / tokens",
            lambda t: t.output,
            lambda t: t.total_tokens,
            priced=False,
        ),
        Metric(
            "cache_hit_rate",
            "share",
            "gateway cache hits / all requests",
            lambda t: t.cache_hits,
            _all_requests,
            priced=False,
            sample=_all_requests,
        ),
        Metric(
            "cached_share",
            "share",
            "input read from the provider's cache / prompt tokens",
            lambda t: t.cache_read,
            lambda t: t.prompt_tokens,
            priced=False,
        ),
        Metric(
            "unpriced_share",
            "share",
            "requests without a price / all requests",
            lambda t: t.unpriced_requests,
            _all_requests,
            priced=False,
            sample=_all_requests,
        ),
    )
}

COST = Metric("cost", "USD", "cost", lambda t: t.cost_usd, lambda _: 1, sample=_all_requests)
"""The plain total, which only a comparison with a baseline judges."""

COMPARED = METRICS | {"cost": COST}
