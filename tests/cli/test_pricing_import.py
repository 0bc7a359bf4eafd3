"""`costctl pricing diff` and `import`: public tables against ours, and into ours."""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.ledger import call, fill

OURS = """\
# Prices of a vendor.
schema: 1
provider: openai
currency: USD
unit: per_million_tokens
home: true
strip_prefixes: ["openai/"]
regions:
  regional: {uplift: "1.10"}
models:
  - id: gpt-a
    kind: chat
    prices:
      - from: 2024-01-01
        standard: {input: "9", output: "18"}
        source: {url: "https://example.org/a", retrieved: 2026-01-01, confidence: high}
      # the cut of June
      - from: 2026-06-01
        standard: {input: "5", output: "15"}  # as announced
        batch: {input: "2.5", output: "7.5"}
        source: {url: "https://example.org/a", retrieved: 2026-06-01, confidence: high}
    note: stays behind the prices

  - id: gpt-b
    kind: chat
    aliases: [gpt-b-latest]
    prices:
      - from: null
        first_seen: 2026-01-01
        standard: {input: "1", output: "2"}
        source: {url: "https://example.org/b", retrieved: 2026-06-01, confidence: low}
"""

DEEP = """\
schema: 1
provider: deepseek
currency: USD
unit: per_million_tokens
home: true
strip_prefixes: ["deepseek/"]
models:
  - id: deep-a
    kind: chat
    prices:
      - from: 2026-01-01
        standard: {input: "0.1", output: "0.5"}
        source: {url: "https://example.org/d", retrieved: 2026-06-01, confidence: high}
"""

GPT_A = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": 5e-06,
    "output_cost_per_token": 1.5e-05,
    "input_cost_per_token_batches": 2.5e-06,
    "output_cost_per_token_batches": 7.5e-06,
}
GPT_B = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": 1e-06,
    "output_cost_per_token": 2e-06,
}


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole price table in `pricing`, which is the built-in one too."""
    folder = tmp_path / "pricing"
    (folder / "providers").mkdir(parents=True)
    (folder / "manifest.yaml").write_text('schema: 1\ntable_version: "2026-06-01"\nsources: []\n')
    (folder / "providers" / "openai.yaml").write_text(OURS)
    (folder / "providers" / "deepseek.yaml").write_text(DEEP)
    monkeypatch.setattr("costctl.pricebook.settings.shipped", lambda: folder)
    return folder


@pytest.fixture
def bring(run, table):
    """Import a litellm table; return the run, its result, and the text of our file after it."""

    def imported(models, *flags: object, provider="openai", name="litellm") -> tuple[Any, Any, str]:
        source = table.parent / "public.json"
        source.write_text(json.dumps(models))
        done = run("pricing", "import", "--from", name, source, "--json", *flags)
        if done.stdout:
            jsonschema.validate(
                json.loads(done.stdout), json.loads(run("schema", "pricing-import").stdout)
            )
        result = json.loads(done.stdout)["result"] if done.stdout else None
        return done, result, (table / "providers" / f"{provider}.yaml").read_text()

    return imported


def rows(result):
    return {row["model"]: row["action"] for row in result["rows"]}


def test_equal_figures_only_set_the_day_of_the_last_look(bring):
    done, result, text = bring({"gpt-a": GPT_A, "gpt-b": GPT_B})
    assert done.code == 0
    assert rows(result) == {"gpt-a": "checked", "gpt-b": "checked"}
    assert text == OURS.replace(
        "retrieved: 2026-06-01, confidence",
        "retrieved: 2026-06-01, checked: 2026-11-23, confidence",
    )
    again = bring({"gpt-a": GPT_A, "gpt-b": GPT_B})
    assert (again[1]["rows"], again[2]) == ([], text)


def test_a_figure_that_differs_begins_a_period_and_closes_nothing_by_hand(bring, run):
    done, result, text = bring(
        {"gpt-a": GPT_A | {"output_cost_per_token": 1.2e-05}}, "--at", "2026-11-20"
    )
    assert done.code == 0
    assert rows(result) == {"gpt-a": "new period"}
    (difference,) = result["rows"][0]["differences"]
    assert (
        difference["ours_usd_per_1m"],
        difference["theirs_usd_per_1m"],
        difference["ratio"],
    ) == (15, 12, 0.8)
    added = """\
      - from: 2026-11-20
        standard: {input: "5", output: "12"}
        batch: {input: "2.5", output: "7.5"}
        source: {url: "https://github.com/BerriAI/litellm", retrieved: 2026-11-20, confidence: medium}
    note: stays behind the prices
