"""Exact rates: stated prices per million, times a region's factor, less a discount, per token."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation

from costctl.pricebook.tables import RATE_CLASSES, TOKEN_PRICES

EXACT = Context(prec=120, traps=[Inexact, InvalidOperation])
"""Refuses to round: a result that would need it raises instead."""

SMALLEST = Decimal("1e-18")
"""One unit of the last of the 18 decimals that a rate per token may have."""

ONE = Decimal(1)
_INHERITS = {
    "cache_read": ("input",),
    "cache_write": ("input",),
    "cache_write_long": ("cache_write", "input"),
    "reasoning": ("output",),
    "audio_input": ("input",),
    "image_input": ("input",),
    "audio_output": ("output",),
    "image_output": ("output",),
}


class TooManyDecimalsError(ArithmeticError):
    """A rate needs more than 18 decimals per token."""


@dataclass(frozen=True)
class Rates:
    """Rates of one price set in USD per token, request or unit; None is no price.

    Attributes:
        by_class: one for each of `RATE_CLASSES`, in that order.
        inherited: classes that took another's rate.
        units: rates of everything that has no column.
    """

    by_class: tuple[Decimal | None, ...]
    inherited: tuple[str, ...] = ()
    units: Mapping[str, Decimal] = field(default_factory=dict)


def per_token(price: Decimal, factor: Decimal, share: Decimal) -> Decimal:
    """Return price / 1,000,000 x factor x (1 - share), exactly."""
    kept = EXACT.subtract(ONE, share)
    rate = EXACT.multiply(EXACT.multiply(EXACT.scaleb(price, -6), factor), kept)
    try:
        return EXACT.quantize(rate, SMALLEST)
    except Inexact as error:
        raise TooManyDecimalsError(f"{EXACT.normalize(rate):f}") from error


def scaled(figures: Mapping[str, Decimal], factor: Decimal) -> dict[str, Decimal]:
    """Return prices per million with a region's factor on the token classes, and on nothing else."""
    return {
        name: EXACT.multiply(price, factor) if name in TOKEN_PRICES else price
        for name, price in figures.items()
    }


def rates(figures: Mapping[str, Decimal], shares: Mapping[str, Decimal]) -> Rates:
    """Return rates from prices per million and the discount of each class, inheritance filled in.

    An inheriting class takes the other's price before discounts and its own discount.
    """
    filled, inherited = inherit(figures)
    found = {
        name: per_token(price, ONE, shares.get(name, Decimal(0))) for name, price in filled.items()
    }
    units = {name: found.pop(name) for name in list(found) if name not in RATE_CLASSES}
    return Rates(tuple(found.get(name) for name in RATE_CLASSES), inherited, units)


def inherited_from(name: str, inherited: Collection[str]) -> str:
    """Return the class whose price an inheriting class took."""
    return next(source for source in _INHERITS[name] if source not in inherited)


def inherit(figures: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], tuple[str, ...]]:
    """Return prices with the missing classes filled inside the same price set, and which those are."""
    filled = dict(figures)
    inherited = []
    for name, sources in _INHERITS.items():
        source = next((s for s in sources if s in figures), None)
        if name not in figures and source:
            filled[name] = figures[source]
            inherited.append(name)
    return filled, tuple(inherited)
