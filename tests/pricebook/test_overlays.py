"""Negotiated discounts and fixed lines: over the list price, dated, scoped, never added up."""

from decimal import Decimal
from pathlib import Path

import pytest

from costctl.errors import CostctlError
from costctl.pricebook import Key, PricingSettings, compile_book, open_book
from tests.pricebook.books import HEAD, Opened, moment, opened, provider, simple

PRICES = """
- id: gpt-a
  prices:
    - from: null
      standard: {input: "2", output: "8", cache_read: "1", web_search_call: "10000"}
      batch: {input: "1", output: "4"}
      SOURCE
- id: gpt-b
  aliases: [latest]
  prices:
    - from: null
      standard: {input: "2", output: "8"}
      SOURCE
"""
FILE = provider(PRICES, more='regions: {zone: {uplift: "1.10"}}\n')


def with_overlays(folder: Path, *overlays: str) -> Opened:
    lines = "\n".join(f"    - {overlay}" for overlay in overlays)
    return opened(folder, FILE, config=f"pricing:\n  overlays:\n{lines}\n")


def test_a_discount_acts_on_its_time_and_list_prices_stay(tmp_path: Path):
    book = with_overlays(tmp_path, '{discount: "0.15", from: 2026-01-01, to: 2026-06-01}')
    days = ("2025-12-31T23:59:59", "2026-01-01", "2026-05-31T23:59:59", "2026-06-01")
    assert [book.price("gpt-a", day) for day in days] == ["2", "1.7", "1.7", "2"]
    rates = book.find("gpt-a", "2026-02-01").rates
    assert rates.rate("list_input") == Decimal("0.000002")
    assert rates["units"] == {"web_search_call": Decimal("0.0085")}
    assert rates["list_units"] == {"web_search_call": Decimal("0.01")}


def test_a_discount_comes_after_the_region_exactly(tmp_path: Path):
    book = with_overlays(tmp_path, '{discount: "0.15"}')
    assert book.price("gpt-a", "2026-01-01", region="zone") == "1.87"


def test_a_later_discount_of_one_scope_replaces_the_earlier(tmp_path: Path):
    book = with_overlays(
        tmp_path,
        '{discount: "0.1", provider: acme}',
        '{discount: "0.2", provider: acme, from: 2026-01-01}',
    )
    assert [book.price("gpt-a", day) for day in ("2025-06-01", "2026-06-01")] == ["1.8", "1.6"]


def test_the_most_specific_discount_applies_and_they_never_add_up(tmp_path: Path):
    book = with_overlays(
        tmp_path,
        '{discount: "0.1"}',
        '{discount: "0.2", provider: acme}',
        '{discount: "0.3", provider: acme, model: "gpt-*"}',
        '{discount: "0.4", provider: acme, model: gpt-b}',
        '{discount: "0.5", provider: acme, model: gpt-b, class: output}',
    )
    assert book.price("gpt-a", "2026-01-01") == "1.4"
    assert book.price("gpt-b", "2026-01-01") == "1.2"
    assert book.price("latest", "2026-01-01") == "1.2"
    assert book.price("gpt-b", "2026-01-01", "output") == "4"


def test_an_alias_names_its_model_for_a_discount(tmp_path: Path):
    book = with_overlays(tmp_path, '{discount: "0.5", model: latest}')
    assert [book.price(name, "2026-01-01") for name in ("gpt-a", "gpt-b")] == ["2", "1"]


def test_batch_is_left_alone_unless_it_is_named(tmp_path: Path):
    book = with_overlays(tmp_path, '{discount: "0.5"}')
    assert book.price("gpt-a", "2026-01-01", tier="batch") == "1"
    named = with_overlays(tmp_path, '{discount: "0.5", tier: batch}')
    assert named.price("gpt-a", "2026-01-01", tier="batch") == "0.5"
    assert named.price("gpt-a", "2026-01-01") == "2"


