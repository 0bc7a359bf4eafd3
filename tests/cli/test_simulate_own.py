"""Plans over a price list of one's own, by hand: what the shipped prices happen not to show."""

import json

import pytest

from tests.cli.week import stored

PRICES = """schema: 1
provider: acme
currency: USD
unit: per_million_tokens
home: true
models:
  - id: talk
    kind: chat
    prices:
      - {from: null, standard: {input: "1", output: "6", audio_input: "10"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
  - id: talk-mini
    kind: chat
    prices:
      - {from: null, standard: {input: "0.5", output: "3", audio_input: "4"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
  - id: tiered
    kind: chat
    prices:
      - from: null
        standard: {input: "1", output: "6"}
        tiers: [{min_prompt_tokens: 1001, mode: whole_request, standard: {input: "2", output: "9"}}]
        source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}
  - id: big
    kind: chat
    prompt_cache: {min_tokens: 1000}
    prices:
      - {from: null, standard: {input: "4", output: "12", cache_read: "1"}, batch: {input: "2", output: "6"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
  - id: embed-large
    kind: embedding
    prices:
      - {from: null, standard: {input: "0.2"}, batch: {input: "0.1"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
  - id: embed-small
    kind: embedding
    prices:
      - {from: null, standard: {input: "0.04"}, batch: {input: "0.02"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
  - id: embed-plain
    kind: embedding
    prices:
      - {from: null, standard: {input: "0.02"},
         source: {url: "https://example.org/p", retrieved: 2026-11-01, confidence: high}}
"""

SUMS = """occurred_at,endpoint,model,requests,input_uncached,cache_read,output
2026-10-01,chat,big,100,90000,0,10000
2026-10-02,index,embed-large,1000,1000000,0,0
2026-10-03,search,embed-plain,1000,1000000,0,0
"""

ROWS = "id,at,feature,model,read,cached,written\n" + "".join(
    f"r{n},2026-10-05T10:00:{n:02d}Z,agent,big,{read},{cached},10\n"
    for n, (read, cached) in enumerate([(900, 0), (900, 0), (1500, 1400), (1000, 0)])
)
MAPPING = ("--map", "request_id=id", "--map", "occurred_at=at", "--map", "endpoint=feature", "--map", "input=read",
           "--map", "cache_read=cached", "--map", "output=written")  # fmt: skip
OCTOBER = ("--since", "2026-10-01", "--until", "2026-10-31", "--as-of", "2026-10-31")


@pytest.fixture
def prices(cache):
    """Return the arguments that name the price list; one path, so that it is compiled once for all tests of a worker."""
    path = cache / "acme-plans.yaml"
    path.write_text(PRICES)
    return "--pricing", path


@pytest.fixture
def sums(run, cache):
    return stored(run, cache, "own-sums", SUMS)


@pytest.fixture
def rows(run, cache):
    return stored(run, cache, "own-rows", ROWS, *MAPPING)


@pytest.fixture
def both(run, cache, tmp_path):
    """Return a database that holds sums of some endpoints and single requests of another."""
    database = cache / "own-both.duckdb"
    if not database.exists():
        (tmp_path / "sums.csv").write_text(SUMS)
        (tmp_path / "rows.csv").write_text(ROWS)
        assert run("ingest", tmp_path / "sums.csv", "--db", database).code == 0
        assert run("ingest", tmp_path / "rows.csv", "--db", database, *MAPPING).code == 0
    return "--db", database


def simulated(run, usage, prices, tmp_path, *levers: str):
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nlevers:\n" + "".join(f"  - {lever}\n" for lever in levers))
    found = run("simulate", *usage, *prices, "--scenario", plan, *OCTOBER, "--json")
    assert found.code == 0, found.stderr
    return json.loads(found.stdout)["result"]


def test_a_cost_beside_a_bill_of_no_whole_cent_is_told_without_a_percentage(run, prices, tmp_path):
    log = tmp_path / "tiny.csv"
    log.write_text("occurred_at,endpoint,model,requests,input_uncached\n2026-10-01,chat,big,1,10\n")
    flags = ("--cache-hit", "0.5", "--cache-fixed-usd", "20", *OCTOBER)
    found = run("simulate", log, *prices, *flags)
    assert found.code == 0, found.stderr
    assert found.stdout.endswith("Projected bill $20.00 a month, $20.00 more.\n")


