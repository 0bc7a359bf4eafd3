"""The one place where numbers are rounded: half-even, once, at the end."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

DECIMALS = 12
"""Digits after the point that machine output carries."""

WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)
CENT = Decimal("0.01")

Number = int | float | Decimal


def decimal_of(value: Number) -> Decimal:
    """Return a number as the decimal that is written for it.

    Errors: `ValueError` for NaN and infinities: what is unknown is None, never a number.
    """
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} is no number that can be written")
    return number


def exact(value: Number) -> str:
    """Return a number for machines: at most 12 decimals, no exponent, no negative zero."""
    if isinstance(value, int):
        return str(int(value))
    return _plain(rounded(decimal_of(value), DECIMALS))


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Return the value with so many decimals, half-even."""
    return value.quantize(Decimal(1).scaleb(-decimals), context=WIDE)


def significant(value: Decimal, digits: int, at_least: int = 0) -> str:
    """Return a number with so many significant digits, separators, and no fewer decimals than asked for."""
    if not value:
        return f"{Decimal(0):.{at_least}f}"
    shown = Decimal(digits - 1 - value.adjusted())
    places = max(int(shown), 0)
    text = f"{rounded(value, places):,f}"
    if "." not in text:
        return text
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(min(at_least, places), "0")
    return f"{whole}.{fraction}" if fraction else whole


def cents(values: Sequence[Number | None], total: Number | None) -> list[Decimal | None]:
    """Return amounts in cents that add up to the total in cents: left-over cents go to the largest remainders.

    Where the amounts do not add up to the total in the first place, each is rounded for itself.
    """
    exacts = [None if value is None else decimal_of(value) for value in values]
    known = [value for value in exacts if value is not None]
    whole = sum(known, Decimal(0)) if total is None else decimal_of(total)
    if abs(sum(known, Decimal(0)) - whole) > CENT / 2:
        return [None if value is None else rounded(value, 2) for value in exacts]
    floors = [
        None if v is None else v.quantize(CENT, rounding=ROUND_FLOOR, context=WIDE) for v in exacts
    ]
    missing = rounded(whole, 2) - sum((v for v in floors if v is not None), Decimal(0))
    order = sorted(
        (i for i, value in enumerate(exacts) if value is not None),
        key=lambda i: (-((exacts[i] or 0) - (floors[i] or 0)), i),
    )
    lucky = set(order[: int(missing / CENT)])
    return [None if v is None else v + (CENT if i in lucky else 0) for i, v in enumerate(floors)]


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
