"""What price files state, as values; times are naive UTC and None is an open end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Moment = datetime | None


@dataclass(frozen=True)
class Place:
    """Where something is stated."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Block:
    """Stated prices per million, by class; 0 means that the file says `free`."""

    figures: Mapping[str, Decimal]
    place: Place


@dataclass(frozen=True)
class PromptTier:
    """Blocks by service tier that hold for the whole request from a prompt size on."""

    min_prompt_tokens: int
    blocks: Mapping[str, Block]
    place: Place


@dataclass(frozen=True)
class Blocks:
    """Blocks by service tier, and their long-prompt tiers in rising order."""

    blocks: Mapping[str, Block] = field(default_factory=dict)
    tiers: tuple[PromptTier, ...] = ()

    @property
    def service_tiers(self) -> frozenset[str]:
        """Return the service tiers that are priced at any prompt size."""
        return frozenset(self.blocks).union(*(tier.blocks for tier in self.tiers))

    def steps(self, service_tier: str) -> list[tuple[int, Block]]:
        """Return the blocks of a service tier with the prompt size each begins at."""
        base = self.blocks.get(service_tier)
        found = [(0, base)] if base else []
        for tier in self.tiers:
            block = tier.blocks.get(service_tier)
            if block:
                found.append((tier.min_prompt_tokens, block))
        return found


@dataclass(frozen=True)
class DayWindow:
    """Hours of some weekdays with blocks of their own; `hours` are minutes of the day, half-open."""

    name: str
    weekdays: tuple[int, ...]
    tz: str
    hours: tuple[tuple[int, int], ...]
    except_dates: tuple[date, ...]
    prices: Blocks
    place: Place


@dataclass(frozen=True)
class RegionPrices:
    """What a period says of one region: a factor, stated figures, or both."""

    uplift: Decimal | None
    prices: Blocks
    place: Place


@dataclass(frozen=True)
class Source:
    """Where figures are from; `confidence` is about their dates."""

    url: str
    retrieved: date
    checked: date | None = None
    confidence: str = "medium"
    conflict: str | None = None

    @property
    def confirmed(self) -> date:
        """Return the last day on which the figures were seen."""
        return self.checked or self.retrieved


@dataclass(frozen=True)
class Period:
    """One stretch of unchanged prices of a model."""

    start: Moment
    stop: Moment
    first_seen: Moment
    prices: Blocks
    windows: tuple[DayWindow, ...]
    regions: Mapping[str, RegionPrices]
    source: Source
    place: Place
    scheduled: bool = False
    announced: date | None = None
    confirmed: date | None = None
    withdrawn: date | None = None
    ack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pointer:
    """From `start` on, a name means `to`."""

    to: str
    start: Moment
    place: Place


@dataclass(frozen=True)
class Model:
    """An entry of a price file; None where the file says nothing."""

    id: str
    place: Place
    kind: str | None = None
    family: str | None = None
    released: date | None = None
    retires_on: date | None = None
    siblings: tuple[Pointer, ...] = ()
    prompt_cache_min_tokens: int | None = None
    aliases: tuple[str, ...] = ()
    alias_of: tuple[Pointer, ...] = ()
    inherits: str | None = None
    periods: tuple[Period, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Uplift:
    """A factor on list prices from a moment on."""

    factor: Decimal
    start: Moment
    place: Place


@dataclass(frozen=True)
class Region:
    """A region of a provider; `fixed` means that its tokens are paid by the hour, not by count."""

    name: str
    place: Place
    uplifts: tuple[Uplift, ...] = ()
    prefixes: tuple[str, ...] = ()
    fixed: bool = False


@dataclass(frozen=True)
class ProviderFile:
    """One provider as one layer states it."""

    provider: str
    place: Place
    names: tuple[str, ...] = ()
    home: bool = False
    default_region: str | None = None
    strip_prefixes: tuple[str, ...] = ()
    regions: Mapping[str, Region] = field(default_factory=dict)
    extends: str | None = None
    tiers_known: tuple[str, ...] = ()
    models: tuple[Model, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """The user's entry: this deployment serves that model from then on."""

    deployment: str
    resource: str | None
    provider: str
    model: str
    region: str | None
    start: Moment
    place: Place


@dataclass(frozen=True)
class Discount:
    """A negotiated share off the list price, within its scope; empty scopes match everything."""

    share: Decimal
    start: Moment
    stop: Moment
    place: Place
    provider: str | None = None
    model: str | None = None
    classes: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class FixedLine:
    """A cost that no token moves: a commitment, or provisioned units by the hour."""

    kind: str
    start: Moment
    stop: Moment
    place: Place
    provider: str | None = None
    deployment: str | None = None
    monthly_usd: Decimal | None = None
    units: Decimal | None = None
    usd_per_unit_hour: Decimal | None = None
    source: str | None = None


@dataclass(frozen=True)
class Overrides:
    """What the user's configuration says besides layers.

    Attributes:
        default_place: where `default_provider` is stated.
    """

    default_provider: str | None = None
    default_place: Place | None = None
    deployments: tuple[Deployment, ...] = ()
    discounts: tuple[Discount, ...] = ()
    fixed: tuple[FixedLine, ...] = ()
