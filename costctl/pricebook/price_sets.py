"""One price set: a period in one region and service tier, as steps of prompt size per day window."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from costctl.pricebook.book import GLOBAL, Provider
from costctl.pricebook.facts import Blocks, DayWindow, Period, Place
from costctl.pricebook.rates import ONE, scaled
from costctl.pricebook.tables import TOKEN_PRICES
from costctl.pricebook.timeline import END, START, Stretch, at, in_turn

BASE_MINUTE = -1
_DAY = 1440

Figures = Mapping[str, Decimal]


@dataclass(frozen=True)
class Step:
    """Prices per million from a prompt size on, inheritance not yet filled in."""

    min_prompt_tokens: int
    figures: Figures
    place: Place


@dataclass(frozen=True)
class PriceSet:
    """What a period charges in one region and service tier.

    Attributes:
        base: outside every window.
        windows: steps of each window that has prices of its own for the service tier.
        factor: of the region; None where all figures are stated.
    """

    base: tuple[Step, ...]
    windows: tuple[tuple[DayWindow, tuple[Step, ...]], ...]
    factor: Decimal | None


def uplifts(provider: Provider, region: str) -> list[Stretch[Decimal]]:
    """Return the factors of a region over time; list prices are those of `global`."""
    stated = provider.regions.get(region)
    if stated and stated.uplifts:
        return in_turn((u.start, None, u.factor) for u in stated.uplifts)
    if region == GLOBAL or stated is None:
        return [Stretch(START, END, ONE)]
    return []


def service_tiers(period: Period) -> list[str]:
    """Return every service tier that a period prices anywhere."""
    parts: list[Blocks] = [period.prices]
    parts += [window.prices for window in period.windows]
    parts += [region.prices for region in period.regions.values()]
    return sorted(frozenset().union(*(part.service_tiers for part in parts)))


def price_set(
    period: Period, region: str, tier: str, factors: list[Stretch[Decimal]], moment: datetime
) -> PriceSet | None:
    """Return the prices at a moment, None where the region or the service tier has none."""
    stated = period.regions.get(region)
    factor = stated.uplift if stated and stated.uplift else at(factors, moment)
    own = _steps(stated.prices, tier, ONE) if stated else ()
    if factor is None:
        return PriceSet(own, (), None) if own else None
    base = _replaced(_steps(period.prices, tier, factor), own)
    windows = tuple(
        (window, _steps(window.prices, tier, factor, _carried(base)))
        for window in period.windows
        if tier in window.prices.service_tiers
    )
    return PriceSet(base, windows, factor) if base or windows else None


def _steps(
    prices: Blocks, tier: str, factor: Decimal, carried: Figures | None = None
) -> tuple[Step, ...]:
    """Return a service tier's steps; what is priced per call or request holds at every prompt size."""
    found: list[Step] = []
    rest = dict(carried or {})
    for size, block in prices.steps(tier):
        figures = rest | scaled(block.figures, factor)
        rest = rest or _per_call(figures)
        found.append(Step(size, figures, block.place))
    return tuple(found)


def _carried(base: tuple[Step, ...]) -> Figures:
    return _per_call(base[0].figures) if base else {}


def _per_call(figures: Figures) -> dict[str, Decimal]:
    return {name: price for name, price in figures.items() if name not in TOKEN_PRICES}


def _replaced(multiplied: tuple[Step, ...], stated: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return multiplied steps with stated figures in place of the multiplied ones, figure by figure."""
    found = {step.min_prompt_tokens: step for step in multiplied}
    for step in stated:
        below = found.get(step.min_prompt_tokens)
        figures = {**below.figures, **step.figures} if below else step.figures
        found[step.min_prompt_tokens] = Step(step.min_prompt_tokens, figures, step.place)
    return tuple(found[size] for size in sorted(found))


def week(windows: tuple[DayWindow, ...]) -> list[tuple[int, int | None]]:
    """Return the minutes of the local week at which prices change, and the index of the window from then on.

    None is outside every window; the first step is at minute -1 and is None.
    """
    spans = sorted(
        ((day - 1) * _DAY + start, (day - 1) * _DAY + end, index)
        for index, window in enumerate(windows)
        for day in window.weekdays
        for start, end in window.hours
    )
    steps: dict[int, int | None] = {BASE_MINUTE: None}
    for start, end, index in spans:
        steps[start] = index
        steps.setdefault(end, None)
    return [(minute, steps[minute]) for minute in sorted(steps) if minute < 7 * _DAY]
