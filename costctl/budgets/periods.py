"""Periods on a calendar with a time zone: half-open, whatever the clocks do."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from costctl.budgets.model import Period
from costctl.vocabulary import Window

UTC = ZoneInfo("UTC")
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time as naive UTC; of two equal local times the earlier one is meant."""
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a naive UTC moment as the naive time on the wall of a zone."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the start of a local day as naive UTC."""
    return to_utc(datetime.combine(day, time()), zone)


def window_of(period: Period, as_of: datetime, zone: ZoneInfo) -> Window:
    """Return the period that contains the moment, as naive UTC."""
    if period.since is not None and period.until is not None:
        return Window(to_utc(period.since, zone), to_utc(period.until, zone))
    first, after = days_of(period.name, to_local(as_of, zone).date())
    return Window(midnight(first, zone), midnight(after, zone))


def days_of(name: str, day: date) -> tuple[date, date]:
    """Return the first day of the calendar period around a day, and the day after its last."""
    if name == "day":
        return day, day + timedelta(days=1)
    if name == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    months = MONTHS_OF[name]
    start = date(day.year, (day.month - 1) // months * months + 1, 1)
    return start, add_months(start, months)


def add_months(first: date, months: int) -> date:
    """Return the first of a month some months away from the first of a month."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def bounds(window: Window) -> tuple[datetime, datetime]:
    """Return both ends of a bounded window."""
    if window.since is None or window.until is None:
        raise ValueError("the window is open")
    return window.since, window.until


def before(period: Period, window: Window, zone: ZoneInfo) -> Window:
    """Return the period before this one: the same name, or the same length."""
    since, until = bounds(window)
    if period.name == "from-to":
        return Window(since - (until - since), since)
    last = to_local(since, zone).date() - timedelta(days=1)
    first, _ = days_of(period.name, last)
    return Window(midnight(first, zone), since)


def local_days(window: Window, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first local day of a bounded window and the day after its last."""
    since, until = bounds(window)
    first = to_local(since, zone).date()
    last = to_local(until - timedelta(microseconds=1), zone).date()
    return first, last + timedelta(days=1)
