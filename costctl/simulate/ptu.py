"""Provisioned throughput: how many units, paid by the hour, would be cheapest for a load."""

from collections.abc import Sequence
from dataclasses import dataclass

from costctl.simulate.plan import Provisioned

MINUTES = 60


@dataclass(frozen=True)
class Sized:
    """What each number of units costs over the hours of the load.

    Attributes:
        costs: units -> USD.
        best: the cheapest; of equals, the fewest.
        paid_by_token: what the load costs without units.
    """

    costs: dict[int, float]
    best: int

    @property
    def paid_by_token(self) -> float:
        """Return the cost without any unit."""
        return self.costs[0]

    @property
    def saving(self) -> float:
        """Return what the best number of units saves."""
        return self.costs[0] - self.costs[self.best]


def sizes(offer: Provisioned) -> list[int]:
    """Return the numbers of units on offer; none is always one of them."""
    return [0, *range(offer.min_units, offer.max_units + 1, offer.step)]


def provision(
    hourly_input_equivalents: Sequence[float], usd_per_token: float, offer: Provisioned
) -> Sized:
    """Return what each number of units costs; load above them is paid by the token.

    This is a function of the whole load, not of one group after the other, so it comes after all levers.
    """
    hours = len(hourly_input_equivalents)
    costs = {}
    for units in sizes(offer):
        served = MINUTES * offer.tpm_per_unit * units
        over = sum(max(0.0, load - served) for load in hourly_input_equivalents)
        costs[units] = units * offer.usd_per_unit_hour * hours + over * usd_per_token
    return Sized(costs, min(costs, key=lambda units: (costs[units], units)))