"""
    assert text == OURS.replace("    note: stays behind the prices\n", added)
    for day, price in (("2026-11-19T23:59:59", 15), ("2026-11-20", 12)):
        shown = run("pricing", "explain", "gpt-a", "--at", day, "--json")
        assert json.loads(shown.stdout)["result"]["usd_per_1m"]["output"] == price


def test_a_dry_run_writes_nothing(bring):
    done, result, text = bring({"gpt-a": GPT_A | {"output_cost_per_token": 1.2e-05}}, "--dry-run")
    assert (done.code, text, result["written"]) == (0, OURS, [])
    assert rows(result) == {"gpt-a": "new period"}


def test_missing_figures_join_the_period_in_force(bring):
    more = {
        "cache_read_input_token_cost": 5e-07,
        "input_cost_per_token_flex": 2.5e-06,
        "output_cost_per_token_flex": 7.5e-06,
    }
    done, result, text = bring({"gpt-a": GPT_A | more})
    assert done.code == 0, done.stderr
    assert rows(result) == {"gpt-a": "added"}
    assert 'standard: {input: "5", output: "15", cache_read: "0.5"}  # as announced\n' in text
    assert '        flex: {input: "2.5", output: "7.5"}\n' in text
    assert 'standard: {input: "9", output: "18"}\n' in text


def test_a_long_prompt_tier_that_we_lack_holds_from_now_on(bring):
    more = {
        "input_cost_per_token_above_200k_tokens": 1e-05,
        "output_cost_per_token_above_200k_tokens": 3e-05,
    }
    _, result, text = bring({"gpt-a": GPT_A | more})
    assert rows(result) == {"gpt-a": "new period"}
    assert '          - min_prompt_tokens: 200001\n            mode: whole_request\n            standard: {input: "10", output: "30"}\n' in text  # fmt: skip
    assert text.count("tiers:") == 1


def test_a_new_model_is_written_whole(bring, run):
    new = GPT_B | {"deprecation_date": "2027-01-31", "prompt_cache_min_tokens": 1024}
    done, result, text = bring({"openai/gpt-c": new})
    assert done.code == 0
    assert rows(result) == {"gpt-c": "new model"}
    assert text == OURS + (
        "\n  - id: gpt-c\n    kind: chat\n    retires_on: 2027-01-31\n    prompt_cache: {min_tokens: 1024}\n"
        '    prices:\n      - from: null\n        first_seen: 2026-11-23\n        standard: {input: "1", output: "2"}\n'
        '        source: {url: "https://github.com/BerriAI/litellm", retrieved: 2026-11-23, confidence: medium}\n'
    )  # fmt: skip
    shown = run("pricing", "explain", "gpt-c", "--at", "2026-01-01", "--json")
    assert json.loads(shown.stdout)["result"]["price_basis"] == "assumed_start"


def test_a_move_by_ten_is_written_only_when_it_is_acknowledged(bring, run):
    slip = {"gpt-a": GPT_A | {"input_cost_per_token": 5e-07}}
    done, result, text = bring(slip)
    assert (done.code, text) == (2, OURS)
    assert [found["code"] for found in result["needs_ack"]] == ["moved_by_power"]
    assert "--ack moved_by_power" in done.stderr
    done, result, text = bring(slip, "--ack", "moved_by_power")
    assert done.code == 0
    assert "        ack: [moved_by_power]\n" in text
    found = json.loads(run("pricing", "validate", "pricing", "--json").stdout)["result"]["rows"]
    assert "moved_by_power" not in {row["code"] for row in found}


def test_exchanged_figures_need_a_look_too(bring):
    done, result, text = bring(
        {"gpt-b": GPT_B | {"input_cost_per_token": 2e-06, "output_cost_per_token": 1e-06}}
    )
    assert (done.code, text) == (2, OURS)
    assert "swapped" in {found["code"] for found in result["needs_ack"]}


def test_zeros_and_float_artefacts_are_left_out_and_listed(bring):
    odd = GPT_B | {
        "cache_read_input_token_cost": 0.0,
        "cache_creation_input_token_cost": 1.2345678901e-07,
    }
    _, result, _ = bring({"gpt-b": odd})
    assert any("is 0" in line for line in result["skipped"])
    assert any("more than 9 decimals" in line for line in result["skipped"])
    assert rows(result) == {"gpt-b": "checked"}


def test_small_exponents_are_exact(bring):
    _, _, text = bring({"gpt-a": GPT_A | {"cache_read_input_token_cost": 3.6e-08}})
    assert 'cache_read: "0.036"}' in text


@pytest.mark.parametrize(
    ("models", "why"),
    [
        ({"gpt-b-latest": GPT_B | {"input_cost_per_token": 3e-06}}, "a name for another model"),
        ({"openai/team/gpt-z": GPT_B}, "a path or a region's name"),
    ],
)
def test_what_cannot_be_written_safely_is_left_to_a_person(bring, models, why):
    done, result, text = bring(models)
    assert (done.code, text) == (0, OURS)
    assert why in result["rows"][0]["why"]


def test_off_peak_hours_are_turned_round(bring, run):
    deep = {
        "litellm_provider": "deepseek",
        "mode": "chat",
        "input_cost_per_token": 3e-07,
        "output_cost_per_token": 1.2e-06,
        "off_peak_pricing": {
            "input_cost_per_token": 1.5e-07,
            "output_cost_per_token": 6e-07,
            "windows": [
                {"hours_utc": ["00:00-01:00", "04:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
                {"hours_utc": "00:00-00:00", "weekdays": [6, 7]},
            ],
        },
    }
    done, result, text = bring({"deepseek/deep-a": deep}, provider="deepseek")
    assert done.code == 0, done.stderr
    assert rows(result) == {"deep-a": "new period"}
    assert '        standard: {input: "0.15", output: "0.6"}\n        windows:\n          - name: peak\n            weekdays: [1, 2, 3, 4, 5]\n            tz: UTC\n            hours: ["01:00-04:00"]\n            standard: {input: "0.3", output: "1.2"}\n' in text  # fmt: skip
    for at, price in (
        ("2026-11-24T00:59:59", 0.15),
        ("2026-11-24T01:00", 0.3),
        ("2026-11-28T02:00", 0.15),
    ):
        shown = run("pricing", "explain", "deep-a", "--at", at, "--json")
        assert json.loads(shown.stdout)["result"]["usd_per_1m"]["input"] == price
    assert bring({"deepseek/deep-a": deep}, provider="deepseek")[1]["rows"] == []


GENAI = [
    {
        "id": "openai",
        "models": [
            {
                "id": "gpt-a",
                "match": {"or": [{"equals": "gpt-a"}, {"starts_with": "gpt-a-"}]},
                "prices": [
                    {"prices": {"input_mtok": 9, "output_mtok": 18}},
                    {
                        "constraint": {"start_date": "2026-06-01"},
                        "prices": {"input_mtok": 5, "output_mtok": {"base": 15, "tiers": [{"start": 272000, "price": 22.5}]}},
                    },
                    {"constraint": {"start_date": "2030-01-01"}, "prices": {"input_mtok": 1}},
                ],
                "price_variants": [
                    {"when": {"processing": "batch"}, "prices": {"input_mtok": 2.5, "output_mtok": 7.5}, "constraint": {"start_date": "2026-10-14"}},
                    {"when": {"search_type": "web"}, "prices": {"input_mtok": 1}},
                ],
            },
            {
                "id": "gpt-d",
                "match": {"or": [{"equals": "gpt-d"}, {"equals": "gpt-d-2026"}, {"contains": "d-"}]},
                "prices": {"input_mtok": 2, "output_mtok": 4, "web_searches_kcount": 10},
            },
        ],
    },
    {"id": "reseller", "models": [{"id": "gpt-a", "prices": {"input_mtok": 99}}]},
]  # fmt: skip


def test_the_other_public_table_is_read_by_its_own_rules(bring):
    done, result, text = bring(GENAI, name="genai-prices")
    assert done.code == 0, done.stderr
    assert rows(result) == {"gpt-a": "new period", "gpt-d": "new model"}
    # A tier of that table begins above its start.
    assert '          - min_prompt_tokens: 272001\n            mode: whole_request\n            standard: {output: "22.5"}\n' in text  # fmt: skip
    assert "    aliases: [gpt-d-2026]\n" in text
    assert 'standard: {input: "2", output: "4", web_search_call: "10000"}' in text
    assert any("search_type" in line for line in result["skipped"])


def test_diff_shows_every_figure_that_differs(run, table):
    source = table.parent / "public.json"
    models = {
        "gpt-a": GPT_A | {"output_cost_per_token": 1.2e-05, "cache_read_input_token_cost": 5e-07},
        "gpt-z": GPT_B,
    }
    source.write_text(json.dumps(models))
    done = run("pricing", "diff", "--against", "litellm", source, "--json")
    result = json.loads(done.stdout)["result"]
    assert done.code == 0
    assert result["counts"] == {"differs": 1, "inherited": 1, "missing_model": 2}
    assert {(r["model"], r["price_class"], r["ours_usd_per_1m"], r["theirs_usd_per_1m"]) for r in result["rows"]} == {
        ("gpt-a", "output", 15, 12),
        ("gpt-a", "cache_read", 5, 0.5),
        ("gpt-z", "input", None, 1),
        ("gpt-z", "output", None, 2),
    }  # fmt: skip
    assert run("pricing", "diff", "--against", "litellm", source, "--fail-on-drift").code == 3


def test_diff_with_the_table_as_known_before(run, table):
    path = table / "providers" / "openai.yaml"
    path.write_text(
        OURS.replace(
            "retrieved: 2026-06-01, confidence: high", "retrieved: 2026-07-01, confidence: high"
        )
    )
    done = run("pricing", "diff", "--against", "2026-06-15", "--provider", "x")
    assert done.code == 2
    done = run("pricing", "diff", "--against", "2026-06-15", "--json")
    found = json.loads(done.stdout)["result"]["rows"]
    assert {(r["model"], r["region"], r["tier"], r["price_class"], r["ours_usd_per_1m"], r["theirs_usd_per_1m"]) for r in found if r["region"] == "global"} == {
        ("gpt-a", "global", "standard", "input", 5, 9),
        ("gpt-a", "global", "standard", "output", 15, 18),
        ("gpt-a", "global", "batch", "input", 2.5, None),
        ("gpt-a", "global", "batch", "output", 7.5, None),
    }  # fmt: skip


def test_diff_with_itself_finds_nothing(run, table):
    done = run("pricing", "diff", "--against", table, "--fail-on-drift", "--json")
    assert done.code == 0
    assert json.loads(done.stdout)["result"]["rows"] == []


def test_diff_says_what_stored_usage_would_cost(run, table):
    row = {
        "requested_model": "gpt-a",
        "provider": "openai",
        "input_uncached": 10**6,
        "output": 10**6,
    }
    fill(table.parent / "costctl.duckdb", call("2026-11-01T00:00:00", **row))
    cheaper = table.parent / "cheaper.yaml"
    cheaper.write_text(OURS.replace('"5"', '"4"').replace('"15"', '"10"'))
    done = run("pricing", "diff", "--against", cheaper, "--usage", "--json")
    assert done.code == 0, done.stderr
    (usage,) = json.loads(done.stdout)["result"]["usage"]
    assert (usage["model"], usage["cost_usd"], usage["other_usd"], usage["difference_usd"]) == (
        "gpt-a",
        20,
        14,
        -6,
    )


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "flags",
    [
        ("--against", "nothing-known"),
        ("--against", "litellm"),
        ("--against", "litellm", "none.json"),
        ("--against", "litellm", "installed", "--usage"),
        ("--against", "2026-11-01", "extra.json"),
        (),
    ],
)
def test_a_comparison_with_nothing_is_a_wrong_command_line(run, flags):
    assert run("pricing", "diff", *flags).code == 2


@pytest.mark.parametrize("text", ["[]", "nonsense", '"text"'])
def test_a_file_that_is_no_public_table_is_an_error(run, table, text):
    source = table.parent / "public.json"
    source.write_text(text)
    assert run("pricing", "diff", "--against", "litellm", source).code == 2
    if text != "[]":
        assert run("pricing", "import", "--from", "genai-prices", source).code == 2


def test_an_import_without_a_table_to_write_to_is_an_error(run, tmp_path):
    source = tmp_path / "public.json"
    source.write_text("{}")
    done = run("pricing", "import", "--from", "litellm", source)
    assert done.code == 2
    assert "no price files at pricing" in done.stderr


def ours(table, old: str, new: str):
    path = table / "providers" / "openai.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


DEARER = {"gpt-a": GPT_A | {"output_cost_per_token": 1.8e-05}}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("from: 2026-06-01\n", "from: 2026-06-01\n        to: 2027-01-01\n", "its period is closed"),
        ("from: 2026-06-01", "from: 2026-11-23", "its period begins on 2026-11-23"),
        ("      # the cut of June\n      - from: 2026-06-01\n", "      -\n        from: 2026-06-01\n", "laid out in another way"),
        (
            "  # as announced\n",
            '\n        windows:\n          - {name: w, tz: UTC, hours: ["01:00-02:00"], standard: {input: "6", output: "16"}}\n',
            "it has day windows",
        ),
        ("  # as announced\n", '\n        regions: {regional: {standard: {input: "6", output: "16"}}}\n', "states figures of regions"),
        ("home: true\n", "home: true\ndefault_region: regional\n", "a factor holds in regional"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_new_period_is_left_to_a_person(bring, table, old, new, why):
    ours(table, old, new)
    before = (table / "providers" / "openai.yaml").read_text()
    done, result, text = bring(DEARER)
    assert (done.code, text) == (0, before), done.stderr
    assert why in result["rows"][0]["why"]


def test_a_region_of_a_model_is_left_to_a_person(bring, table):
    ours(table, 'regional: {uplift: "1.10"}', 'regional: {uplift: "1.10", prefixes: ["eu/"]}')
    _, result, _ = bring({"eu/gpt-a": GPT_A, "eu/gpt-new": GPT_B})
    assert [row["why"] for row in result["rows"]] == [
        "a figure of region regional",
        "a path or a region's name, not a model's",
    ]


def test_prices_that_stand_elsewhere_are_left_to_a_person(bring, table):
    ours(table, "  - id: gpt-b\n", "  - id: gpt-c\n    inherits: gpt-a\n\n  - id: gpt-b\n")
    _, result, _ = bring({"gpt-c": DEARER["gpt-a"]})
    assert result["rows"][0]["why"] == "its prices stand elsewhere"


def test_the_factors_of_regions_go_along_into_a_new_period(bring, table):
    ours(table, "  # as announced\n", '\n        regions: {regional: {uplift: "1.2"}}\n')
    _, _, text = bring(DEARER)
    assert text.count('        regions: {regional: {uplift: "1.2"}}\n') == 2


TIERED = {
    "input_cost_per_token_flex": 2e-06,
    "input_cost_per_token_priority": 7e-06,
    "input_cost_per_token_above_200k_tokens_flex": 4e-06,
    "input_cost_per_token_above_200k_tokens_priority": 1.4e-05,
}


def test_a_service_tier_joins_with_its_long_prompts(bring):
    done, result, text = bring({"gpt-a": GPT_A | TIERED})
    assert done.code == 0, done.stderr
    assert rows(result) == {"gpt-a": "added"}
    assert (
        """\
        batch: {input: "2.5", output: "7.5"}
        flex: {input: "2"}
        priority: {input: "7"}
        tiers:
          - min_prompt_tokens: 200001
            mode: whole_request
            flex: {input: "4"}
            priority: {input: "14"}
        source:"""
        in text
    )


LONG = """
        tiers:
          - min_prompt_tokens: %d
            mode: whole_request
            standard: {input: "10", output: "30"}
