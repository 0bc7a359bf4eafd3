"""Figures of the models that people run, checked by hand; costs by independent arithmetic."""

from decimal import Decimal

import pytest

from costctl.pricebook.lookup import NoPrice
from tests.pricing_facts.shipped import ask, bill, own, prices

# provider, model, input, output, cache read ("" = none of its own), cache write
TODAY = [
    ("openai", "gpt-4o-2024-05-13", "5", "15", "", ""),
    ("openai", "gpt-4o-2024-08-06", "2.5", "10", "1.25", ""),
    ("openai", "gpt-4o-2024-11-20", "2.5", "10", "1.25", ""),
    ("openai", "gpt-4o", "2.5", "10", "1.25", ""),
    ("openai", "gpt-4o-mini", "0.15", "0.6", "0.075", ""),
    ("openai", "gpt-4.1", "2", "8", "0.5", ""),
    ("openai", "gpt-4.1-mini", "0.4", "1.6", "0.1", ""),
    ("openai", "gpt-4.1-nano", "0.1", "0.4", "0.025", ""),
    ("openai", "gpt-4-turbo", "10", "30", "", ""),
    ("openai", "gpt-4", "30", "60", "", ""),
    ("openai", "gpt-3.5-turbo", "0.5", "1.5", "", ""),
    ("openai", "gpt-3.5-turbo-16k", "3", "4", "", ""),
    ("openai", "o1", "15", "60", "7.5", ""),
    ("openai", "o3", "2", "8", "0.5", ""),
    ("openai", "o3-mini", "1.1", "4.4", "0.55", ""),
    ("openai", "o4-mini", "1.1", "4.4", "0.275", ""),
    ("openai", "gpt-5", "1.25", "10", "0.125", ""),
    ("openai", "gpt-5-mini", "0.25", "2", "0.025", ""),
    ("openai", "gpt-5-nano", "0.05", "0.4", "0.005", ""),
    ("openai", "gpt-5.1", "1.25", "10", "0.125", ""),
    ("openai", "gpt-5.2", "1.75", "14", "0.175", ""),
    ("openai", "gpt-5.4", "2.5", "15", "0.25", ""),
    ("openai", "gpt-5.5", "5", "30", "0.5", ""),
    ("openai", "gpt-5.6-sol", "4", "20", "0.4", "5"),
    ("openai", "gpt-5.6-terra", "2", "12", "0.2", "2.5"),
    ("openai", "gpt-5.6-luna", "0.2", "1.2", "0.02", "0.25"),
    ("openai", "gpt-6-astra", "10", "50", "1", "12.5"),
    ("openai", "gpt-6-sol", "2", "10", "0.2", "2.5"),
    ("openai", "gpt-6-luna", "0.1", "0.5", "0.01", "0.125"),
    ("openai", "gpt-6.1-sol", "2", "10", "0.1", "2.5"),
    ("openai", "gpt-6.1-terra", "1", "5", "0.05", "1.25"),
    ("anthropic", "claude-opus-5-5", "4", "20", "0.2", "5"),
    ("anthropic", "claude-sonnet-5-5", "2", "10", "0.1", "2.5"),
    ("anthropic", "claude-sonnet-4-5-20250929", "3", "15", "0.3", "3.75"),
    ("anthropic", "claude-haiku-4-5", "1", "5", "0.1", "1.25"),
    ("anthropic", "claude-haiku-5-5", "0.1", "0.5", "0.01", "0.125"),
    ("anthropic", "claude-3-5-haiku", "0.8", "4", "0.08", "1"),
    ("anthropic", "claude-3-opus-20240229", "15", "75", "1.5", "18.75"),
    ("google", "gemini-2.5-pro", "1.25", "10", "0.125", ""),
    ("google", "gemini-2.5-flash", "0.3", "2.5", "0.03", ""),
    ("google", "gemini-2.5-flash-lite", "0.1", "0.4", "0.01", ""),
    ("google", "gemini-3.1-pro-preview", "2", "12", "0.2", ""),
    ("google", "gemini-3.6-flash", "0.75", "3.75", "0.075", ""),
    ("google", "gemini-4-argon", "2", "10", "0.1", ""),
    ("mistral", "mistral-large-latest", "0.5", "1.5", "0.05", ""),
    ("mistral", "mistral-small-latest", "0.15", "0.6", "0.015", ""),
    ("cohere", "command-a-03-2025", "2.5", "10", "", ""),
    ("cohere", "command-r7b-12-2024", "0.0375", "0.15", "", ""),
    ("deepseek", "deepseek-v4-flash", "0.15", "0.6", "0.003", ""),
    ("deepseek", "deepseek-v4-pro", "0.66", "1.98", "0.022", ""),
    ("x-ai", "grok-4.7", "2", "6", "0.5", ""),
    ("aws", "amazon.nova-pro-v1:0", "0.8", "3.2", "0.2", ""),
    ("aws", "meta.llama3-3-70b-instruct-v1:0", "0.72", "0.72", "", ""),
    ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "3", "15", "0.3", "3.75"),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3", "16.5", "0.33", "4.125"),
    ("aws", "anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3", "16.5", "0.33", "4.125"),
    ("azure", "gpt-4o-2024-08-06", "2.5", "10", "1.25", ""),
    ("azure", "gpt-4o-mini", "0.15", "0.6", "0.075", ""),
    ("azure", "gpt-4.1", "2", "8", "0.5", ""),
    ("azure", "gpt-35-turbo", "0.5", "1.5", "", ""),
    ("azure", "gpt-4-turbo", "10", "30", "", ""),
]