@pytest.mark.parametrize(
    ("overlays", "what"),
    [
        (('{discount: "1"}',), "no share from 0 to below 1"),
        (('{discount: "15"}',), '15 % is written "0.15"'),
        (("{discount: 0.15}",), "quote it"),
        (('{discount: "-0.15"}',), "is no number"),
        (('{discount: "0.1", model: x, modle: y}',), "did you mean model?"),
        (('{discount: "0.1", class: inptu}',), "no price class"),
        (('{discount: "0.1", provider: acne}',), "did you mean acme?"),
        (('{discount: "0.1", from: 2026-01-01, to: 2026-01-01}',), "is not after"),
        (('{discount: "0.1"}', '{discount: "0.2"}'), "stands twice"),
        (('{discount: "0.1", model: "gpt-*"}', '{discount: "0.2", tier: standard}'), "as specific as"),
        (("{source: x}",), "one of discount, commit and ptu"),
        (('{discount: "0.1", ptu: {}}',), "one of discount, commit and ptu"),
        (('{commit: {monthly_usd: "5", kind: max}}',), "none of minimum, prepay"),
        (("{commit: {kind: minimum}}",), "monthly_usd is missing"),
        (('{ptu: {units: "15", usd_per_unit_hour: "1"}}',), "deployment is missing"),
        (('{ptu: {units: 15, usd_per_unit_hour: "1"}, deployment: a}',), "quote it"),
    ],
)  # fmt: skip
def test_a_wrong_overlay_is_told_with_its_line(tmp_path: Path, overlays, what):
    with pytest.raises(CostctlError) as error:
        with_overlays(tmp_path, *overlays)
    assert what in str(error.value)
    assert "costctl.yaml:" in str(error.value)


def test_commitments_and_provisioned_units_are_lines_of_their_own(tmp_path: Path):
    book = with_overlays(
        tmp_path,
        '{commit: {monthly_usd: "5000", kind: minimum}, provider: acme}',
        '{ptu: {units: "15", usd_per_unit_hour: "1.00"}, deployment: chat-ptu, from: 2026-06-01}',
    )
    rows = [row[:8] for row in book.compiled.rows["price_fixed"]]
    assert rows == [
        ("minimum", "acme", None, None, None, Decimal(5000), None, None),
        ("ptu", None, "chat-ptu", moment("2026-06-01"), None, None, Decimal(15), Decimal("1.00")),
    ]
    assert book.price("gpt-a", "2026-07-01") == "2"


def test_provisioned_units_take_their_deployment_while_they_last(tmp_path: Path):
    azure = provider(
        simple("m-1"), head=HEAD.replace("acme", "azure"), more="regions: {ptu: fixed}\n"
    )
    config = """
    pricing:
      deployments: [{deployment: chat-ptu, model: m-1}]
      overlays:
        - {ptu: {units: "15", usd_per_unit_hour: "1"}, deployment: chat-ptu, from: 2026-06-01, to: 2026-07-01}
    """
    book = opened(tmp_path, azure, config=config)
    spans = [
        (start, entry.region if entry else None)
        for start, _, entry in book.names().entries.over_time(Key(deployment="chat-ptu"), None)
    ]
    assert spans == [(None, None), (moment("2026-06-01"), "ptu"), (moment("2026-07-01"), None)]


def test_settings_may_hold_a_table_and_providers_of_their_own(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(provider(simple("gpt-a", 'input: "1"')))
    config = """
    pricing:
      table: mine.yaml
      providers:
        - provider: inline
          currency: USD
          unit: per_million_tokens
          models:
            - id: x
              prices:
                - from: null
                  standard: {input: "7"}
                  source: {url: "https://x", retrieved: 2026-11-01}
    """
    opened(tmp_path, FILE, config=config)
    (tmp_path / "low.yaml").write_text(FILE)
    settings = PricingSettings((tmp_path / "costctl.yaml",), tmp_path / "low.yaml")
    book = Opened(compile_book(open_book([], settings, None)))
    assert book.price("gpt-a", "2026-01-01") == "1"
    assert book.price("gpt-b", "2026-01-01") == "2"
    assert book.price("x", "2026-01-01", provider="inline") == "7"


def test_a_discount_acts_only_where_its_scope_says(tmp_path: Path):
    book = with_overlays(
        tmp_path,
        '{discount: "0.5", region: zone}',
        '{discount: "0.25", class: output, tier: [standard, batch], model: gpt-b}',
    )
    assert book.price("gpt-a", "2026-01-01") == "2"
    assert book.price("gpt-a", "2026-01-01", region="zone") == "1.1"
    assert book.price("gpt-b", "2026-01-01") == "2"
    assert book.price("gpt-b", "2026-01-01", "output") == "6"


def test_a_discount_for_another_provider_does_nothing(tmp_path: Path):
    (tmp_path / "other.yaml").write_text(provider(simple("x"), head=HEAD.replace("acme", "other")))
    config = "pricing: {table: other.yaml, overlays: [{discount: '0.5', provider: other}]}"
    book = opened(tmp_path, FILE, config=config)
    assert book.price("gpt-a", "2026-01-01") == "2"
    assert book.price("x", "2026-01-01", provider="other") == "1"
