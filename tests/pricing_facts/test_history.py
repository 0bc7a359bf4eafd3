"""Prices change at the first second of the day that the table states, and not before."""

from datetime import date, datetime, timedelta

import pytest

from costctl.pricebook.lookup import NoPrice
from tests.pricing_facts.shipped import ask, prices

CHANGES = [
    # provider, model, day, in/out before, in/out after
    ("openai", "gpt-4o", "2024-10-02", "5/15", "2.5/10"),
    ("openai", "gpt-3.5-turbo", "2023-06-27", "2/2", "1.5/2"),
    ("openai", "gpt-3.5-turbo", "2023-11-06", "1.5/2", "1/2"),
    ("openai", "gpt-3.5-turbo", "2024-02-16", "1/2", "0.5/1.5"),
    ("openai", "o1-mini", "2025-01-31", "3/12", "1.1/4.4"),
    ("openai", "o1-mini-2024-09-12", "2025-01-31", "3/12", "1.1/4.4"),
    ("openai", "o3", "2025-06-10", "10/40", "2/8"),
    ("openai", "o3-2025-04-16", "2025-06-10", "10/40", "2/8"),
    ("openai", "gpt-5.6-sol", "2026-08-21", "5/30", "4/20"),
    ("openai", "gpt-5.6", "2026-08-21", "5/30", "4/20"),
    ("openai", "gpt-5.6-terra", "2026-07-30", "2.5/15", "2/12"),
    ("openai", "gpt-5.6-luna", "2026-07-30", "1/6", "0.2/1.2"),
    ("anthropic", "claude-3-5-haiku-20241022", "2024-12-05", "1/5", "0.8/4"),
    ("anthropic", "claude-3-5-haiku", "2024-12-05", "1/5", "0.8/4"),
    ("anthropic", "claude-2", "2023-11-21", "11.02/32.68", "8/24"),
    ("deepseek", "deepseek-chat", "2025-02-08", "0.14/0.28", "0.27/1.1"),
    ("deepseek", "deepseek-chat", "2025-09-29", "0.56/1.68", "0.28/0.42"),
    ("deepseek", "deepseek-reasoner", "2025-09-29", "0.56/1.68", "0.28/0.42"),
    ("google", "gemini-3.6-flash", "2026-08-14", "1.5/7.5", "0.75/3.75"),
    ("google", "gemini-1.5-pro", "2024-10-01", "3.5/10.5", "1.25/5"),
    ("google", "gemini-4-argon", "2026-12-01", "2/10", "4/20"),
    ("google", "gemini-3.8-flash", "2027-01-01", "0.75/3.75", "1.5/7.5"),
    ("azure", "gpt-4o", "2025-03-19", "5/15", "2.5/10"),
    ("azure", "o3", "2025-06-22", "10/40", "2/8"),
    ("azure", "o1-mini-2024-09-12", "2025-03-17", "3/12", "1.1/4.4"),
    ("azure", "gpt-5.6-sol", "2026-10-01", "5/30", "4/20"),
    ("aws", "global.openai.gpt-5.6-sol", "2026-08-21", "5/30", "4/20"),
]

FIRST_DAYS = [
    ("openai", "gpt-4o", "2024-05-13"),
    ("openai", "gpt-4o-mini", "2024-07-18"),
    ("openai", "gpt-3.5-turbo", "2023-03-01"),
    ("openai", "text-embedding-3-large", "2024-01-25"),
    ("openai", "gpt-5.6-sol", "2026-07-09"),
    ("openai", "gpt-6-astra", "2026-09-03"),
    ("anthropic", "claude-sonnet-4-5", "2025-09-29"),
    ("azure", "gpt-4o-2024-08-06", "2024-08-06"),
]


def both(found: dict[str, str]) -> str:
    return f"{found['input']}/{found['output']}"


@pytest.mark.parametrize(("provider", "model", "day", "before", "after"), CHANGES)
def test_a_price_changes_at_the_first_second_of_its_day(
    provider: str, model: str, day: str, before: str, after: str
):
    assert both(prices(provider, model, f"{_eve(day)}T23:59:59")) == before
    assert both(prices(provider, model, f"{day}T00:00:00")) == after