@pytest.mark.parametrize("row", TODAY, ids=lambda row: f"{row[0]} {row[1]}")
def test_prices_of_today(row: tuple[str, ...]):
    provider, model, *wanted = row
    found = own(provider, model)
    assert [
        found.get(key, "") for key in ("input", "output", "cache_read", "cache_write")
    ] == wanted


@pytest.mark.parametrize(
    ("provider", "model", "zone", "price"),
    [
        ("openai", "text-embedding-3-large", "global", "0.13"),
        ("openai", "text-embedding-3-small", "global", "0.02"),
        ("openai", "text-embedding-ada-002", "global", "0.1"),
        ("azure", "text-embedding-3-large", "global", "0.13"),
        ("azure", "text-embedding-3-large", "data_zone_us", "0.143"),
        ("azure", "text-embedding-3-large", "regional", "0.143"),
        ("azure", "text-embedding-3-small", "data_zone_eu", "0.022"),
        ("azure", "text-embedding-3-large", "us_gov", "0.163"),
        ("azure", "text-embedding-3-small", "us_gov", "0.025"),
    ],
)
def test_embeddings_have_a_price_for_input_alone(provider: str, model: str, zone: str, price: str):
    found = prices(provider, model, zone=zone)
    assert found["input"] == price
    assert "output" not in found


@pytest.mark.parametrize(
    ("model", "zone", "price", "read"),
    [
        ("us/gpt-4o-2024-08-06", "data_zone_us", "2.75", "1.375"),
        ("eu/gpt-4o-mini", "data_zone_eu", "0.165", "0.083"),
        ("us/gpt-4.1-nano", "data_zone_us", "0.11", "0.028"),
        ("eu/o4-mini", "data_zone_eu", "1.21", "0.303"),
        ("eu/gpt-6-sol", "data_zone_eu", "2.4", "0.24"),
        ("us/gpt-6-sol", "data_zone_us", "2.2", "0.22"),
        ("apac/gpt-6.1-sol", "data_zone_apac", "2.4", "0.12"),
        ("us-gov/gpt-5.1", "us_gov", "1.71875", "0.171875"),
        ("global-standard/gpt-4o-mini", "global", "0.15", "0.075"),
    ],
)
def test_data_zones_of_azure_cost_their_stated_price_or_their_factor(
    model: str, zone: str, price: str, read: str
):
    found = prices("azure", model)
    assert (found["input"], found["cache_read"]) == (price, read)
    assert prices("azure", model.split("/")[1], zone=zone) == found


LONG = [
    ("openai", "gpt-5.6-sol", 272_000, "4/20", "8/30"),
    ("openai", "gpt-5.4", 272_000, "2.5/15", "5/22.5"),
    ("google", "gemini-2.5-pro", 200_000, "1.25/10", "2.5/15"),
    ("google", "gemini-1.5-flash", 128_000, "0.075/0.3", "0.15/0.6"),
    ("anthropic", "claude-haiku-5-5", 100_000, "0.1/0.5", "0.5/2.5"),
    ("x-ai", "grok-4.7", 199_999, "2/6", "4/12"),
]


@pytest.mark.parametrize(("provider", "model", "last", "base", "dear"), LONG)
def test_one_token_more_makes_the_whole_request_dearer(
    provider: str, model: str, last: int, base: str, dear: str
):
    for prompt, wanted in ((last, base), (last + 1, dear)):
        found = prices(provider, model, prompt=prompt)
        assert f"{found['input']}/{found['output']}" == wanted


