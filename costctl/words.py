"""Figures in sentences."""

from datetime import datetime, timedelta
from decimal import Decimal

SIGNIFICANT = 4
CENT = Decimal("0.01")
DAY = 24 * 60


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 request`, `2 requests`; `many` where it is not `one` with an s, as of a whole clause."""
    return f"1 {one}" if number == 1 else f"{number:,} {many or one + 's'}"


def percent(share: Decimal) -> str:
    """Return a share as a percentage of at most four digits, such as 80% or 0.25%."""
    return f"{_digits(share * 100)}%"


def money(usd: Decimal) -> str:
    """Return money in dollars and cents; what is less than a cent keeps the digits that count."""
    sign = "-" if usd < 0 else ""
    return f"{sign}${_digits(abs(usd), least=2) if abs(usd) < CENT else f'{abs(usd):,.2f}'}"


def figure(value: Decimal, unit: str) -> str:
    """Return a figure in its unit, with at least four digits that count, however small it is."""
    if unit == "share":
        return percent(value)
    if unit != "USD":
        return f"{_digits(value)} {unit}"
    return f"{'-' if value < 0 else ''}${_digits(abs(value), least=2)}"


def change(delta: Decimal, unit: str) -> str:
    """Return a difference with its sign; of a share in points, which are no percentage of it."""
    sign = "-" if delta < 0 else "+"
    if unit == "share":
        return f"{sign}{_digits(abs(delta) * 100)} points"
    return f"{sign}{figure(abs(delta), unit)}"


def _digits(value: Decimal, least: int = 0) -> str:
    """Return a number with four significant digits, all of them before the point, and no fewer decimals than asked for."""
    places = max(least, SIGNIFICANT - 1 - value.adjusted()) if value else least
    whole, _, fraction = f"{value:,.{places}f}".partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


def length(age: timedelta) -> str:
    """Return a length of time in its two largest units."""
    minutes = max(int(age.total_seconds()) // 60, 0)
    parts = ((minutes // DAY, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    told = parts[:2] if minutes >= DAY else parts[1:]
    return " ".join(f"{count} {unit}" for count, unit in told if count) or "0 min"


def moment(at: datetime) -> str:
    """Return a moment in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