@pytest.mark.parametrize(("provider", "model", "day"), FIRST_DAYS)
def test_there_is_no_price_before_the_first_day_of_a_model(provider: str, model: str, day: str):
    assert "input" in prices(provider, model, f"{day}T00:00:00")
    missing = ask(provider, model, f"{_eve(day)}T23:59:59")
    assert isinstance(missing, NoPrice)
    assert missing.reason == "no_price_at_date"


def test_the_snapshot_of_may_keeps_its_price_when_the_name_moves_on():
    for at in ("2024-05-13", "2024-10-02", "2026-11-23"):
        found = prices("openai", "gpt-4o-2024-05-13", at)
        assert both(found) == "5/15"
        assert found["cache_read"] == "5"  # no discount: cached input costs what input costs


def test_cached_input_of_gpt_4o_halves_with_prompt_caching():
    assert prices("openai", "gpt-4o-2024-08-06", "2024-09-30T23:59:59")["cache_read"] == "2.5"
    assert prices("openai", "gpt-4o-2024-08-06", "2024-10-01T00:00:00")["cache_read"] == "1.25"


def test_o3_had_no_batch_price_known_before_its_cut():
    assert isinstance(ask("openai", "o3", "2025-05-01", tier="batch"), NoPrice)
    assert both(prices("openai", "o3", "2025-06-10", tier="batch")) == "1/4"


def test_a_schedule_that_was_withdrawn_prices_nothing():
    assert both(prices("anthropic", "claude-sonnet-5", "2026-10-01")) == "2/10"


@pytest.mark.parametrize(
    ("model", "day", "dear"),
    [
        ("claude-sonnet-4-5", "2026-04-30", "6"),
        ("claude-opus-4-6", "2026-03-13", "10"),
        ("claude-sonnet-4-6", "2026-03-13", "6"),
    ],
)
def test_the_long_prompt_price_of_claude_ended(model: str, day: str, dear: str):
    before = prices("anthropic", model, f"{_eve(day)}T23:59:59", prompt=200_001)
    after = prices("anthropic", model, f"{day}T00:00:00", prompt=200_001)
    assert before["input"] == dear
    assert after["input"] == prices("anthropic", model, day, prompt=10)["input"]


def test_rows_before_the_first_evidence_are_priced_and_marked():
    found = ask("google", "gemini-2.5-pro", "2025-06-18T23:59:59")
    assert not isinstance(found, NoPrice)
    assert found.basis(datetime(2025, 6, 18)) == "assumed_start"  # noqa: DTZ001 - the table is naive UTC
    assert found.basis(datetime(2025, 6, 19)) == "exact"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2025-02-25T20:00:00", "0.27"),  # the day before off-peak prices
        ("2025-02-26T16:29:59", "0.27"),
        ("2025-02-26T16:30:00", "0.135"),
        ("2025-02-27T00:29:59", "0.135"),
        ("2025-02-27T00:30:00", "0.27"),
        ("2025-09-05T00:29:59", "0.135"),
        ("2025-09-05T15:59:59", "0.27"),  # the vendor named the hour at which it ended
        ("2025-09-05T16:00:00", "0.56"),
        ("2025-09-05T20:00:00", "0.56"),
    ],
)
def test_deepseek_was_cheaper_at_night(at: str, price: str):
    assert prices("deepseek", "deepseek-chat", at)["input"] == price


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2026-08-16T02:00:00", "0.14"),
        ("2026-08-17T00:59:59", "0.22"),
        ("2026-08-17T01:00:00", "0.44"),
        ("2026-08-17T03:59:59", "0.44"),
        ("2026-08-17T04:00:00", "0.22"),
        ("2026-08-17T06:00:00", "0.44"),
        ("2026-08-17T10:00:00", "0.22"),
        ("2026-08-22T02:00:00", "0.44"),  # a Saturday, before weekends were exempt
        ("2026-08-23T02:00:00", "0.22"),  # a Sunday
        ("2026-08-24T02:00:00", "0.44"),
        ("2026-09-10T02:00:00", "0.3"),
        ("2026-09-12T02:00:00", "0.15"),
        ("2026-10-01T02:00:00", "0.15"),  # National Day
    ],
)
def test_deepseek_doubles_its_price_in_the_peak_hours_of_working_days(at: str, price: str):
    assert prices("deepseek", "deepseek-v4-flash", at)["input"] == price


def _eve(day: str) -> str:
    return str(date.fromisoformat(day) - timedelta(days=1))
