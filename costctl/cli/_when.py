"""Times on the command line: moments, zones and half-open periods."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from costctl.cli._options import ScopeOptions
from costctl.errors import CostctlError, nearest
from costctl.vocabulary import Window

DURATION = re.compile(r"([1-9][0-9]{0,4})([hdw])")
HOURS = {"h": 1, "d": 24, "w": 168}
YEAR = re.compile(r"([0-9]{4})")
QUARTER = re.compile(r"([0-9]{4})-?Q([1-4])", re.IGNORECASE)
MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - naive UTC
"""Start of a window that has only an end: it is a period, and rows without a time are in none."""

FORMS = "this-month, last-month, today, yesterday, 2026-11-23, 2026-11, 2026-Q4, 2026, or 24h, 7d, 4w up to now"


def zone_of(name: str, origin: str) -> ZoneInfo:
    """Return a time zone by its name, which a flag, a variable or a line of a file gave."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        close = nearest(name, available_timezones())
        raise CostctlError(
            f"{origin}: unknown time zone {name!r}{close}", "names are as in Europe/Berlin, or UTC"
        ) from error


def moment_of(text: str, zone: ZoneInfo, what: str = "time") -> datetime:
    """Return a moment in naive UTC; a day means its first instant in the zone, and so does a time without one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CostctlError(
            f"{what}: {text!r} is no time",
            "write 2026-11-23, 2026-11-23T09:30 or 2026-11-23T09:30:00+01:00",
        ) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise CostctlError(f"{what}: {text!r} is out of range") from error


def window_of(scope: ScopeOptions, as_of: datetime, zone: ZoneInfo) -> Window:
    """Return the window that `--since`, `--until` or `--period` ask for."""
    if scope.period is not None:
        if scope.since is not None or scope.until is not None:
            raise CostctlError("--period stands for --since and --until", "give one or the other")
        return period_of(scope.period, as_of, zone)
    since = moment_of(scope.since, zone, "--since") if scope.since is not None else None
    until = moment_of(scope.until, zone, "--until") if scope.until is not None else None
    if since is not None and until is not None and since >= until:
        raise CostctlError(
            f"--since {scope.since} is not before --until {scope.until}", "the end is excluded"
        )
    if until is not None and since is None:
        since = FIRST
    return Window(since, until)


def period_of(text: str, as_of: datetime, zone: ZoneInfo) -> Window:
    """Return the half-open period that a word such as `last-month`, `2026-11` or `7d` means."""
    duration = DURATION.fullmatch(text)
    if duration:
        return Window(as_of - timedelta(hours=int(duration[1]) * HOURS[duration[2]]), as_of)
    today = as_of.replace(tzinfo=UTC).astimezone(zone)
    named = _named(text, today) or _dated(text)
    if named is None:
        raise CostctlError(f"--period: {text!r} is no period", f"write {FORMS}")
    return Window(*(_midnight(day, zone) for day in named))


def _named(text: str, today: datetime) -> tuple[datetime, datetime] | None:
    """Return the first day and the day after the last, by wall clock."""
    day = datetime(today.year, today.month, today.day)  # noqa: DTZ001 - a wall-clock day
    if text == "today":
        return day, day + timedelta(days=1)
    if text == "yesterday":
        return day - timedelta(days=1), day
    if text == "this-month":
        return _months(day.year, day.month)
    if text == "last-month":
        before = day.replace(day=1) - timedelta(days=1)
        return _months(before.year, before.month)
    return None


def _dated(text: str) -> tuple[datetime, datetime] | None:
    try:
        if DAY.fullmatch(text):
            day = datetime.fromisoformat(text)
            return day, day + timedelta(days=1)
        if found := MONTH.fullmatch(text):
            return _months(int(found[1]), int(found[2]))
        if found := QUARTER.fullmatch(text):
            return _months(int(found[1]), 3 * int(found[2]) - 2, 3)
        if found := YEAR.fullmatch(text):
            return _months(int(found[1]), 1, 12)
    except (ValueError, OverflowError):
        return None
    return None


def _months(year: int, month: int, count: int = 1) -> tuple[datetime, datetime]:
    end = year * 12 + month - 1 + count
    return datetime(year, month, 1), datetime(end // 12, end % 12 + 1, 1)  # noqa: DTZ001 - wall-clock days


def _midnight(day: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of a wall-clock day; where midnight is skipped, the moment of the change."""
    return day.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