def test_no_factor_makes_an_invoice_of_usage_that_cost_nothing(run, prices, tmp_path):
    log = tmp_path / "unpriced.csv"
    log.write_text("occurred_at,endpoint,model,requests,input_uncached\n2026-10-01,chat,who,1,10\n")
    found = run("simulate", log, *prices, "--cache-hit", "0.5", "--invoice-total", "8000", *OCTOBER)
    assert found.code == 3
    assert "--invoice-total: the usage in this scope cost nothing" in found.stderr


def test_a_target_that_the_month_meets_needs_no_lever(run, sums, prices):
    found = run("simulate", *sums, *prices, "--cache-hit", "0.5", "--target", "1", *OCTOBER)
    assert "The month meets it without any lever." in found.stdout
    assert "Least risk:" not in found.stdout


def test_the_best_of_the_usual_settings_is_not_called_the_best_of_all(run, sums, prices):
    found = run("simulate", *sums, *prices, "--cache-hit", "1", "--target", "0.1", *OCTOBER)
    best = 0.48 * 0.4 + 0.22
    words = f"the best of their usual settings is ${best:.2f} at 12 risk points"
    assert f"Cannot be reached with these levers: {words}." in found.stdout


def test_an_empty_scope_is_told_in_words_that_are_true(run, sums, prices):
    found = run("simulate", *sums, *prices, "--period", "2026-09", "--cache-hit", "0.5")
    assert found.code == 3
    assert found.stdout.startswith("No usage in this scope, so there is nothing to project.\n")
    assert "without times" not in found.stdout


def test_a_scenario_that_outlived_its_data_names_what_is_nearest(run, sums, prices, tmp_path):
    found = simulated(
        run, sums, prices, tmp_path,
        "{lever: output, where: {endpoint: chatt}, cut: 0.1}", "{lever: swap, to: embed-smal}",
    )  # fmt: skip
    assert {line["lever"]: line["not_applicable"] for line in found["levers"]} == {
        "swap": "embed-smal has no standard price; did you mean embed-small?",
        "output": "no usage matches its selector: endpoint chatt; did you mean chat?",
    }


PTU = "tpm_per_unit: 2500, usd_per_unit_hour: 1, output_ratio: 4"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("levers:\n  - {lever: output, cut: 0,1}\n", "within braces a comma ends a value"),
        ("levers:\n\t- {lever: output}\n", "indent with spaces, not tabs"),
        ("levers:\n  - {lever: compress, cap_tokens: 1:2:3}\n", "cap_tokens is a range; write one number"),
        (f"levers: []\nptu: {{{PTU}, min_units: 1, step: 1, max_units: 999999999}}\n",
         "999,999,999 numbers of units to try, at most 10,000"),
    ],
)  # fmt: skip
def test_a_slip_in_a_scenario_is_told_with_its_line(run, sums, tmp_path, text, words):
    plan = tmp_path / "slip.yaml"
    plan.write_text(f"version: 1\n{text}")
    found = run("simulate", *sums, "--scenario", plan)
    assert found.code == 2
    assert "slip.yaml:" in found.stderr
    assert words in found.stderr


def test_what_a_lookup_costs_is_asked_at_the_plain_tier_only(run, sums, prices, tmp_path):
    found = simulated(
        run, sums, prices, tmp_path,
        "{lever: response_cache, where: {endpoint: chat}, hit: 0.5, lookup_model: embed-plain, lookup_tokens: 1000}",
        "{lever: tier, to_tier: batch, share: 1}",
    )  # fmt: skip
    cache = found["levers"][0]
    assert cache["overhead_usd"] == pytest.approx(100 * 1000 * 0.02e-6)
    assert cache["standalone_usd"] == pytest.approx(0.48 / 2 - 100 * 1000 * 0.02e-6)