"""


def test_a_service_tier_joins_the_long_prompts_that_are_there(bring, table):
    ours(table, "  # as announced\n", LONG % 200001)
    _, result, text = bring({"gpt-a": GPT_A | TIERED})
    assert rows(result) == {"gpt-a": "added"}
    assert '            standard: {input: "10", output: "30"}\n            flex: {input: "4"}\n            priority: {input: "14"}\n' in text  # fmt: skip


def test_a_prompt_size_between_others_is_left_to_a_person(bring, table):
    ours(table, "  # as announced\n", LONG % 300000)
    before = (table / "providers" / "openai.yaml").read_text()
    _, result, text = bring({"gpt-a": GPT_A | TIERED})
    assert (rows(result), text) == ({"gpt-a": "by hand"}, before)


def test_a_second_name_of_a_new_model_is_told(bring):
    _, result, text = bring({"gpt-n": GPT_B, "openai/gpt-n": GPT_B})
    assert [row["action"] for row in result["rows"]] == ["new model", "by hand"]
    assert text.count("- id: gpt-n\n") == 1


def test_a_name_that_already_means_another_model_is_told(bring):
    new = {"id": "gpt-x", "match": {"or": [{"equals": "gpt-a"}]}, "prices": {"input_mtok": 1}}
    _, result, text = bring([{"id": "openai", "models": [new]}], name="genai-prices")
    assert (text, result["rows"][0]["why"]) == (OURS, "its name gpt-a means another model here")


def test_a_fine_tuned_name_is_quoted(bring, run):
    _, _, text = bring({"ft:gpt-b": GPT_B})
    assert '- id: "ft:gpt-b"\n' in text
    assert run("pricing", "explain", "ft:gpt-b:org:name:id").code == 0


def test_an_import_that_would_leave_a_wrong_file_writes_nothing(bring):
    wrong = GPT_B | {"input_cost_per_token": 1e12}
    done, _, text = bring({"gpt-n": wrong})
    assert (done.code, text) == (2, OURS)
    assert "nothing is written" in done.stderr


def test_a_single_price_file_can_be_written_to(run, tmp_path):
    mine, source = tmp_path / "mine.yaml", tmp_path / "public.json"
    mine.write_text(OURS)
    source.write_text(json.dumps(DEARER))
    done = run("pricing", "import", "--from", "litellm", source, "--pricing", mine)
    assert (done.code, f"written: {mine}" in done.stdout) == (0, True)
    assert 'output: "18"}\n        batch: {input: "2.5"' in mine.read_text()


def test_only_the_models_asked_for_are_touched(bring):
    both = {**DEARER, "gpt-b": GPT_B | {"output_cost_per_token": 3e-06}}
    assert rows(bring(both, "--model", "gpt-b", "--dry-run")[1]) == {"gpt-b": "new period"}
    assert rows(bring(both, "--provider", "deepseek", "--dry-run")[1]) == {}
    assert bring(both, "--at", "yesterday")[0].code == 2


def test_fields_without_a_class_here_are_listed(bring):
    odd = {
        "gpt-b": GPT_B | {"output_cost_per_pixel": 1e-08, "deprecation_date": "soon"},
        "gpt-t": {"litellm_provider": "openai", "tiered_pricing": []},
        "else": {"litellm_provider": "nobody", "input_cost_per_token": 1},
        "text": "not an entry",
    }
    _, result, _ = bring(odd)
    assert result["skipped"] == [
        "gpt-b: output_cost_per_pixel has no class here",
        "gpt-t: tiered_pricing is read by hand",
    ]


def test_searches_are_priced_where_all_sizes_cost_the_same(bring):
    search = {
        "search_context_cost_per_query": {
            "search_context_size_low": 0.01,
            "search_context_size_high": 0.01,
        }
    }
    assert 'web_search_call: "10000"' in bring({"gpt-b": GPT_B | search})[2]


HOURS = {"start_time": "16:30:00+00:00", "end_time": "00:30:00+00:00"}


def test_hours_of_the_day_become_a_window(bring, run):
    deep = {
        "id": "deep-a",
        "prices": [
            {"prices": {"input_mtok": 0.2, "output_mtok": 0.8, "audio_hours": 1}},
            {"constraint": HOURS, "prices": {"input_mtok": 0.05, "output_mtok": 0.4}},
        ],
        "price_variants": [{"when": {"service_tier": "default"}, "prices": {}}],
    }
    done, result, text = bring(
        [{"id": "deepseek", "models": [deep]}], name="genai-prices", provider="deepseek"
    )
    assert done.code == 0, done.stderr
    assert 'hours: ["00:00-00:30", "16:30-24:00"]' in text
    assert result["skipped"] == ["deep-a: audio_hours has no class here"]
    for at, price in (
        ("2026-11-24T16:29:59", 0.2),
        ("2026-11-24T16:30", 0.05),
        ("2026-11-25T00:29", 0.05),
    ):
        shown = run("pricing", "explain", "deep-a", "--at", at, "--json")
        assert json.loads(shown.stdout)["result"]["usd_per_1m"]["input"] == price


@pytest.mark.usefixtures("table")
def test_installed_packages_are_read_without_the_network(run, tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "litellm").mkdir(parents=True)
    (site / "litellm" / "__init__.py").write_text(
        "raise RuntimeError('looked up, never imported')\n"
    )
    (site / "litellm" / "model_prices_and_context_window_backup.json").write_text(
        json.dumps(DEARER)
    )
    (site / "genai_prices").mkdir()
    (site / "genai_prices" / "__init__.py").write_text("")
    (site / "genai_prices" / "data.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(site)
    done = run("pricing", "diff", "--against", "litellm", "installed", "--json")
    assert json.loads(done.stdout)["result"]["counts"] == {"differs": 1}
    done = run("pricing", "diff", "--against", "genai-prices", "installed", "--json")
    result = json.loads(done.stdout)["result"]
    assert [
        (r["model"], r["min_prompt_tokens"], r["theirs_usd_per_1m"]) for r in result["rows"]
    ] == [
        ("gpt-a", 0, 4),
        ("gpt-a", 272001, 8),
    ]
    for name in ("genai_prices.data", "genai_prices"):
        del sys.modules[name]


PACKAGE = """
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


