"""What a plan is: levers with their numbers, as a person set them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from costctl.vocabulary import Condition

SIBLING = "cheaper sibling"
"""Stands for the model that the price table names as the cheaper one of the same family."""

WEAKEST_FIRST = ("evidence", "given", "measured")
"""Where a number comes from; a lever is as good as the weakest of its numbers."""


@dataclass(frozen=True)
class Range:
    """A number that is known to lie between two others; a point where all are equal."""

    low: float
    mode: float
    high: float

    @classmethod
    def point(cls, value: float) -> "Range":
        """Return a number that is certain."""
        return cls(value, value, value)

    @property
    def is_point(self) -> bool:
        """Return whether nothing is uncertain about it; not-a-number is a point, too."""
        return not self.low < self.high


@dataclass(frozen=True)
class PlannedLever:
    """One lever of a plan.

    Attributes:
        name: unique within the plan.
        lever: its type, such as `route`.
        where: the logged usage it acts on; empty: all to which the lever applies.
        params: the numbers that were set, or that have a range by evidence.
        names: its constants, such as the model to route to.
        sources: where each number comes from: given, measured or evidence.
        unless: usage that a later setting of the same flag took over.
        flag: the command-line flag it comes from; empty for a scenario's.
        place: where it stands, for complaints: the flag, or the line of a file.
        levels: values of the first parameter to try for a target -> risk points.
        order: which requests a route takes: flat, cheapest, dearest.
        cap_tokens: longest prompt that stays whole, instead of a share saved.
    """

    name: str
    lever: str
    where: tuple[Condition, ...] = ()
    params: Mapping[str, Range] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[tuple[Condition, ...], ...] = ()
    flag: str = ""
    place: str = ""
    levels: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    order: str = "flat"
    cap_tokens: int | None = None

    @property
    def source(self) -> str:
        """Return the weakest source of its numbers."""
        found = set(self.sources.values())
        return next((source for source in WEAKEST_FIRST if source in found), "given")


@dataclass(frozen=True)
class Provisioned:
    """Provisioned throughput: units that are paid by the hour whether used or not.

    Attributes:
        where: the usage whose load the units carry.
        tpm_per_unit: input-equivalent tokens a minute that one unit serves.
        usd_per_unit_hour: what a unit costs.
        output_ratio: input-equivalents of one output token.
        min_units, step, max_units: the sizes on offer.
    """

    where: tuple[Condition, ...]
    tpm_per_unit: float
    usd_per_unit_hour: float
    output_ratio: float
    min_units: int
    step: int
    max_units: int


@dataclass(frozen=True)
class Plan:
    """Levers and the question asked about them.

    Attributes:
        target_usd: the bill that is wanted, a month.
        month: `30d` or `calendar`; None where nobody said.
        prices_at: day of the prices, as text.
        path: the file it was read from; empty for flags.
    """

    levers: tuple[PlannedLever, ...] = ()
    name: str = ""
    target_usd: Decimal | None = None
    month: str | None = None
    prices_at: str | None = None
    provisioned: Provisioned | None = None
    path: str = ""


def matches(where: tuple[Condition, ...], logged: Mapping[str, object]) -> bool:
    """Return whether every condition holds for what was logged."""
    return all(_holds(condition, _value(condition.dimension, logged)) for condition in where)


def _value(dimension: str, logged: Mapping[str, object]) -> object:
    """Return what was logged; `price_name` is the model under the name that the price table has for it."""
    if dimension == "price_name" and logged.get(dimension) is None:
        return logged.get("model")
    return logged.get(dimension)


def _holds(condition: Condition, value: object) -> bool:
    return any(_matches_one(pattern, value) for pattern in condition.patterns)


def _matches_one(pattern: str, value: object) -> bool:
    if pattern.startswith("!"):
        return value is None or not fnmatchcase(str(value), pattern[1:])
    return pattern == "*" if value is None else fnmatchcase(str(value), pattern)
