"""What is wrong with a price file is told with its line, all of it at once, and nothing is half loaded."""

from pathlib import Path

import pytest

from costctl.errors import CostctlError
from costctl.pricebook import PricingSettings, compile_book, open_book
from tests.pricebook.books import HEAD, SOURCE, opened, provider, simple, write

PERIOD = """\
schema: 1
provider: acme
currency: USD
unit: per_million_tokens
models:
  - id: m-1
    prices:
      - from: 2026-01-01
        standard: {input: "2", output: "8"}
        SOURCE
"""


def problems(folder: Path, *texts: str, config: str = "") -> str:
    with pytest.raises(CostctlError) as error:
        opened(folder, *[text.replace("SOURCE", SOURCE) for text in texts], config=config)
    assert error.value.exit_code == 2
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('"2"', "2", 9, 'quote it: "2"'),
        ('"2"', "2.50", 9, 'quote it: "2.50"'),
        ('"2"', '"2e-1"', 9, "no price"),
        ('"2"', '"1_000"', 9, "no price"),
        ('"2"', '"1,000"', 9, "no price"),
        ('"2"', '"-2"', 9, "no price"),
        ('"2"', '"+2"', 9, "no price"),
        ('"2"', '"02"', 9, "no price"),
        ('"2"', '".5"', 9, "no price"),
        ('"2"', '"0"', 9, "write free"),
        ('"2"', '"0.00"', 9, "write free"),
        ('"2"', '"0.1234567891"', 9, "9 decimals"),
        ('"2"', '"1234567890123"', 9, "12 digits"),
        ('"2"', ".inf", 9, "no price"),
        ('"2"', "[1]", 9, "no price"),
        ("input:", "inptu:", 9, "unknown key; did you mean input?"),
        ("standard:", "standrad:", 9, "unknown key; did you mean standard?"),
        ("standard:", "turbo:", 9, "unknown key"),
        ("from: 2026-01-01", "from: 2026-1-1", 8, "is no time"),
        ("from: 2026-01-01", "from: 2026-01-01T00:00:00", 8, "is no time"),
        ("from: 2026-01-01", "from: 2026-13-01", 8, "is no time"),
        ("from: 2026-01-01", "announced: 2026-01-01", 8, "from is missing"),
        ("currency: USD", "currency: EUR", 3, "none of USD"),
        ("unit: per_million_tokens", "unit: per_token", 4, "none of per_million_tokens"),
        ("schema: 1", "schema: 2", 1, "none of 1"),
        ("schema: 1\n", "", 1, "schema is missing"),
        ("currency: USD\n", "", 1, "currency is missing"),
        ("unit: per_million_tokens\n", "", 1, "unit is missing"),
        ("provider: acme\n", "", 1, "provider is missing"),
        ("  - id: m-1\n    prices:", "  - prices:", 6, "id is missing"),
        ("id: m-1", "id: m-1\n    kind: chatty", 7, "is none of"),
        ("id: m-1", "id: m-1\n    colour: red", 7, "unknown key"),
        ("id: m-1", "id: m-1\n    id: m-2", 7, "stands twice"),
        ("id: m-1", "id: &a m-1", 6, "anchor"),
        ("id: m-1", "id: !x m-1", 6, "tag"),
        ("id: m-1", "id: m-1\n    on: red", 7, "boolean"),
        ('{input: "2", output: "8"}', "{}", 9, "states no price"),
        ('standard: {input: "2", output: "8"}', "ack: []", 8, "without prices"),
        ("SOURCE", "ack: [gap]", 8, "source is missing"),
        ("SOURCE", "source: {retrieved: 2026-11-01}", 10, "source.url is missing"),
        ("SOURCE", 'source: {url: "https://x"}', 10, "source.retrieved is missing"),
        ("SOURCE", 'source: {url: "https://x", retrieved: 2026-11-01, confidence: sure}', 10, "none of"),
        ("SOURCE", "SOURCE\n        ack: [gapp]", 11, "did you mean gap?"),
        ("SOURCE", 'SOURCE\n        regions: {mars: {uplift: "1.10"}}', 11, "region 'mars'"),
        ("SOURCE", "SOURCE\n        regions: {global: {}}", 11, "neither uplift nor prices"),
        ("SOURCE", "SOURCE\n        regions: {global: {uplift: 1.10}}", 11, "quote it"),
        ("SOURCE", "SOURCE\n        to: 2026-01-01", 8, "is not after"),
        ("id: m-1", "id: m-1\n    prompt_cache: {min_tokens: 1e3}", 7, "no whole number"),
        ("id: m-1", "id: m-1\n    cheaper_sibling: m-0", 7, "no model of acme; did you mean m-1?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, old, new, line, what):
    assert old in PERIOD
    found = problems(tmp_path, PERIOD.replace(old, new))
    assert any(f"layer0.yaml:{line}:" in told and what in told for told in found.splitlines()), (
        found
    )


TIERS = """
        tiers:
          - min_prompt_tokens: 1000
            mode: whole_request
            standard: {input: "4", output: "16"}
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("whole_request", "marginal", "no vendor prices by brackets"),
        ("            mode: whole_request\n", "", "mode is missing"),
        ("min_prompt_tokens: 1000", "min_prompt_tokens: 0", "no whole number"),
        ("min_prompt_tokens: 1000", "min_prompt_tokens: 1_000", "no whole number"),
        ('            standard: {input: "4", output: "16"}', "", "without prices"),
    ],
)
def test_a_wrong_prompt_tier_is_told(tmp_path: Path, old, new, what):
    assert what in problems(tmp_path, PERIOD + TIERS.strip("\n").replace(old, new) + "\n")


def test_prompt_tiers_must_rise(tmp_path: Path):
    again = TIERS.strip("\n") + "\n" + TIERS.strip("\n").partition("tiers:\n")[2] + "\n"
    assert "do not rise" in problems(tmp_path, PERIOD + again)


WINDOWS = """
        windows:
          - name: peak
            weekdays: [1, 2]
            tz: Asia/Shanghai
            hours: ["09:00-12:00"]
            standard: {input: "4", output: "16"}
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Asia/Shanghai", "Asia/Shangai", "no time zone"),
        ("Asia/Shanghai", "../etc/passwd", "no time zone"),
        ("            tz: Asia/Shanghai\n", "", "tz is missing"),
        ("[1, 2]", "[0]", "no weekday"),
        ("[1, 2]", "[Mon]", "no weekday"),
        ("09:00-12:00", "9-12", "no range of hours"),
        ("09:00-12:00", "12:00-09:00", "over midnight is two entries"),
        ("09:00-12:00", "09:00-24:30", "no range of hours"),
        ('["09:00-12:00"]', '["09:00-12:00", "11:00-13:00"]', "overlap on weekday 1"),
        ("weekdays", "weekday", "did you mean weekdays?"),
    ],
)
def test_a_wrong_window_is_told(tmp_path: Path, old, new, what):
    assert what in problems(tmp_path, PERIOD + WINDOWS.strip("\n").replace(old, new) + "\n")