@pytest.mark.parametrize(
    ("provider", "model", "tier", "wanted"),
    [
        ("openai", "gpt-4o-2024-08-06", "batch", "1.25/5"),
        ("openai", "gpt-4o-2024-08-06", "priority", "4.25/17"),
        ("openai", "gpt-4o-2024-05-13", "batch", "2.5/7.5"),
        ("openai", "gpt-4o-mini", "batch", "0.075/0.3"),
        ("openai", "gpt-5", "flex", "0.625/5"),
        ("openai", "gpt-5.6-sol", "priority", "8/40"),
        ("openai", "ft:gpt-4o-2024-08-06", "batch", "2.225/12.5"),
        ("anthropic", "claude-sonnet-4-5", "batch", "1.5/7.5"),
        ("anthropic", "claude-opus-5", "fast", "10/50"),
        ("google", "gemini-2.5-flash", "flex", "0.15/1.25"),
        ("google", "gemini-2.5-flash", "priority", "0.54/4.5"),
        ("azure", "gpt-4.1", "batch", "1/4"),
        ("azure", "gpt-5.4", "flex", "1.25/7.5"),
        ("aws", "amazon.nova-pro-v1:0", "flex", "0.4/1.6"),
    ],
)
def test_service_tiers_are_stated_figures(provider: str, model: str, tier: str, wanted: str):
    found = prices(provider, model, tier=tier)
    assert f"{found['input']}/{found['output']}" == wanted


def test_batch_of_gpt_4o_bills_cached_input_as_input():
    assert prices("openai", "gpt-4o-2024-08-06", tier="batch")["cache_read"] == "1.25"


def test_gemini_flash_keeps_the_price_of_cached_input_in_batch():
    assert prices("google", "gemini-2.5-flash", tier="batch")["cache_read"] == "0.03"
    assert prices("google", "gemini-4-argon", tier="batch")["cache_read"] == "0.05"


def test_a_tier_without_figures_has_no_price():
    missing = ask("openai", "gpt-4o", tier="flex")
    assert isinstance(missing, NoPrice)
    assert missing.reason == "no_tier_price"


@pytest.mark.parametrize(
    ("provider", "model", "at", "tokens", "usd"),
    [
        (
            "openai",
            "gpt-4o",
            "2026-11-23",
            {"input": 826, "cache_read": 1024, "output": 320},
            "0.006545",
        ),
        ("openai", "gpt-4o-2024-05-13", "2026-11-23", {"input": 1850, "output": 320}, "0.01405"),
        (
            "anthropic",
            "claude-sonnet-4-5",
            "2026-11-23",
            {"input": 1000, "cache_read": 40_000, "cache_write": 3000, "output": 500},
            "0.03375",
        ),
        ("google", "gemini-2.5-pro", "2026-11-23", {"input": 300_000, "output": 1000}, "0.765"),
        ("openai", "o3", "2025-05-01", {"input": 1000, "output": 1000}, "0.05"),
        ("openai", "o3", "2025-07-01", {"input": 1000, "output": 1000}, "0.01"),
        ("openai", "gpt-5.6", "2026-09-01", {"input": 300_000}, "2.4"),
    ],
)
def test_requests_cost_what_a_calculator_says(
    provider: str, model: str, at: str, tokens: dict[str, int], usd: str
):
    assert bill(provider, model, tokens, at) == Decimal(usd)


LESSON = [("gpt-4o", 45_200, 1850, 320), ("gpt-4o", 12_800, 3200, 800), ("gpt-4o", 58_000, 120, 15)]


def week(chat: str, zone: str | None = None) -> Decimal:
    provider = "azure" if zone else "openai"
    total = sum(
        count * bill(provider, chat, {"input": given, "output": out}, zone=zone)
        for _, count, given, out in LESSON
    )
    return total + 58_000 * bill(provider, "text-embedding-3-large", {"input": 85}, zone=zone)


def test_the_week_of_four_endpoints_costs_the_same_to_the_last_digit():
    assert week("gpt-4o-2024-05-13") == Decimal("1041.9509")
    assert week("gpt-4o-2024-08-06") == Decimal("585.2309")
    assert round(week("gpt-4o-2024-08-06", "data_zone_us") * 30 / 7, 2) == Decimal("2758.95")


def test_the_embeddings_of_a_week_cost_half_in_batch():
    tokens = {"input": 85}
    assert 58_000 * bill("openai", "text-embedding-3-large", tokens) == Decimal("0.6409")
    half = 58_000 * bill("openai", "text-embedding-3-large", tokens, tier="batch")
    assert half == Decimal("0.32045")
