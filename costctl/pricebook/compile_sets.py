"""Price sets as rows: periods, steps of the week, and rates; equal rates from one place are kept once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from costctl.pricebook.facts import Discount, Period, Place
from costctl.pricebook.layers import Findings
from costctl.pricebook.price_sets import BASE_MINUTE, PriceSet, Step, week
from costctl.pricebook.rates import Rates, TooManyDecimalsError, rates
from costctl.pricebook.tables import PRICE_CLASSES, Row

Shares = Mapping[str, Decimal]


@dataclass(frozen=True)
class SetKey:
    """Whose price set it is."""

    provider: str
    model: str
    region: str
    tier: str


@dataclass(frozen=True)
class Offer:
    """A row of `price_book` before it has a name: which price set holds."""

    region: str
    tier: str
    period: int
    first_seen: datetime | None
    tz: str | None
    except_dates: tuple[date, ...]
    basis: str
    model: str


class PriceSets:
    """Collects the rows of price sets and numbers them."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.rows: dict[str, list[Row]] = {
            "price_periods": [],
            "price_steps": [],
            "price_rates": [],
        }
        self.variants: dict[object, int] = {}
        self.fixed: dict[tuple[str, str], int] = {}

    @property
    def windowed(self) -> bool:
        """Return whether any price set changes within the day."""
        return any(row[1] != BASE_MINUTE for row in self.rows["price_steps"])

    @property
    def tiered(self) -> bool:
        """Return whether any price set has a long-prompt tier."""
        return any(row[1] for row in self.rows["price_rates"])

    def add(
        self,
        key: SetKey,
        period: Period,
        prices: PriceSet,
        shares: Shares,
        acting: tuple[Discount, ...],
    ) -> Offer:
        """Add a price set and return what names may offer it as."""
        number = self._period(key, period, prices.factor, acting)
        base = self._variant(prices.base, shares)
        inside = [self._variant(steps, shares) for _, steps in prices.windows]
        windows = tuple(window for window, _ in prices.windows)
        for minute, index in week(windows):
            variant = base if index is None else inside[index]
            name = None if index is None else windows[index].name
            self.rows["price_steps"].append((number, minute, variant, name))
        first = windows[0] if windows else None
        return Offer(
            region=key.region,
            tier=key.tier,
            period=number,
            first_seen=period.first_seen,
            tz=first.tz if first else None,
            except_dates=first.except_dates if first else (),
            basis="exact",
            model=key.model,
        )

    def free(self, key: SetKey, place: Place) -> Offer:
        """Return the price set of provisioned units: nothing a token, at any time."""
        owner = (key.provider, key.region)
        if owner not in self.fixed:
            number = self.fixed[owner] = len(self.rows["price_periods"]) + 1
            nothing = Step(0, dict.fromkeys(PRICE_CLASSES, Decimal(0)), place)
            self.rows["price_steps"].append(
                (number, BASE_MINUTE, self._variant((nothing,), {}), None)
            )
            about = (number, key.provider, None, key.region, None, None, None, None, False)
            self.rows["price_periods"].append((*about, *[None] * 5, (), place.file, place.line))
        number = self.fixed[owner]
        return Offer(key.region, key.tier, number, None, None, (), "fixed", key.model)

    def _period(
        self, key: SetKey, period: Period, factor: Decimal | None, acting: tuple[Discount, ...]
    ) -> int:
        number = len(self.rows["price_periods"]) + 1
        source = period.source
        row = (
            number,
            key.provider,
            key.model,
            key.region,
            key.tier,
            period.start,
            factor,
            "; ".join(_told(discount) for discount in acting) or None,
            period.scheduled and period.confirmed is None,
            source.url,
            source.retrieved,
            source.checked,
            source.confidence,
            source.conflict,
            period.ack,
            period.place.file,
            period.place.line,
        )
        self.rows["price_periods"].append(row)
        return number

    def _variant(self, steps: tuple[Step, ...], shares: Shares) -> int:
        key = (
            tuple((s.min_prompt_tokens, s.place, tuple(sorted(s.figures.items()))) for s in steps),
            tuple(sorted(shares.items())),
        )
        if key not in self.variants:
            self.variants[key] = len(self.variants) + 1
            for step in steps:
                self._rates(self.variants[key], step, shares)
        return self.variants[key]

    def _rates(self, variant: int, step: Step, shares: Shares) -> None:
        try:
            full = rates(step.figures, {})
            net = rates(step.figures, shares) if shares else full
        except TooManyDecimalsError as error:
            what = f"{error} USD a token after region and discount: more than 18 decimals"
            self.findings.add(step.place, what)
            return
        self.rows["price_rates"].append(_rate_row(variant, step, net, full))


def _rate_row(variant: int, step: Step, net: Rates, full: Rates) -> Row:
    return (
        variant,
        step.min_prompt_tokens,
        *net.by_class,
        *full.by_class,
        net.inherited,
        dict(net.units),
        dict(full.units),
        step.place.file,
        step.place.line,
    )


def _told(discount: Discount) -> str:
    source = f" ({discount.source})" if discount.source else ""
    return f"{discount.share} off{source} {discount.place}"
