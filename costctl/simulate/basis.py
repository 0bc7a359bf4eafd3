"""What a projection stands on: the usage seen, and how it becomes a month."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from costctl.groups import Group
from costctl.vocabulary import Window

MONTH_DAYS = 30.0
SHORT_DAYS = 28.0
"""A month that is projected from fewer days is a run rate, and called so."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Which time the usage covers.

    Attributes:
        first, last: first and last row; None where no row has a time.
        days: length of the window asked for, else of the usage; None where no row has a time.
    """

    first: datetime | None
    last: datetime | None
    days: float | None


@dataclass(frozen=True)
class Basis:
    """How logged usage becomes a month; money in USD.

    Attributes:
        span: the time seen.
        scale: what every figure was multiplied with.
        scaled_by: 30d, calendar, or invoice.
        prices_at: the one date of all prices.
        paid_usd: every row at its own date's price.
        repriced_usd: the same usage at the price date.
        outside_usd: the part of `paid_usd` that has no price at the price date; no lever touches it.
        unpriced_requests: requests without a price at the price date.
    """

    span: Span
    scale: float
    scaled_by: str
    prices_at: datetime
    paid_usd: Decimal
    repriced_usd: Decimal
    outside_usd: Decimal
    unpriced_requests: int

    @property
    def baseline_usd(self) -> float:
        """Return the month without any lever."""
        return float(self.repriced_usd) * self.scale

    @property
    def is_run_rate(self) -> bool:
        """Return whether the month is projected from a short span."""
        return (
            self.scaled_by != "invoice"
            and self.span.days is not None
            and self.span.days < SHORT_DAYS
        )


def span_of(
    window: Window,
    first: datetime | None,
    last: datetime | None,
    as_of: datetime,
    zone: ZoneInfo,
) -> Span:
    """Return the time that the usage stands for."""
    if first is None or last is None:
        return Span(None, None, None)
    bounded = window.until is not None or window.since is not None
    if bounded:
        since = window.since if window.since and window.since.year > 1 else first
        until = min(window.until or as_of, as_of)
        return Span(first, last, _days(until - since))
    if last - first < DAY:
        return Span(first, last, _days(last - first) or 1.0)
    days = _local(last, zone).toordinal() - _local(first, zone).toordinal() + 1
    return Span(first, last, float(days))


def _days(length: timedelta) -> float:
    return length / DAY


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone)


def basis_of(
    groups: Sequence[Group],
    span: Span,
    *,
    prices_at: datetime,
    as_of: datetime,
    month: str | None,
    invoice: Decimal | None,
) -> Basis:
    """Return how the usage becomes a month."""
    paid = sum((g.paid_usd or Decimal(0) for g in groups), Decimal(0))
    outside = [g for g in groups if g.repriced_usd is None]
    scale, scaled_by = _scale(span, as_of, month, invoice, paid)
    return Basis(
        span,
        scale,
        scaled_by,
        prices_at,
        paid,
        sum((g.repriced_usd or Decimal(0) for g in groups), Decimal(0)),
        sum((g.paid_usd or Decimal(0) for g in outside), Decimal(0)),
        sum(g.requests for g in groups if g.reason is not None),
    )


def _scale(
    span: Span, as_of: datetime, month: str | None, invoice: Decimal | None, paid: Decimal
) -> tuple[float, str]:
    if invoice is not None:
        return (float(invoice / paid) if paid else 1.0), "invoice"
    length = MONTH_DAYS
    if month == "calendar":
        length = float(monthrange(as_of.year, as_of.month)[1])
    if span.days is None:
        return 1.0, month or "30d"
    return length / span.days, month or "30d"