def test_embedding_a_corpus_anew_is_told_at_the_plain_price(run, sums, prices, tmp_path):
    found = simulated(
        run, sums, prices, tmp_path,
        "{lever: swap, where: {endpoint: index}, to: embed-small}",
        "{lever: tier, to_tier: batch, share: 0.5}",
    )  # fmt: skip
    assert any("anew, once: $0.04 per 1M" in note for note in found["levers"][0]["notes"])


CACHING = "{lever: prompt_cache, where: {model: big}, read_share: 0.5}"
BY_ROW = 0.5 * (100 + 1000) * 3e-6
"""Uncached tokens in prompts of 1,000 and above, half of them 3 USD per million cheaper."""


def test_provider_caching_counts_the_uncached_part_of_the_long_prompts(run, rows, prices, tmp_path):
    found = simulated(run, rows, prices, tmp_path, CACHING)
    assert found["combined_saving_usd"] == pytest.approx(BY_ROW)


def test_sums_of_one_endpoint_do_not_hide_the_single_requests_of_another(
    run, both, prices, tmp_path
):
    found = simulated(run, both, prices, tmp_path, CACHING)
    saved = {g["endpoint"]: g["before_usd"] - g["after_usd"] for g in found["groups"]}
    assert saved["agent"] == pytest.approx(BY_ROW)
    assert saved["chat"] == pytest.approx(0)
    assert "where no single requests are stored" in " ".join(found["levers"][0]["notes"])


def test_sums_that_no_lever_touches_are_no_reason_for_a_remark(run, both, prices, tmp_path):
    found = simulated(
        run, both, prices, tmp_path, "{lever: compress, where: {endpoint: agent}, cap_tokens: 950}"
    )
    assert found["combined_saving_usd"] == pytest.approx((100 + 50) * 4e-6)
    assert not any("single requests" in note for note in found["levers"][0]["notes"])


SPOKEN = [(100, 50), (2000, 0), (500, 0), (50, 0), (3000, 0)]
"""Text and audio tokens of each call."""


@pytest.mark.parametrize("order", ["cheapest", "dearest"])
def test_audio_moves_with_the_calls_that_carry_it(run, prices, tmp_path, order):
    log = tmp_path / "spoken.csv"
    log.write_text(
        "id,at,feature,model,text,sound\n"
        + "".join(f"r{n},2026-10-05,agent,talk,{text},{sound}\n" for n, (text, sound) in enumerate(SPOKEN))
    )  # fmt: skip
    mapping = (*MAPPING[:6], "--map", "input_uncached=text", "--map", "audio_input=sound")
    flags = ("--route", "0.6", "--route-to", "talk-mini", "--route-order", order)
    found = run("simulate", log, *mapping, *prices, *flags, *OCTOBER, "--json")
    calls = sorted(SPOKEN, key=lambda call: call[0] + 10 * call[1], reverse=order == "dearest")
    after = sum(0.5 * text + 4 * sound for text, sound in calls[:3])
    after += sum(text + 10 * sound for text, sound in calls[3:])
    assert json.loads(found.stdout)["result"]["after_usd"] == pytest.approx(after / 1e6)


@pytest.mark.parametrize("other", ["tiered", "big"])
def test_the_order_of_calls_is_that_of_their_own_price_whatever_else_is_in_the_log(
    run, prices, tmp_path, other
):
    sizes = [200 * n for n in range(1, 11)]
    log = tmp_path / "sizes.csv"
    rows = [f"r{n},2026-10-05,agent,talk,{size},0,0\n" for n, size in enumerate(sizes)]
    log.write_text(
        f"id,at,feature,model,read,cached,written\n{''.join(rows)}x,2026-10-05,else,{other},1500,0,0\n"
    )
    flags = ("--route", "agent=0.7", "--route-to", "talk-mini", "--route-order", "cheapest")
    found = run("simulate", log, *MAPPING, *prices, *flags, *OCTOBER, "--json")
    saved = json.loads(found.stdout)["result"]["combined_saving_usd"]
    assert saved == pytest.approx(sum(sizes[:7]) * 0.5e-6)