def test_windows_of_a_period_share_their_zone(tmp_path: Path):
    first = WINDOWS.strip("\n")
    second = (
        first.partition("windows:\n")[2].replace("Asia/Shanghai", "UTC").replace("[1, 2]", "[3]")
    )
    assert "one time zone" in problems(tmp_path, f"{PERIOD}{first}\n{second}\n")


def test_two_periods_that_begin_together_are_refused(tmp_path: Path):
    text = provider(
        """
        - id: m-1
          prices:
            - from: 2026-01-01
              standard: {input: "2", output: "8"}
              SOURCE
            - from: 2026-01-01
              standard: {input: "3", output: "9"}
              SOURCE
        """
    )
    assert (
        "layer0.yaml:11: two periods from 2026-01-01 00:00:00; the first is on line 8"
        in problems(tmp_path, text)
    )


def test_a_period_that_reaches_into_the_next_is_refused(tmp_path: Path):
    text = provider(
        """
        - id: m-1
          prices:
            - from: 2026-01-01
              to: 2026-03-01
              standard: {input: "2", output: "8"}
              SOURCE
            - from: 2026-02-01
              standard: {input: "3", output: "9"}
              SOURCE
        """
    )
    assert "reaches into the period from 2026-02-01" in problems(tmp_path, text)


