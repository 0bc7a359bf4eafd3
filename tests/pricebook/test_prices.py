"""Which price holds: dates to the second, windows, prompt tiers, service tiers, regions, inheritance."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costctl.errors import CostctlError
from costctl.pricebook import PricingSettings, compile_book, open_book
from costctl.pricebook.lookup import Found, cost
from tests.pricebook.books import HEAD, Opened, moment, opened, provider, simple

DATED = provider(
    """
    - id: old
      prices:
        - from: 2024-01-01
          standard: {input: "5", output: "15"}
          SOURCE
    - id: new
      aliases: [new-latest]
      prices:
        - from: null
          first_seen: 2024-08-06
          standard: {input: "2.5", output: "10", cache_read: "1.25"}
          batch: {input: "1.25", output: "5"}
          SOURCE
        - from: 2026-08-21T16:00:00Z
          to: 2026-10-01
          standard: {input: "2", output: "8"}
          SOURCE
    - id: moved
      alias_of:
        - {to: old, from: null}
        - {to: new, from: 2024-10-02}
    """
)


@pytest.mark.parametrize(
    ("name", "at", "price"),
    [
        ("old", "2023-12-31T23:59:59", None),
        ("old", "2024-01-01T00:00:00", "5"),
        ("old", "2030-01-01", "5"),
        ("new", "1999-01-01", "2.5"),
        ("new", "2026-08-21T15:59:59", "2.5"),
        ("new", "2026-08-21T16:00:00", "2"),
        ("new", "2026-09-30T23:59:59.999999", "2"),
        ("new", "2026-10-01", None),
        ("new-latest", "2026-08-21T16:00:00", "2"),
        ("moved", "2023-12-31T23:59:59", None),
        ("moved", "2024-10-01T23:59:59", "5"),
        ("moved", "2024-10-02T00:00:00", "2.5"),
        ("moved", "2026-08-21T16:00:00", "2"),
    ],
)
def test_a_price_changes_at_its_second(tmp_path: Path, name, at, price):
    assert opened(tmp_path, DATED).price(name, at) == price


def test_a_time_without_a_price_says_so_and_names_the_nearest_period(tmp_path: Path):
    book = opened(tmp_path, DATED)
    found = book.find("old", "2023-06-01")
    assert not isinstance(found, Found)
    assert (found.reason, found.hint) == (
        "no_price_at_date",
        "the first price after it is from 2024-01-01",
    )
    assert "ended on 2026-10-01" in book.find("new", "2026-11-01").hint


def test_a_row_before_the_first_evidence_is_marked(tmp_path: Path):
    book = opened(tmp_path, DATED)
    early, late = book.find("new", "2024-08-05"), book.find("new", "2024-08-06")
    assert [early.basis(early_at) for early_at in (moment("2024-08-05"), moment("2024-08-06"))] == [
        "assumed_start",
        "exact",
    ]
    assert late.basis(moment("2024-08-06")) == "exact"
    assert book.find("moved", "2025-01-01").basis(moment("2025-01-01")) == "alias"


def test_a_missing_class_inherits_inside_its_own_price_set_only(tmp_path: Path):
    book = opened(tmp_path, DATED)
    standard, batch = book.find("new", "2025-01-01"), book.find("new", "2025-01-01", tier="batch")
    assert standard.rates.rate("cache_read") == Decimal("0.00000125")
    assert standard.rates.rate("cache_write") == Decimal("0.0000025")
    assert standard.rates.rate("cache_write_long") == Decimal("0.0000025")
    assert standard.rates.rate("reasoning") == Decimal("0.00001")
    assert "cache_read" not in standard.rates["inherited"]
    # Batch states no cached price: cached tokens cost the batch input price, never the standard cached one.
    assert batch.rates.rate("cache_read") == Decimal("0.00000125")
    assert "cache_read" in batch.rates["inherited"]


def test_a_long_write_inherits_from_the_short_one(tmp_path: Path):
    book = opened(tmp_path, provider(simple(price='input: "4", output: "9", cache_write: "5"')))
    rates = book.find("m-1", "2026-01-01").rates
    assert rates.rate("cache_write_long") == Decimal("0.000005")
    assert sorted(rates["inherited"]) == [
        "audio_input",
        "audio_output",
        "cache_read",
        "cache_write_long",
        "image_input",
        "image_output",
        "reasoning",
    ]


def test_a_service_tier_without_figures_has_no_price(tmp_path: Path):
    book = opened(tmp_path, DATED)
    found = book.find("new", "2025-01-01", tier="flex")
    assert (found.reason, found.hint) == (
        "no_tier_price",
        "no flex price for new; it has prices for: batch, standard",
    )


def test_an_embedding_has_no_output_price(tmp_path: Path):
    rates = (
        opened(tmp_path, provider(simple(price='input: "0.13"'))).find("m-1", "2026-01-01").rates
    )
    assert rates.rate("output") is None
    assert rates.rate("reasoning") is None
    assert cost(rates, {"input": 1000, "output": 0}) == (Decimal("0.00013"), ())
    assert cost(rates, {"input": 1000, "output": 5})[1] == ("output",)


def test_free_is_a_price_and_nothing_else_is(tmp_path: Path):
    text = provider(
        simple("a", 'input: "1", output: free')
        + simple("b").replace('{input: "2", output: "8"}', "free")
    )
    book = opened(tmp_path, text)
    assert book.price("a", "2026-01-01", "output") == "0"
    assert book.price("b", "2026-01-01", "cache_read") == "0"
    assert cost(book.find("b", "2026-01-01").rates, {"input": 10**12}) == (0, ())


LONG = provider(
    """
    - id: m-1
      prices:
        - from: null
          standard: {input: "4", output: "20", cache_read: "0.4", request: "10", web_search_call: "10000"}
          batch: {input: "2", output: "10"}
          tiers:
            - min_prompt_tokens: 272001
              mode: whole_request
              standard: {input: "8", output: "30"}
          SOURCE
    """
)


def test_a_long_prompt_is_dearer_as_a_whole_from_its_first_token_on(tmp_path: Path):
    book = opened(tmp_path, LONG)
    assert book.price("m-1", "2026-01-01", prompt_tokens=272000) == "4"
    assert book.price("m-1", "2026-01-01", prompt_tokens=272001) == "8"
    # The tier states no cached price: it inherits inside the tier.
    assert book.price("m-1", "2026-01-01", "cache_read", prompt_tokens=272001) == "8"
    assert book.price("m-1", "2026-01-01", tier="batch", prompt_tokens=10**6) == "2"


def test_what_is_priced_per_call_does_not_depend_on_the_prompt(tmp_path: Path):
    rates = opened(tmp_path, LONG).find("m-1", "2026-01-01", prompt_tokens=300000).rates
    assert rates.rate("request") == Decimal("0.00001")
    assert rates["units"] == {"web_search_call": Decimal("0.01")}


PEAK = provider(
    """
    - id: m-1
      prices:
        - from: 2026-08-17
          standard: {input: "1", output: "2"}
          batch: {input: "0.5", output: "1"}
          windows:
            - name: peak
              weekdays: [1, 2, 3, 4, 5]
              tz: Asia/Shanghai
              hours: ["09:00-12:00", "14:00-18:00"]
              except_dates: [2026-10-01]
              standard: {input: "2", output: "4"}
          SOURCE
    """
)


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2026-09-01T00:59:59", "1"),  # Tuesday 08:59:59 in Shanghai
        ("2026-09-01T01:00:00", "2"),
        ("2026-09-01T03:59:59", "2"),
        ("2026-09-01T04:00:00", "1"),
        ("2026-09-01T06:00:00", "2"),
        ("2026-09-01T10:00:00", "1"),
        ("2026-09-05T02:00:00", "1"),  # Saturday
        ("2026-10-01T02:00:00", "1"),  # a holiday
        ("2026-08-17T02:00:00", "2"),  # Monday
        ("2026-08-16T02:00:00", None),
    ],
)
def test_a_window_holds_by_the_local_clock(tmp_path: Path, at, price):
    book = opened(tmp_path, PEAK)
    assert book.price("m-1", at) == price
    if price:
        assert book.price("m-1", at, tier="batch") == "0.5"


def test_windows_that_meet_have_no_base_between_them(tmp_path: Path):
    text = PEAK.replace('"09:00-12:00", "14:00-18:00"', '"00:00-12:00", "12:00-24:00"')
    steps = opened(tmp_path, text).compiled.rows["price_steps"]
    windowed = [row[1] for row in steps if row[0] == max(r[0] for r in steps if r[3])]
    assert windowed == [-1, 0, 720, 1440, 2160, 2880, 3600, 4320, 5040, 5760, 6480, 7200]


REGIONS = provider(
    """
    - id: m-1
      prices:
        - from: 2024-01-01
          standard: {input: "2", output: "8", cache_read: "0.075", request: "10"}
          batch: {input: "1", output: "4"}
          regions:
            zone_eu: {uplift: "1.20"}
            gov: {standard: {input: "3", output: "11"}}
            zone_us: {standard: {cache_read: "0.083"}}
          SOURCE
    """,
    more="""\
    regions:
      zone_us: {uplift: [{uplift: "1.05", from: null}, {uplift: "1.10", from: 2026-01-01}], prefixes: ["us/"]}
      zone_eu: {uplift: "1.10"}
      gov: {prefixes: ["gov/"]}
      ptu: fixed
    """,
)


@pytest.mark.parametrize(
    "case",
    [
        ("global", "2026-01-01", "input", "standard", "2"),
        ("zone_us", "2025-12-31T23:59:59", "input", "standard", "2.1"),
        ("zone_us", "2026-01-01", "input", "standard", "2.2"),
        ("zone_us", "2026-01-01", "input", "batch", "1.1"),
        ("zone_us", "2026-01-01", "cache_read", "standard", "0.083"),  # stated beats multiplied
        ("zone_us", "2026-01-01", "request", "standard", "10"),  # only tokens are multiplied
        (
            "zone_eu",
            "2026-01-01",
            "input",
            "standard",
            "2.4",
        ),  # the period's factor beats the provider's
        ("gov", "2026-01-01", "input", "standard", "3"),
        ("gov", "2026-01-01", "cache_read", "standard", "3"),  # inherits from the stated figures
        ("gov", "2026-01-01", "input", "batch", None),
        ("ptu", "1990-01-01", "output", "batch", "0"),
        ("mars", "2026-01-01", "input", "standard", None),
    ],
)
def test_a_region_has_its_factor_or_its_own_figures(tmp_path: Path, case):
    region, at, price_class, tier, price = case
    book = opened(tmp_path, REGIONS)
    assert book.price("m-1", at, price_class, region=region, tier=tier) == price


def test_provisioned_units_cost_nothing_a_token_and_say_fixed(tmp_path: Path):
    found = opened(tmp_path, REGIONS).find("m-1", "2026-01-01", region="ptu", tier="scale")
    assert found.basis(moment("2026-01-01")) == "fixed"


def test_inherited_periods_are_replaced_one_by_one(tmp_path: Path):
    text = provider(
        """
        - id: base
          kind: embedding
          family: f
          prices:
            - from: 2024-01-01
              standard: {input: "2", cache_read: "1"}
              SOURCE
            - from: 2025-01-01
              standard: {input: "1"}
              SOURCE
        - id: child
          inherits: base
          prices:
            - from: 2024-01-01
              standard: {input: "3"}
              SOURCE
            - from: 2026-01-01
              standard: {input: "0.5"}
              SOURCE
        """
    )
    book = opened(tmp_path, text)
    days = ("2024-06-01", "2025-06-01", "2026-06-01")
    assert [book.price("child", day) for day in days] == ["3", "1", "0.5"]
    # A replaced period brings none of its figures along.
    assert book.price("child", "2024-06-01", "cache_read") == "3"
    models = {row[1]: row[2:4] for row in book.compiled.rows["price_models"]}
    assert models["child"] == ("embedding", "f")


def test_an_extending_provider_takes_over_models_dates_and_aliases(tmp_path: Path):
    second = provider(
        simple("old", 'input: "6"'), head=HEAD.replace("acme", "resold"), more="extends: acme\n"
    )
    (tmp_path / "a.yaml").write_text(DATED)
    (tmp_path / "b.yaml").write_text(second)
    book = Opened(compile_book(open_book([tmp_path], PricingSettings(), None)))
    assert book.price("old", "2026-01-01", provider="resold") == "6"
    assert book.price("moved", "2024-06-01", provider="resold") == "6"
    assert book.price("moved", "2025-06-01", provider="resold") == "2.5"
    assert book.price("new-latest", "2026-09-01", provider="resold") == "2"


def test_a_scheduled_price_applies_from_its_day_and_a_withdrawn_one_never(tmp_path: Path):
    text = provider(
        """
        - id: m-1
          prices:
            - from: 2026-01-01
              standard: {input: "2"}
              source: {url: "https://x", retrieved: 2026-01-05}
            - from: 2026-09-01
              scheduled: true
              announced: 2026-07-10
              withdrawn: 2026-08-28
              standard: {input: "3"}
              source: {url: "https://x", retrieved: 2026-07-11}
            - from: 2026-12-01
              scheduled: true
              announced: 2026-11-01
              standard: {input: "4"}
              source: {url: "https://x", retrieved: 2026-11-02}
        """
    )
    book = opened(tmp_path, text)
    days = ("2026-06-01", "2026-10-01", "2026-12-01")
    assert [book.price("m-1", day) for day in days] == ["2", "2", "4"]
    then = opened(tmp_path, text, known_on=date(2026, 8, 1))
    assert [then.price("m-1", day) for day in days] == ["2", "3", "3"]
    after = opened(tmp_path, text, known_on=date(2026, 8, 28))
    assert [after.price("m-1", day) for day in days] == ["2", "2", "2"]


def test_a_corrected_period_is_the_one_retrieved_later(tmp_path: Path):
    text = provider(
        """
        - id: m-1
          prices:
            - from: 2026-01-01
              withdrawn: 2026-03-01
              standard: {input: "20"}
              source: {url: "https://x", retrieved: 2026-01-05}
            - from: 2026-01-01
              standard: {input: "2"}
              source: {url: "https://x", retrieved: 2026-03-01}
        """
    )
    assert opened(tmp_path, text).price("m-1", "2026-02-01") == "2"
    assert opened(tmp_path, text, known_on=date(2026, 2, 1)).price("m-1", "2026-02-01") == "20"


def test_the_table_knows_nothing_before_its_first_day(tmp_path: Path):
    with pytest.raises(CostctlError, match="nothing before 2026-11-01") as error:
        opened(tmp_path, DATED, known_on=date(2026, 10, 31))
    assert error.value.exit_code == 2


def test_a_higher_layer_cuts_out_its_own_time_and_mixes_no_figures(tmp_path: Path):
    higher = provider(
        """
        - id: new
          prices:
            - from: 2025-01-01
              to: 2026-01-01
              standard: {input: "1", output: "4"}
              SOURCE
        """
    )
    book = opened(tmp_path, DATED, higher)
    days = ("2024-12-31T23:59:59", "2025-01-01", "2025-12-31T23:59:59", "2026-01-01")
    assert [book.price("new", day) for day in days] == ["2.5", "1", "1", "2.5"]
    # The higher layer states no cached price and no batch price; the lower ones do not shine through.
    assert book.price("new", "2025-06-01", "cache_read") == "1"
    assert book.price("new", "2025-06-01", tier="batch") is None
    assert book.price("moved", "2025-06-01") == "1"


def test_the_rate_of_every_shipped_model_is_exact():
    rows = compile_book(open_book([], PricingSettings.default(), None)).rows["price_rates"]
    rates = [value for row in rows for value in row[2:24] if value is not None]
    assert all(rate.as_tuple().exponent >= -18 for rate in rates)


def test_a_prompt_size_below_the_first_price_has_none(tmp_path: Path):
    text = provider(
        """
        - id: m-1
          prices:
            - from: null
              standard: {input: "2"}
              tiers:
                - {min_prompt_tokens: 1000, mode: whole_request, batch: {input: "1"}}
              SOURCE
        """
    )
    book = opened(tmp_path, text)
    assert book.reason("m-1", "2026-01-01", tier="batch") == "no_class_price"
    assert book.price("m-1", "2026-01-01", tier="batch", prompt_tokens=1000) == "1"
