"""Published traces, against figures that were computed from them by other means."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.measure.conftest import Measure
from tests.measure.logs import detail, estimate, result

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
MOONCAKE = REAL / "mooncake_fast25" / "synthetic_trace.jsonl.gz"
AZURE = REAL / "azure_llm_2023"
AIDER = REAL / "aider_analytics" / "aider_message_send.until_2025-02-28.jsonl.gz"

pytestmark = pytest.mark.skipif(
    not REAL.exists(), reason="the traces are not part of the repository"
)

TRACE = """\
name: trace
about: a trace whose times are milliseconds from its start
containers: [jsonl]
row:
  occurred_at: {path: timestamp, time: ms, since: "2025-02-21T00:00:00Z"}
  prefix_hashes: hash_ids
tokens: {input: input_length, output: output_length}
"""

INPUT = 61_194_628


def mooncake(answered: Measure, folder: Path, model: str) -> dict[str, Any]:
    """Measure the trace as if one model had answered it; it names none."""
    form = folder / "trace.yaml"
    form.write_text(TRACE, "utf-8")
    assumed = ("--set", "prefix_step_tokens=512", "--set", f"model={model}")
    return answered(MOONCAKE, "--log-format", form, *assumed)


@pytest.fixture(scope="module")
def trace(answered: Measure, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return mooncake(answered, tmp_path_factory.mktemp("trace"), "gpt-4o")


def exactly(share: float) -> Any:
    return pytest.approx(share, rel=1e-12)


def test_known_beginnings_of_a_published_trace_under_every_lifetime(trace):
    for ttl, clock, hits, whole, tokens, billed in (
        (None, "sliding", 1782, 213, 39_852_661, 39_832_448),
        (3600, "sliding", 1782, 213, 39_852_661, 39_832_448),
        (300, "sliding", 1638, 182, 36_417_948, 36_401_280),
        (300, "fixed", 1447, 169, 31_962_894, 31_946_880),
        (60, "sliding", 927, 78, 20_050_390, 20_042_880),
    ):
        row = detail(trace, "prefixes", ttl_seconds=ttl, clock=clock)
        assert (row["any_hit"], row["whole"]) == (hits, whole)
        assert (row["tokens"], row["billed_tokens"]) == (tokens, billed)
        assert row["share"] == exactly(tokens / INPUT)
        assert row["billed_share"] == exactly(billed / INPUT)
    # What reads save at 2.50, 1.25 cached and 10.00, without and with the provider's rules.
    endless = detail(trace, "prefixes", ttl_seconds=None)
    assert endless["freely_saved_share"] == exactly(0.3134236020070102791043890594)
    assert endless["saved_share"] == exactly(0.3132646356768230000473761032)
    sliding = detail(trace, "prefixes", ttl_seconds=300, clock="sliding")
    assert sliding["freely_saved_share"] == exactly(0.2864110991199306861815106232)
    assert sliding["saved_share"] == exactly(0.2862800126512441197479138314)
    one = estimate(trace, "prefixes", everything=False)
    assert one["value"] == exactly(36_401_280 / INPUT)
    assert one["sample"] == 3993


def test_repeats_of_a_published_trace(trace):
    row = detail(trace, "repeats", variant="exact", ttl_seconds=None)
    assert row["hits"] == 213
    assert row["request_share"] == exactly(0.05334335086401202)
    assert row["input_tokens"] == 2_945_141
    assert row["input_share"] == exactly(2_945_141 / INPUT)
    assert row["cost_usd"] == exactly(7.5169725)
    assert row["cost_share"] == exactly(0.04729413872037585796833023900)
    # A cache of a day keeps everything in 17 minutes.
    one = estimate(trace, "repeats", variant="exact", everything=False)
    assert (one["value"], one["by_requests"]) == (row["cost_share"], row["request_share"])
    assert (one["low"], one["high"]) == (None, None)
    normalised = estimate(trace, "repeats", variant="normalised")
    assert "no hashes of normalised prompts" in normalised["refused"]


def test_writing_known_beginnings_costs_where_a_provider_takes_a_fee(answered, tmp_path):
    # 3.00, 3.75 written, 0.30 read, 15.00; every miss is written.
    found = mooncake(answered, tmp_path, "claude-3-5-sonnet-20241022")
    endless = detail(found, "prefixes", ttl_seconds=None)
    assert endless["freely_saved_share"] == exactly(0.4757838935390112552263620892)
    sliding = detail(found, "prefixes", ttl_seconds=300, clock="sliding")
    assert sliding["freely_saved_share"] == exactly(0.4142316121844695990082121446)
    assert estimate(found, "prefixes", everything=False)["further"]["write_share"] > 0


EASY = {
    (256, 32): {
        "code": (1190, 0.13493593377934007, 0.01075859878705439393205828449),
        "conv": (229, 0.011824847671176288, 0.001287796194545327280104906096),
        "(all)": (1419, 0.050345928685471, 0.004410329153238132185671185266),
    },
    (512, 64): {
        "code": (1888, 0.21408322939108743, 0.02629519126625392166736909143),
        "conv": (930, 0.04802230713621811, 0.01077110991093468345432816422),
        "(all)": (2818, 0.09998226006741175, 0.01588941484992197380308700361),
    },
    (1000, 100): {
        "code": (3129, 0.35480213176097064, 0.08037578902009803000048625367),
        "conv": (4466, 0.23061034803263453, 0.08100896438807920027957050903),
        "(all)": (7595, 0.26946957601561117, 0.08080020584456173266218015457),
    },
    (2000, 200): {
        "code": (5343, 0.6058510035151378, 0.2563320887829889771648764375),
        "conv": (9477, 0.4893628007848807, 0.2370623865310243454152528649),
        "(all)": (14820, 0.5258116019159127, 0.2434156263750844700929126008),
    },
}
"""By size and service: short calls, their share of the calls and of the cost at 2.50 and 10.00."""


def test_short_calls_of_two_production_traces_hold_little_of_the_cost(run, tmp_path):
    fields = ("input=ContextTokens", "output=GeneratedTokens", "timestamp=TIMESTAMP")
    maps = [word for field in fields for word in ("--map", field)]
    db = ("--db", tmp_path / "usage.duckdb")
    for service in ("code", "conv"):
        log = AZURE / f"AzureLLMInferenceTrace_{service}.csv"
        assumed = ("--set", "model=gpt-4o", "--set", f"endpoint={service}")
        assert run("ingest", log, *maps, *assumed, *db).code == 0
    found = result(run, *db, "--easy", "2000/200")
    for (prompt, output), services in EASY.items():
        for service, (calls, of_calls, of_cost) in services.items():
            row = detail(found, "easy_calls", endpoint=service, prompt=prompt, output=output)
            assert row["requests"] == calls
            assert row["request_share"] == exactly(of_calls)
            assert row["cost_share"] == exactly(of_cost)
    for service, (_, of_calls, of_cost) in EASY[2000, 200].items():
        where = {"everything": True} if service == "(all)" else {"endpoint": service}
        one = estimate(found, "easy_calls", **where)
        assert (one["value"], one["by_requests"]) == (exactly(of_cost), exactly(of_calls))


def test_a_cap_on_prompts_removes_what_rows_say_and_not_the_mean(run, tmp_path):
    scenario = tmp_path / "plan.yaml"
    where = ("--where", "model=claude-3-5-sonnet-20241022")
    done = run("measure", AIDER, *where, "--cap", 12_000, "-o", scenario, "--json")
    found = json.loads(done.stdout)["result"]
    # 17.282247 and 25.499610 USD at 3.00 per million.
    for cap, tokens, calls in ((12_000, 5_760_749, 524), (8_000, 8_499_870, 856)):
        row = detail(found, "caps", cap=cap)
        assert (row["tokens"], row["requests"]) == (tokens, calls)
    mean = 18_705_706 / 1577
    assert detail(found, "caps", cap=12_000)["by_mean"] == 0
    assert detail(found, "caps", cap=8_000)["by_mean"] == exactly((mean - 8000) / mean)
    assert estimate(found, "caps", everything=False)["value"] == exactly(5_760_749 / 18_705_706)
    # The plan that it wrote removes the same tokens.
    plan = run("simulate", AIDER, *where, "--scenario", scenario, "--json")
    lever = json.loads(plan.stdout)["result"]["levers"][0]
    assert lever["source"] == "measured"
    # 17.282247 USD in the 117 days from 2024-10-31 to 2025-02-24, as a month of 30.
    assert lever["standalone_usd"] == exactly(17.282247 * 30 / 117)
