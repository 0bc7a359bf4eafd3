"""Figures in sentences."""

from datetime import datetime, timedelta
from decimal import Decimal


def percent(share: Decimal) -> str:
    """Return a share as a percentage of at most four digits, such as 80% or 0.25%."""
    return f"{float(share) * 100:.4g}%"


def length(age: timedelta) -> str:
    """Return a length of time in days and hours."""
    days, hours = divmod(int(age.total_seconds() // 3600), 24)
    if not days:
        return f"{hours} h"
    return f"{days} d {hours} h" if hours else f"{days} d"


def moment(at: datetime) -> str:
    """Return a moment in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