@pytest.mark.parametrize(
    ("models", "what"),
    [
        ("- {id: a, alias_of: [{to: b, from: null}]}", "'b' is no model of acme"),
        ("- {id: a, alias_of: [{to: a, from: null}]}", "alias 'a' leads back to itself"),
        (
            "- {id: a, alias_of: [{to: b, from: null}]}\n- {id: b, alias_of: [{to: a, from: 2026-01-01}]}",
            "alias 'a' leads back to itself",
        ),
        ("- {id: a, inherits: b}", "inherits: 'b' is no model of acme"),
        ("- {id: a, inherits: b}\n- {id: b, inherits: a}", "leads back to itself"),
        ("- {id: a, inherits: a}", "leads back to itself"),
        ("- {id: a}", "neither prices, alias_of nor inherits"),
        ("- {id: a, alias_of: [{to: b}]}", "from is missing"),
        ("- {id: a, alias_of: [{to: b, from: null}, {to: c, from: null}]}", "two pointers from null"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path, models, what):
    assert what in problems(tmp_path, provider(models))


def test_one_name_for_two_models_is_refused(tmp_path: Path):
    twice = simple("a") + simple("b").replace("- id: b", "- id: b\n      aliases: [a]")
    assert "'a' already means a model" in problems(tmp_path, provider(twice))


def test_an_alias_with_prices_is_refused(tmp_path: Path):
    text = provider(simple("a") + simple("b").replace("- id: b", "- id: b\n      alias_of: a"))
    assert "an alias has no prices of its own" in problems(tmp_path, text)


def test_a_rate_of_more_than_18_decimals_is_refused(tmp_path: Path):
    text = provider(
        simple(price='input: "0.123456789", output: "1"'),
        more='default_region: far\nregions: {far: {uplift: "1.001"}}\n',
    )
    opened(tmp_path, text)
    assert "more than 18 decimals" in problems(tmp_path, text.replace("1.001", "1.0001"))


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path):
    found = problems(
        tmp_path,
        PERIOD.replace('"2"', "2").replace('"8"', "8"),
        PERIOD.replace("acme", "other").replace("from:", "form:"),
        "models: [",
    )
    assert len([line for line in found.splitlines() if "quote it" in line]) == 2
    assert "layer1.yaml:8: models[0].prices[0].form: unknown key; did you mean from?" in found
    assert "layer2.yaml" in found


def test_a_missing_price_file_is_an_error(tmp_path: Path):
    with pytest.raises(CostctlError, match="no price file at") as error:
        open_book([tmp_path / "none.yaml"], PricingSettings(), None)
    assert error.value.exit_code == 2


def test_a_price_file_that_is_no_text_is_an_error(tmp_path: Path):
    path = tmp_path / "layer.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CostctlError, match="not UTF-8"):
        open_book([path], PricingSettings(), None)


def test_a_dozen_lines_are_a_provider(tmp_path: Path):
    book = opened(tmp_path, provider(simple()))
    assert book.price("m-1", "2020-01-01") == "2"


def test_the_shipped_table_is_valid():
    compiled = compile_book(open_book([], PricingSettings.default(), None))
    assert compiled.warnings == ()
    assert len(compiled.rows["price_models"]) > 200


def test_a_folder_is_one_layer(tmp_path: Path):
    write(
        tmp_path, provider(simple("a")), provider(simple("b"), head=HEAD.replace("acme", "other"))
    )
    (tmp_path / "notes.txt").write_text("not a price file")
    names = compile_book(open_book([tmp_path], PricingSettings(), None)).rows["price_names"]
    assert [row[:3] for row in names] == [("acme", "a", 0), ("other", "b", 0)]


def test_one_model_in_two_files_of_a_layer_is_refused(tmp_path: Path):
    write(tmp_path, provider(simple("a")), provider(simple("a")))
    with pytest.raises(CostctlError, match="already means a model"):
        open_book([tmp_path], PricingSettings(), None)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('input: "2"', "input: null", "input is empty"),
        ('standard: {input: "2", output: "8"}', "standard: null", "standard is empty"),
        ('standard: {input: "2", output: "8"}', "standard: [1]", "expected a mapping"),
        (
            "  - id: m-1\n",
            "  - id: m-1\n    cheaper_sibling: [{to: m-1, from: tomorrow}]\n",
            "is no time",
        ),
        (
            "unit: per_million_tokens",
            "unit: per_million_tokens\nregions: {far: near}",
            "expected a mapping",
        ),
        (
            "unit: per_million_tokens",
            'unit: per_million_tokens\nregions: {far: {uplift: "0"}}',
            "a factor is written",
        ),
        (
            "unit: per_million_tokens",
            "unit: per_million_tokens\nregions: {far: {uplift: free}}",
            "no factor",
        ),
        (
            "unit: per_million_tokens",
            'unit: per_million_tokens\nregions: {far: {uplift: [{uplift: "1", from: null}, {uplift: "2", from: null}]}}',
            "two uplifts from null",
        ),
        ("SOURCE", "SOURCE\n        regions: {global: text}", "expected a mapping"),
        ("models:", "models: text\nother:", "expected a list"),
    ],
)
def test_a_value_of_another_shape_is_told(tmp_path: Path, old, new, what):
    assert old in PERIOD
    assert what in problems(tmp_path, PERIOD.replace(old, new))


def test_models_are_required(tmp_path: Path):
    assert "models is missing" in problems(tmp_path, PERIOD.partition("models:")[0])


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('hours: ["09:00-12:00"]', "except_dates: [soon]", "is no day"),
        ('            hours: ["09:00-12:00"]\n', "", "hours is missing"),
    ],
)
def test_a_window_of_another_shape_is_told(tmp_path: Path, old, new, what):
    text = PERIOD + WINDOWS.strip("\n").replace(old, new) + "\n"
    assert what in problems(tmp_path, text)