class ModelPrice:
    def __init__(self, **prices):
        self.__dict__.update(prices)

    def _comparable_values(self):
        return self.__dict__


@dataclass
class Tier:
    start: int
    price: Decimal


@dataclass
class Tiered:
    base: Decimal
    tiers: list


@dataclass
class Start:
    start_date: date


@dataclass
class Conditional:
    constraint: Start
    prices: ModelPrice


@dataclass
class Equals:
    equals: str


@dataclass
class Or:
    or_: list


@dataclass
class Variant:
    when: dict
    prices: ModelPrice


@dataclass
class Model:
    id: str
    match: Or
    prices: list
    price_variants: list
    name: str = None


@dataclass
class Provider:
    id: str
    models: list


tiered = Tiered(Decimal(4), [Tier(272000, Decimal(8))])
prices = [Conditional(None, ModelPrice(input_mtok=Decimal(9))), Conditional(Start(date(2026, 6, 1)), ModelPrice(input_mtok=tiered))]
batch = [Variant({"processing": "batch"}, ModelPrice(input_mtok=Decimal("2.5")))]
providers = [Provider("openai", [Model("gpt-a", Or([Equals("gpt-a")]), prices, batch)])]
"""


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", ["litellm", "genai-prices"])
def test_a_package_that_is_not_installed_is_an_error(run, name):
    done = run("pricing", "diff", "--against", name, "installed")
    assert done.code == 2
    assert f"{name} is not installed" in done.stderr
