"""`costctl simulate` as its users see it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from costctl.levers import LEVERS
from tests.cli.logs import call, log
from tests.cli.schemas import require_fit
from tests.cli.week import STORY, WEEK, stored


@pytest.fixture
def week(run, cache):
    """Return the arguments that name one week of the well-known story."""
    return stored(run, cache, "week", WEEK)


@pytest.fixture
def result(run, week):
    """Return a function that simulates and returns the checked result."""

    def simulated(*args: object) -> dict[str, Any]:
        found = run("simulate", *week, *args, "--json")
        assert found.code == 0, found.stderr
        document = json.loads(found.stdout)
        require_fit(document, "simulate")
        return document["result"]

    return simulated


def cents(value):
    return round(value, 2)


def test_one_flag_is_enough(run, week):
    found = run("simulate", *week, "--cache-hit", "0.6")
    assert found.code == 0
    assert "semantic cache" in found.stdout
    assert "$4,465.50" in found.stdout
    assert "$1,787.85" in found.stdout
    assert "will save" not in found.stdout


def test_without_levers_it_equals_breakdown(run, week, result):
    broken = json.loads(run("breakdown", *week, "--json").stdout)["result"]
    found = result()
    assert found["basis"]["paid_usd"] == broken["total"]["cost_usd"] == 1041.9509
    assert found["basis"]["repriced_usd"] == pytest.approx(1041.9509, rel=1e-9)
    scale = found["basis"]["scale"]
    rows = {row["endpoint"]: row["cost_usd"] for row in broken["rows"]}
    for group in found["groups"]:
        assert group["before_usd"] / scale == pytest.approx(rows[group["endpoint"]], rel=1e-9)
        assert group["after_usd"] == group["before_usd"]
    assert found["after_usd"] == pytest.approx(found["basis"]["baseline_usd"], rel=1e-9)


def test_a_week_becomes_a_month_and_is_called_a_run_rate(run, week, result):
    basis = result()["basis"]
    assert basis["days"] == 7
    assert basis["scale"] == pytest.approx(30 / 7)
    assert basis["run_rate"]
    assert "run rate" in run("simulate", *week).stdout


def test_the_story_composed_properly(tmp_path, result):
    plan = tmp_path / "story.yaml"
    plan.write_text(STORY)
    found = result("--scenario", plan)
    assert cents(found["basis"]["baseline_usd"]) == 4465.50
    assert cents(found["naive_sum_usd"]) == 3878.42
    assert cents(found["combined_saving_usd"]) == 2931.36
    assert cents(found["after_usd"]) == 1534.15


def test_an_invoice_sets_the_scale(tmp_path, result):
    plan = tmp_path / "story.yaml"
    plan.write_text(STORY)
    found = result("--scenario", plan, "--invoice-total", "8000", "--target", "3200")
    assert found["basis"]["scale"] == pytest.approx(7.677905, rel=1e-6)
    assert cents(found["naive_sum_usd"]) == 6948.24
    assert cents(found["combined_saving_usd"]) == 5251.56
    assert cents(found["after_usd"]) == 2748.44
    assert found["target"]["met"]


def test_flags_say_the_same_as_a_scenario(tmp_path, result):
    plan = tmp_path / "story.yaml"
    plan.write_text(STORY)
    by_file = result("--scenario", plan)
    by_flags = result(
        "--cache-hit", "rag_query=60%", "--route", "rag_query=0.6", "--route-to", "gpt-4o-mini",
        "--compress", "document_summary=3200->1500", "--embed-downgrade", "100%",
        "--batch-size", "embedding=100",
    )  # fmt: skip
    intent = next(lever for lever in by_file["levers"] if lever["name"] == "intent")
    assert by_flags["after_usd"] == pytest.approx(by_file["after_usd"] + intent["last_in_usd"])


def test_json_read_back_as_a_scenario_gives_the_same(tmp_path, result):
    first = result(
        "--cache-hit", "0.05:0.2:0.6", "--cache-hit", "rag_query=0.1:0.3:0.5",
        "--cache-lookup-model", "text-embedding-3-small",
        "--cache-lookup-tokens", "40", "--cache-fixed-usd", "100", "--route", "0.4",
        "--route-classifier", "gpt-4o-mini", "--output-cut", "0.1", "--output-cut", "model:gpt-4o*=0.2",
        "--embed-downgrade", "0.3:0.55:1", "--target", "3000",
    )  # fmt: skip
    keys = ("lever", "name", "where", "unless")
    levers = [{key: one[key] for key in keys} | one["params"] for one in first["levers"]]
    plan = tmp_path / "again.yaml"
    plan.write_text(json.dumps({"version": 1, "levers": levers, "target_usd": 3000}))
    second = result("--scenario", plan)
    for name in ("after_usd", "combined_saving_usd", "naive_sum_usd", "overhead_usd"):
        assert second[name] == pytest.approx(first[name], rel=1e-12)
    assert second["uncertainty"] == first["uncertainty"]
    assert second["target"] == first["target"]


def test_a_later_setting_of_a_flag_wins_on_what_it_selects(result):
    found = result("--cache-hit", "0.1", "--cache-hit", "rag_query=0.6")
    after = {
        group["endpoint"]: group["after_usd"] / group["before_usd"] for group in found["groups"]
    }
    assert after["rag_query"] == pytest.approx(0.4)
    assert after["document_summary"] == pytest.approx(0.9)
    assert after["embedding"] == 1


def test_the_order_of_flags_changes_nothing(result):
    flags = [
        ("--cache-hit", "0.2"), ("--route", "rag_query=0.4"), ("--compress", "0.3"),
        ("--swap", "gpt-4o-2024-05-13=gpt-4o"), ("--embed-downgrade", "0.5"),
        ("--batch-api", "embedding=0.5"), ("--flex", "0.1"), ("--trim", "0.1"),
    ]  # fmt: skip
    there = result(*(word for flag in flags for word in flag))
    back = result(*(word for flag in reversed(flags) for word in flag))
    assert there == back


def test_a_cache_that_serves_two_endpoints_is_paid_once(result):
    found = result("--cache-hit", "rag_query=0.6", "--cache-hit", "document_summary=0.2", "--cache-fixed-usd", "100")  # fmt: skip
    assert found["overhead_usd"] == 100
    saved = (635.06 * 0.6 + 358.4 * 0.2) * 30 / 7 - 100
    assert found["combined_saving_usd"] == pytest.approx(saved)


def test_a_flag_replaces_the_files_levers_of_its_type_where_it_selects(tmp_path, result):
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nlevers:\n  - {lever: output, cut: 0.5}\n")
    found = result("--scenario", plan, "--output-cut", "rag_query=0.1")
    after = {g["endpoint"]: g["before_usd"] - g["after_usd"] for g in found["groups"]}
    scale = found["basis"]["scale"]
    assert after["rag_query"] / scale == pytest.approx(14.464 * 15 * 0.1)
    assert after["document_summary"] / scale == pytest.approx(10.24 * 15 * 0.5)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--cache-hit", "60"), ("--cache-hit", "did you mean 0.6 or 60%?")),
        (("--cache-hit", "0,6"), ("--cache-hit", "did you mean 0.6 or 60%?")),
        (("--cache-hit", "nan"), ("did you mean 0.6 or 60%?",)),
        (("--cache-hit", "45"), ("did you mean 0.45 or 45%?",)),
        (("--output-cut", "0,05"), ("did you mean 0.05 or 5%?",)),
        (("--cache-hit", "RAG_Query=0.6"), ("no usage has endpoint RAG_Query; did you mean rag_query?",)),
        (("--cache-hit", "model:GPT-4O=0.6"), ("did you mean gpt-4o-2024-05-13?",)),
        (("--cache-hit", "0.6:0.2:0.1"), ("not in order",)),
        (("--cache-hit", "rag_quary=0.6"), ("rag_quary", "did you mean rag_query?")),
        (("--cache-hit", "model:gpt-5=0.6"), ("no usage has model gpt-5",)),
        (("--route", "0.4", "--route-to", "gpt-4o-mimi"), ("--route-to: no price file lists", "did you mean gpt-4o-mini?")),
        (("--route", "0.4", "--route-classifier", "gpt-4o-mimi"), ("--route-classifier: ", "did you mean gpt-4o-mini?")),
        (("--embed-downgrade", "0.5", "--embed-model", "text-embedding-3-smal"), ("--embed-model: ", "did you mean text-embedding-3-small?")),
        (("--swap", "gpt-4o-2024-05-13=gpt-99"), ("no price file lists", "gpt-99")),
        (("--swap", "gpt-99=gpt-4o-mini"), ("no usage has model gpt-99",)),
        (("--embed-downgrade", "rag_query=0.5"), ("no usage has endpoint rag_query and model text-embedding-3-large",)),
        (("--embed-downgrade", "embeding=0.5"), ("no usage has endpoint embeding; did you mean embedding?",)),
        (("--compress", "3200-"), ("quote it",)),
        (("--compress", "2.1"), ("needs an x",)),
        (("--batch-size", "0"), ("at least 1",)),
        (("--compress-to", "12.5"), ("at least 1",)),
        (("--cache-eligible", "0.5"), ("without --cache-hit",)),
        (("--route-to", "gpt-4o-mini"), ("without --route",)),
        (("--embed-model", "text-embedding-3-small"), ("without --embed-downgrade",)),
        (("--cache-hit", "0.1", "--cache-lookup-tokens", "4"), ("belong together",)),
        (("--cache-hit", "0.1", "--cache-lookup-model", "text-embeding-3-small", "--cache-lookup-tokens", "4"), ("--cache-lookup-model: ", "did you mean text-embedding-3-small?")),
        (("--output-cut", "inf"), ("--output-cut", "did you mean 0.6 or 60%?")),
        (("--dedupe", ""), ("--dedupe",)),
        (("--batch-api", "1.5"), ("--batch-api", "did you mean 0.6 or 60%?")),
        (("--cache-hit", "0.1", "--cache-eligible", "-0.1"), ("--cache-eligible",)),
        (("--cache-hit", "0.1", "--cache-fixed-usd", "-3"), ("--cache-fixed-usd", "below 0")),
        (("--flex", "model:=0.5"), ("write ENDPOINT=VALUE or model:NAME=VALUE",)),
        (("--target", "-5"), ("--target",)),
        (("--target", "3,200"), ("--target",)),
        (("--target", "nan"), ("--target", "write one such as 3200")),
        (("--invoice-total", "abc"), ("--invoice-total",)),
        (("--invoice-total", "0.00"), ("--invoice-total", "above 0")),
        (("--draws", "many"), ("--draws",)),
        (("--seed", "-1"), ("--seed",)),
        (("--confidence", "0.7"), ("neither 0.5 nor 0.9",)),
        (("--scenario", "missing.yaml"), ("missing.yaml",)),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_and_says_what_was_meant(run, week, args, words):
    found = run("simulate", *week, *args)
    assert found.code == 2
    assert not found.stdout
    for word in words:
        assert word in found.stderr


def test_a_scenario_outlives_its_data(tmp_path, run, week):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "version: 1\nlevers:\n  - {lever: output, where: {endpoint: gone}, cut: 0.5}\n"
        "  - {lever: swap, where: {endpoint: rag_query}, to: gpt-99}\n"
    )
    found = run("simulate", *week, "--scenario", plan)
    assert found.code == 0
    assert "shorter answers: not applicable because no usage matches its selector" in found.stdout
    assert "change the model: not applicable because gpt-99 has no standard price" in found.stdout
    assert "swap does nothing" in found.stderr


@pytest.mark.parametrize(
    ("lever", "words"),
    [
        ("{lever: response_cache, hit: 0.1, lookup_model: text-embeding-3-small, lookup_tokens: 9}", "plan.yaml:3: lookup_model text-embeding-3-small has no price, so what it costs is unknown; did you mean text-embedding-3-small?"),
        ("{lever: route, fraction: 0.1, classifier: {model: gpt-4o-mimi, input_tokens: 9, output_tokens: 1}}", "plan.yaml:3: classifier_model gpt-4o-mimi has no price, so what it costs is unknown; did you mean gpt-4o-mini?"),
    ],
)  # fmt: skip
def test_an_overhead_without_a_price_is_an_error(tmp_path, run, week, lever, words):
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"version: 1\nlevers:\n  - {lever}\n")
    found = run("simulate", *week, "--scenario", plan)
    assert found.code == 2
    assert words in found.stderr


def test_settings_are_refused_before_a_log_is_opened(run):
    found = run("simulate", "no-such-log.jsonl", "--cache-hit", "60", "--target", "5")
    assert found.code == 2
    assert "did you mean 0.6 or 60%?" in found.stderr
    assert "no-such-log" not in found.stderr


def test_a_scenario_with_a_date_that_is_none_names_its_place(tmp_path, run, week):
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nprices_at: 2026-13-01\n")
    found = run("simulate", *week, "--scenario", plan)
    assert found.code == 2
    assert "plan.yaml: prices_at: '2026-13-01' is no time" in found.stderr


def test_a_missed_target_is_a_verdict_and_no_error(run, week):
    found = run("simulate", *week, "--cache-hit", "0.1", "--target", "100")
    assert found.code == 0
    assert "target $100.00 missed" in found.stdout
    assert "Cannot be reached with these levers" in found.stdout


def test_printed_cents_add_up(run, week):
    found = run(
        "simulate", *week, "--cache-hit", "0.333", "--trim", "0.123", "--output-cut", "0.077"
    )
    lines = found.stdout.splitlines()
    rows = [line.split("$") for line in lines[lines.index("Projected savings a month, by lever") :]]
    levers = [row for row in rows if len(row) >= 5 and not row[0].startswith("together")][:3]
    total = next(row for row in rows if row[0].startswith("together"))
    in_order = [float(row[2].split()[0].replace(",", "")) for row in levers]
    assert cents(sum(in_order)) == float(total[1].split()[0].replace(",", ""))


def test_ranges_are_drawn_and_repeat_from_the_seed(result):
    found = result("--cache-hit", "0.05:0.2:0.6", "--target", "3200", "--draws", "500")
    again = result("--cache-hit", "0.05:0.2:0.6", "--target", "3200", "--draws", "500")
    other = result("--cache-hit", "0.05:0.2:0.6", "--draws", "500", "--seed", "5")
    assert found == again
    assert other["uncertainty"]["p50_after_usd"] != found["uncertainty"]["p50_after_usd"]
    assert found["uncertainty"]["draws"] == 500
    assert found["target"]["statistic"] == "p50"
    assert 0 <= found["target"]["probability_met"] <= 1


def test_no_draws_can_be_asked_for(result):
    found = result("--cache-hit", "0.05:0.2:0.6", "--target", "3200", "--draws", "0")
    assert found["uncertainty"] is None
    assert found["target"]["statistic"] == "point"


def test_a_stricter_confidence_judges_a_higher_bill(result):
    ranged = ("--cache-hit", "0.05:0.2:0.6", "--target", "3200")
    strict, plain = result(*ranged, "--confidence", "0.9"), result(*ranged)
    assert strict["target"]["statistic"] == "p90"
    assert strict["target"]["judged_usd"] == strict["uncertainty"]["p90_after_usd"]
    assert strict["target"]["gap_usd"] > plain["target"]["gap_usd"]


def test_the_default_route_goes_to_the_cheaper_sibling_and_says_so(result):
    found = result("--route", "rag_query=0.4")
    route = found["levers"][0]
    assert route["params"]["to"] == "gpt-4o-mini"
    assert any("cheaper sibling" in note for note in route["notes"])


def test_a_classifier_is_assumed_at_105_and_5_tokens(result):
    found = result("--route", "rag_query=0.4", "--route-classifier", "gpt-4o-mini")
    route = found["levers"][0]
    assert route["source"] == "evidence"
    assert route["sources"]["classifier_in"] == "evidence"
    per_call = (105 * 0.15 + 5 * 0.6) / 1e6
    assert route["overhead_usd"] == pytest.approx(45200 * 30 / 7 * per_call)


def test_a_retired_target_is_a_warning(run, week):
    found = run("simulate", *week, "--route", "0.4", "--route-to", "gpt-4o-mini",
                "--prices-at", "2027-06-01")  # fmt: skip
    assert found.code == 0
    assert "gpt-4o-mini retired on" in found.stderr


def test_a_setting_above_the_evidence_is_a_warning(run, week):
    assert (
        "highest that the evidence supports" in run("simulate", *week, "--cache-hit", "0.7").stderr
    )
    assert "evidence supports" not in run("simulate", *week, "--cache-hit", "0.6").stderr


def test_answers_shorter_than_anybody_has_seen_are_a_warning(tmp_path, run, week):
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nlevers:\n  - {lever: compress, saved: 0.3, output_factor: 0.8}\n")
    told = "compress: output_factor 0.8 is below 0.95, the lowest that the evidence supports"
    assert told in run("simulate", *week, "--scenario", plan).stderr


def test_caching_of_short_prompts_is_not_applicable(run, week):
    found = run("simulate", *week, "--swap", "gpt-4o-2024-05-13=gpt-4o-2024-08-06",
                "--prompt-cache", "intent_classifier=0.5")  # fmt: skip
    assert "average prompt of 120 tokens is below the minimum of 1,024" in found.stdout


def test_compression_that_ends_caching_is_a_warning(run, week):
    found = run("simulate", *week, "--swap", "gpt-4o-2024-05-13=gpt-4o-2024-08-06",
                "--prompt-cache", "rag_query=0.5", "--compress", "rag_query=0.5")  # fmt: skip
    assert "prompts fall below the shortest that is cached" in found.stderr


def test_batching_requests_saves_nothing_and_says_why(run, week, result):
    assert result("--batch-size", "100")["combined_saving_usd"] == 0
    assert "saves requests, not tokens" in run("simulate", *week, "--batch-size", "100").stdout


def test_overlap_of_cache_and_route_is_shown_as_a_band(result):
    found = result("--cache-hit", "rag_query=0.6", "--route", "rag_query=0.6")
    band = found["dependence"][0]
    assert band["levers"] == ["response_cache", "route"]
    assert band["after_disjoint_usd"] < band["after_independent_usd"] < band["after_nested_usd"]
    assert band["after_independent_usd"] == found["after_usd"]


def test_unpriced_usage_is_its_own_line(run, tmp_path):
    log = tmp_path / "week.csv"
    log.write_text(WEEK + "2026-11-18,chat,mystery-model,10,1000,1000\n")
    found = run("simulate", log, "--cache-hit", "0.5")
    assert found.code == 0
    assert "10 billed requests have no price" in found.stdout + found.stderr


def test_usage_without_any_price_is_no_answer(run, tmp_path):
    odd = tmp_path / "odd.csv"
    odd.write_text(WEEK.splitlines()[0] + "\n2026-11-16,chat,mystery,1,1,1\n")
    found = run("simulate", odd, "--cache-hit", "0.1", "--target", "5")
    assert found.code == 3
    assert "no usage here has a price, so no saving can be projected" in found.stdout
    assert found.stdout.splitlines()[-1].startswith("Nothing can be projected")
    assert "no usage in this scope has a price" in found.stderr
    assert "1 billed request has no price" in found.stderr


def test_an_empty_scope_ends_with_3(run, week):
    found = run("simulate", *week, "--where", "endpoint=nobody")
    assert found.code == 3


def test_a_calendar_month_has_its_own_length(result):
    assert result("--month", "calendar")["basis"]["scale"] == pytest.approx(30 / 7)
    found = result("--month", "calendar", "--as-of", "2026-12-01")
    assert found["basis"]["scale"] == pytest.approx(31 / 7)


def test_a_window_asked_for_is_the_span(result):
    found = result("--since", "2026-11-16", "--until", "2026-11-20")
    assert found["basis"]["days"] == 4


def test_groups_can_be_any_dimension(result):
    found = result("--by", "tier", "--cache-hit", "0.5")
    assert [group["tier"] for group in found["groups"]] == ["standard"]


def test_every_lever_has_a_flag():
    from costctl.simulate.flags import SIMPLE  # noqa: PLC0415 - keeps polars out of collection

    assert {simple.lever for simple in SIMPLE.values()} | {"swap"} == set(LEVERS)


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "plain", "jsonl"])
def test_every_form_is_written(run, week, form):
    found = run(
        "simulate",
        *week,
        "--cache-hit",
        "0.05:0.2:0.6",
        "--target",
        "3200",
        "--draws",
        "50",
        "--format",
        form,
    )
    assert found.code == 0
    assert "cache" in found.stdout


def test_help_breakdown_and_a_check_without_a_scenario_load_no_polars(week, tmp_path, cache):
    budgets = tmp_path / "budgets.yaml"
    budgets.write_text("version: 1\nbudgets: [{name: a, limit: 1}]\n")
    code = (
        "import sys; from costctl.cli import main; assert main(['simulate', '--help']) == 0; "
        "assert main(['breakdown', *sys.argv[1:]]) == 0; "
        f"assert main(['check', '--budgets', {str(budgets)!r}, '--as-of', '2026-11-23', *sys.argv[1:]]) == 1; "
        "assert 'polars' not in sys.modules"
    )
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin", "XDG_CACHE_HOME": str(cache)}
    args = [sys.executable, "-c", code, *map(str, week)]
    found = subprocess.run(args, capture_output=True, text=True, check=False, env=env)
    assert found.returncode == 0, found.stderr


def test_units_are_sized_on_what_the_levers_leave(tmp_path, result, run, week):
    plan = tmp_path / "plan.yaml"
    offer = "min_units: 15, step: 5, max_units: 60, output_ratio: 3, tpm_per_unit: 2500"
    plan.write_text(
        f"version: 1\nptu: {{where: {{endpoint: rag_query}}, usd_per_unit_hour: 0.001, {offer}}}\n"
    )
    found = result("--scenario", plan)
    load = 83_620_000 + 3 * 14_464_000
    served = 60 * 2500 * 60
    costs = {c["units"]: c["cost_usd"] for c in found["provisioned"]["costs"]}
    assert costs[0] == pytest.approx(load * 5e-6)
    assert costs[60] == pytest.approx(60 * 0.001 * 168 + (load - served) * 5e-6)
    assert found["provisioned"]["best_units"] == 60
    saved = (costs[0] - costs[60]) * 30 / 7
    assert found["after_usd"] == pytest.approx(found["basis"]["baseline_usd"] - saved)
    half = result("--scenario", plan, "--cache-hit", "rag_query=0.5")
    assert half["provisioned"]["costs"][0]["cost_usd"] == pytest.approx(costs[0] / 2)
    assert "paid whether used or not" in run("simulate", *week, "--scenario", plan).stdout


def test_units_for_nothing_are_left_out_and_said_to_be(tmp_path, result, run, week):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "version: 1\nptu: {where: {endpoint: gone}, usd_per_unit_hour: 1, min_units: 1, step: 1, "
        "max_units: 2, output_ratio: 3, tpm_per_unit: 2500}\n"
    )
    assert result("--scenario", plan)["provisioned"] is None
    assert "ptu does nothing: no usage matches" in run("simulate", *week, "--scenario", plan).stderr


AIDER = (
    Path(__file__).parents[3] / "shared" / "data" / "real" / "aider_analytics"
    / "aider_message_send.until_2025-02-28.jsonl.gz"
)  # fmt: skip
MAPPING = (
    "--map", "timestamp=time", "--map", "model=main_model", "--map", "input=prompt_tokens",
    "--map", "output=completion_tokens",
)  # fmt: skip
SONNET = (
    "--where", "model=claude-3-5-sonnet-20241022", "--as-of", "2025-03-01",
    "--invoice-total", "64.524603", "--json",
)  # fmt: skip


@pytest.mark.skipif(not AIDER.exists(), reason="real logs are not part of the repository")
@pytest.mark.parametrize(
    ("levers", "after"),
    [
        (("--route", "0.6", "--route-to", "claude-3-5-haiku"), 36.13377768),
        (
            ("--route", "0.6", "--route-to", "claude-3-5-haiku", "--route-order", "cheapest"),
            49.3046114,
        ),
        (
            ("--route", "0.6", "--route-to", "claude-3-5-haiku", "--route-order", "dearest"),
            25.0724716,
        ),
        (("--route", "1", "--route-to", "claude-3-5-haiku"), 17.2065608),
        (("--compress-to", "12000"), 64.524603 - 17.282247),
        (("--compress-to", "8000"), 64.524603 - 25.499610),
        (("--compress", "0.5"), 36.466044),
    ],
)
def test_a_real_log_says_which_calls_matter(run, cache, levers, after):
    found = run("simulate", *stored(run, cache, "aider", AIDER, *MAPPING), *SONNET, *levers)
    assert found.code == 0, found.stderr
    result = json.loads(found.stdout)["result"]
    assert result["basis"]["paid_usd"] == pytest.approx(64.524603, rel=1e-12)
    assert result["after_usd"] == pytest.approx(after, rel=1e-9)


@pytest.fixture
def calls(run, cache):
    """Return the arguments that name four calls of 1, 2, 3 and 10 thousand prompt tokens."""
    sizes = (1000, 2000, 3000, 10000)
    records = (
        call(number, prompt_tokens=size, completion_tokens=100, total_tokens=size + 100)
        for number, size in enumerate(sizes)
    )
    return stored(run, cache, "calls", log(cache / "calls.jsonl", *records))


def simulated_usd(run, calls, *levers: object):
    found = run("simulate", *calls, *levers, "--json")
    assert found.code == 0, found.stderr
    result = json.loads(found.stdout)["result"]
    return {
        name: result[name] / result["basis"]["scale"]
        for name in ("combined_saving_usd", "after_usd")
    }, result


def test_a_cap_cuts_each_prompt_and_not_the_average(run, calls):
    found, _ = simulated_usd(run, calls, "--compress-to", "5000")
    assert found["combined_saving_usd"] == pytest.approx(5000 * 5e-6)


def test_a_route_may_take_the_cheapest_or_the_dearest_calls(run, calls):
    saved = {}
    for order in ("flat", "cheapest", "dearest"):
        route = ("--route", "0.5", "--route-to", "gpt-4o-mini", "--route-order", order)
        saved[order], result = simulated_usd(run, calls, *route)
    gain_in, gain_out = (5 - 0.15) * 1e-6, (15 - 0.6) * 1e-6
    assert saved["cheapest"]["combined_saving_usd"] == pytest.approx(
        3000 * gain_in + 200 * gain_out
    )
    assert saved["dearest"]["combined_saving_usd"] == pytest.approx(
        13000 * gain_in + 200 * gain_out
    )
    assert saved["flat"]["combined_saving_usd"] == pytest.approx(8000 * gain_in + 200 * gain_out)
    assert result["levers"][0]["params"]["order"] == "dearest"


def test_an_order_holds_at_every_fraction_that_is_tried(run, calls):
    route = ("--route-to", "gpt-4o-mini", "--route-order", "dearest", "--json")
    swept = run("sweep", "route.fraction=0.3:0.8:6", *calls, "--route", "0.9", *route)
    points = json.loads(swept.stdout)["result"]["points"]
    for point in points[::5]:
        (fraction,) = point["values"]
        _, alone = simulated_usd(run, calls, "--route", f"{fraction:.1f}", *route[:-1])
        assert point["after_usd"] == pytest.approx(alone["after_usd"], rel=1e-9)


def test_a_flat_route_tells_its_range(run, calls):
    found = run("simulate", *calls, "--route", "0.5", "--route-to", "gpt-4o-mini")
    assert "If the routed calls are the cheapest ones" in found.stdout


def test_a_range_of_routed_calls_in_order_is_drawn(run, calls):
    found, result = simulated_usd(
        run, calls, "--route", "0.25:0.5:0.75", "--route-to", "gpt-4o-mini", "--route-order", "cheapest",
        "--target", "1",
    )  # fmt: skip
    assert result["uncertainty"]["p10_after_usd"] < result["uncertainty"]["p90_after_usd"]
    assert found["after_usd"] > 0


def test_without_single_requests_a_cap_is_held_against_the_average(run, week):
    found = json.loads(run("simulate", *week, "--compress-to", "1000", "--json").stdout)["result"]
    groups = {
        g["endpoint"]: (g["before_usd"] - g["after_usd"]) / found["basis"]["scale"]
        for g in found["groups"]
    }
    assert groups["rag_query"] == pytest.approx(850 * 45200 * 5e-6)
    assert groups["intent_classifier"] == pytest.approx(0, abs=1e-9)
    assert any("average prompt is capped" in note for note in found["levers"][0]["notes"])


NEWER = ("--swap", "gpt-4o-2024-05-13=gpt-4o-2024-08-06")


def cached_usd(run, calls, *levers: object):
    """Return what provider caching of half the input adds to the other levers."""
    _, result = simulated_usd(run, calls, *NEWER, "--prompt-cache", "0.5", *levers)
    line = next(one for one in result["levers"] if one["lever"] == "prompt_cache")
    return line["last_in_usd"] / result["basis"]["scale"], line


def test_provider_caching_takes_the_long_prompts_one_by_one(run, calls):
    usd, line = cached_usd(run, calls)
    assert usd == pytest.approx(0.5 * 15_000 * 1.25e-6)
    assert "prompts are held against the minimum one by one" in line["notes"]


def test_shortened_prompts_reach_the_minimum_only_if_they_were_longer(run, calls):
    usd, _ = cached_usd(run, calls, "--compress", "0.5")
    assert usd == pytest.approx(0.5 * 8_000 * 13 / 16 * 1.25e-6)


def test_no_prompt_is_long_enough(run, tmp_path):
    short = log(tmp_path / "short.jsonl", *(call(n, prompt_tokens=100) for n in range(3)))
    found = run("simulate", short, *NEWER, "--prompt-cache", "0.5")
    assert "no prompt with uncached input reaches the minimum of 1,024 tokens" in found.stdout


def test_where_the_model_has_no_cached_price_caching_says_so(run, calls):
    found = run("simulate", *calls, "--prompt-cache", "0.5")
    assert "gpt-4o-2024-05-13 has no cached price" in found.stdout


def test_a_setting_that_later_ones_take_over_says_so(run, week):
    found = run("simulate", *week, "--dedupe", "0.1", "--dedupe", "0.05")
    assert "not applicable because later settings take all that it selects" in found.stdout


def test_a_plan_that_goes_beyond_usual_settings_is_not_called_out_of_reach(run, week):
    found = run("simulate", *week, "--cache-hit", "0.99", "--target", "200")
    assert "target $200.00 met" in found.stdout
    assert "No combination of usual settings reaches it" in found.stdout


def test_levers_that_do_not_meet_have_no_interaction(run, week):
    found = run(
        "simulate", *week, "--cache-hit", "rag_query=0.2", "--trim", "intent_classifier=0.1"
    )
    assert "saved by the levers; interaction: none" in found.stdout


def test_a_retired_sibling_is_no_default_target(run, week):
    found = run("simulate", *week, "--route", "rag_query=0.4", "--prices-at", "2027-06-01")
    assert "names no cheaper sibling of gpt-4o-2024-05-13 that is still served" in found.stdout


def test_usage_without_a_count_of_requests_is_told(run, tmp_path):
    log_file = tmp_path / "week.csv"
    log_file.write_text(WEEK + "2026-11-18,uncounted,gpt-4o-2024-05-13,,1000,1000\n")
    found = run("simulate", log_file, "--batch-size", "10")
    assert "1 group has no count of requests" in found.stdout


def test_a_fallback_model_prices_the_unpriced(run, tmp_path):
    log_file = tmp_path / "week.csv"
    log_file.write_text(WEEK + "2026-11-18,chat,mystery-model,10,1000000,0\n")
    args = (
        "simulate",
        log_file,
        "--cache-hit",
        "chat=0.5",
        "--fallback-model",
        "gpt-4o-2024-05-13",
    )
    found = json.loads(run(*args, "--json").stdout)["result"]
    assert found["combined_saving_usd"] / found["basis"]["scale"] == pytest.approx(2.5)


def test_audio_and_images_move_with_their_flow(run, tmp_path):
    log_file = tmp_path / "week.csv"
    log_file.write_text(
        "occurred_at,endpoint,model,requests,input_uncached,output,image_input\n"
        "2026-11-18,look,gpt-4o-2024-05-13,10,1000000,100000,1000000\n"
    )
    found = json.loads(run("simulate", log_file, "--cache-hit", "0.5", "--json").stdout)["result"]
    assert found["saving_share"] == pytest.approx(0.5)
    assert found["basis"]["repriced_usd"] == 11.5


def test_a_selector_cut_short_names_the_endpoint_that_it_begins(run, week):
    found = run("simulate", *week, "--cache-hit", "rag=0.6")
    assert found.code == 2
    assert "no usage has endpoint rag; did you mean rag_query?" in found.stderr
