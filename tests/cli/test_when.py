"""Periods are half-open and begin at midnight of the zone, also where clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from costctl.cli._options import ScopeOptions
from costctl.cli._when import FIRST, moment_of, period_of, window_of, zone_of
from costctl.errors import CostctlError
from costctl.vocabulary import Window

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime.fromisoformat("2026-11-23T10:30:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "zone", "since", "until"),
    [
        ("2026-11", UTC, "2026-11-01", "2026-12-01"),
        ("2026-12", UTC, "2026-12-01", "2027-01-01"),
        ("2026-11", BERLIN, "2026-10-31T23:00", "2026-11-30T23:00"),
        ("2026-10", BERLIN, "2026-09-30T22:00", "2026-10-31T23:00"),
        ("2026-03", BERLIN, "2026-02-28T23:00", "2026-03-31T22:00"),
        ("2026-03-29", BERLIN, "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25", BERLIN, "2026-10-24T22:00", "2026-10-25T23:00"),
        ("2026", UTC, "2026-01-01", "2027-01-01"),
        ("2026-Q4", UTC, "2026-10-01", "2027-01-01"),
        ("2026Q1", UTC, "2026-01-01", "2026-04-01"),
        ("this-month", UTC, "2026-11-01", "2026-12-01"),
        ("last-month", UTC, "2026-10-01", "2026-11-01"),
        ("today", UTC, "2026-11-23", "2026-11-24"),
        ("yesterday", UTC, "2026-11-22", "2026-11-23"),
        ("7d", UTC, "2026-11-16T10:30", "2026-11-23T10:30"),
        ("24h", BERLIN, "2026-11-22T10:30", "2026-11-23T10:30"),
        ("2w", UTC, "2026-11-09T10:30", "2026-11-23T10:30"),
    ],
)
def test_a_period_is_half_open(text, zone, since, until):
    assert period_of(text, NOW, zone) == Window(at(since), at(until))


def test_the_month_is_that_of_the_zone():
    late = at("2026-10-31T23:30")
    assert period_of("this-month", late, UTC).since == at("2026-10-01")
    assert period_of("this-month", late, BERLIN).since == at("2026-10-31T23:00")


def test_last_month_of_january_is_december():
    assert period_of("last-month", at("2026-01-15"), UTC) == Window(
        at("2025-12-01"), at("2026-01-01")
    )


def test_a_day_whose_midnight_does_not_exist_begins_when_clocks_change():
    """In Beirut clocks went from 00:00 to 01:00 on that day, which was 22:00 UTC."""
    assert period_of("2024-03-31", NOW, ZoneInfo("Asia/Beirut")).since == at("2024-03-30T22:00")


@pytest.mark.parametrize(
    "text",
    ["", "7", "0d", "-7d", "7m", "2026-13", "2026-02-30", "tomorrow", "2026-Q5", "9999", "0000"],
)
def test_other_words_are_refused_with_those_that_are_known(text):
    with pytest.raises(CostctlError, match="is no period") as error:
        period_of(text, NOW, UTC)
    assert "last-month" in error.value.hint


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-23", UTC, "2026-11-23"),
        ("2026-11-23", BERLIN, "2026-11-22T23:00"),
        ("2026-11-23T09:30", BERLIN, "2026-11-23T08:30"),
        ("2026-11-23T09:30:00Z", BERLIN, "2026-11-23T09:30"),
        ("2026-11-23T09:30:00+05:30", UTC, "2026-11-23T04:00"),
        ("2026-11-23 09:30:00.25", UTC, "2026-11-23T09:30:00.250"),
    ],
)
def test_a_moment_is_utc_inside(text, zone, moment):
    assert moment_of(text, zone) == at(moment)


@pytest.mark.parametrize(
    "text", ["", "now", "23.11.2026", "2026-11-31", "1763856000", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(CostctlError):
        moment_of(text, UTC, "--since")


def test_a_window_needs_neither_end():
    assert window_of(ScopeOptions(), NOW, UTC) == Window()
    assert window_of(ScopeOptions(since="2026-11-01"), NOW, UTC) == Window(at("2026-11-01"), None)
    assert window_of(ScopeOptions(until="2026-11-01"), NOW, UTC) == Window(FIRST, at("2026-11-01"))


def test_an_end_before_the_start_is_refused():
    with pytest.raises(CostctlError, match="is not before"):
        window_of(ScopeOptions(since="2026-11-02", until="2026-11-02"), NOW, UTC)


def test_a_period_stands_alone():
    assert window_of(ScopeOptions(period="2026-11"), NOW, UTC).since == at("2026-11-01")
    with pytest.raises(CostctlError, match="--period stands for"):
        window_of(ScopeOptions(period="2026-11", since="2026-11-02"), NOW, UTC)


@pytest.mark.parametrize("name", ["Europe/Berln", "../etc/passwd", "", "x\x00"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(CostctlError, match="unknown time zone"):
        zone_of(name, "--tz")


def test_a_zone_that_is_nearly_right_is_named():
    with pytest.raises(CostctlError, match="did you mean Europe/Berlin"):
        zone_of("Europe/Berln", "--tz")
