"""What a simulation found: plain values, for reports and budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from costctl.simulate.attribution import Attribution, Saving
from costctl.simulate.basis import Basis
from costctl.simulate.goal_seek import Reach
from costctl.simulate.plan import PlannedLever, Provisioned
from costctl.simulate.ptu import Sized
from costctl.simulate.uncertainty import Uncertainty
from costctl.table import Warn


@dataclass(frozen=True)
class LeverLine:
    """One lever of the plan and what it brings.

    Attributes:
        planned: as it was set, with all its numbers.
        saving: USD a month.
        params: its numbers and names as a scenario would say them.
        notes: what to know about it, the risk first.
        not_applicable: why it cannot act, or None.
    """

    planned: PlannedLever
    saving: Saving
    params: Mapping[str, object]
    notes: tuple[str, ...] = ()
    not_applicable: str | None = None


@dataclass(frozen=True)
class Band:
    """The bill if two levers meet the same calls, any calls, or as few of the same as possible."""

    levers: tuple[str, str]
    nested: float
    independent: float
    disjoint: float


@dataclass(frozen=True)
class GroupLine:
    """The month of one group without and with the plan."""

    key: tuple[object, ...]
    before: float
    after: float


@dataclass(frozen=True)
class Target:
    """Whether the plan meets a target.

    Attributes:
        usd: the bill that is wanted.
        judged: the bill that decides: at the modes, or a percentile where settings are ranges.
        statistic: `point`, `p50` or `p90`.
        reach: what it takes to reach it.
    """

    usd: Decimal
    judged: float
    statistic: str
    reach: Reach

    @property
    def met(self) -> bool:
        """Return whether the bill is no higher than wanted."""
        return self.judged <= float(self.usd) * (1 + 1e-12)

    @property
    def gap(self) -> float:
        """Return by how much the bill misses the target; negative is room left."""
        return self.judged - float(self.usd)


@dataclass(frozen=True)
class Units:
    """What provisioned throughput would do to the bill after all levers."""

    offer: Provisioned
    sized: Sized
    monthly_saving: float


@dataclass(frozen=True)
class Outcome:
    """Everything a simulation says.

    Attributes:
        by: dimensions of the groups.
        route_orders: (cheapest, dearest) bill after, where flat routing was assumed and rows can tell.
        priced: some usage has a price; without any nothing can be projected.
    """

    name: str
    basis: Basis
    attribution: Attribution
    levers: tuple[LeverLine, ...]
    by: tuple[str, ...]
    groups: tuple[GroupLine, ...]
    target: Target | None = None
    uncertainty: Uncertainty | None = None
    bands: tuple[Band, ...] = ()
    units: Units | None = None
    route_orders: tuple[float, float] | None = None
    warnings: tuple[Warn, ...] = ()
    priced: bool = True

    @property
    def after(self) -> float:
        """Return the bill with the plan, at the modes."""
        return self.attribution.after - (self.units.monthly_saving if self.units else 0.0)
