"""The worked example through the command line: a bill of 8,000 USD, a target of 3,200.

The figures are those of the exact cases in `tests/levers/lever_cases.json` and of arithmetic by hand.
"""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.simulate.lesson import BILL, MODES, RANGES

MODELS = {"gpt-4o": "gpt-4o-2024-05-13", "unallocated": "gpt-4o-2024-05-13"}
"""The story's prices, 5 and 15 USD, are those of this snapshot; 110 USD are in no endpoint of its table."""

UNALLOCATED = 22_000_000

PLAN = """version: 1
name: story
target_usd: 3200
levers:
  - {{lever: response_cache, name: cache, where: {{endpoint: rag_query}}, hit: {hit}{lookup}}}
  - {{lever: route, name: route, where: {{endpoint: rag_query}}, to: gpt-4o-mini, fraction: {fraction}{classifier}}}
  - {{lever: swap, name: intent, where: {{endpoint: intent_classifier}}, to: gpt-4o-mini, share: {intent}}}
  - {{lever: compress, name: compress, where: {{endpoint: document_summary}}, saved: {saved}, output_factor: {output_factor}}}
  - {{lever: swap, name: embed, where: {{endpoint: embedding}}, to: text-embedding-3-small, share: {embed}}}
  - {{lever: batch_requests, name: batch, where: {{endpoint: embedding}}, size: 100}}
"""
STORY = {"hit": 0.6, "fraction": 0.6, "intent": 1, "saved": "3200->1500", "output_factor": 1, "embed": 1}  # fmt: skip
OVERHEAD = {
    "lookup": ", lookup_model: text-embedding-3-small, lookup_tokens: 40, fixed_usd: 100",
    "classifier": ", classifier: {model: gpt-4o-mini, input_tokens: 105, output_tokens: 5}",
}


@pytest.fixture
def simulated(run, tmp_path):
    """Return a function that simulates the story at some settings, as JSON or as a page."""
    rows = ["occurred_at,endpoint,model,requests,input_uncached,output"]
    for day, group in enumerate(BILL["groups"], start=1):
        counts = [round(Fraction(group[name])) for name in ("requests", "input_uncached", "output")]
        if group["endpoint"] == "unallocated":
            counts[1] = UNALLOCATED
        model = MODELS.get(group["model"], group["model"])
        rows.append(f"2026-10-{day:02d},{group['endpoint']},{model},{','.join(map(str, counts))}")
    rows.append("2026-10-30,unallocated,gpt-4o-2024-05-13,0,0,0")
    log = tmp_path / "month.csv"
    log.write_text("\n".join(rows) + "\n")

    def at(*args: object, page: bool = False, **settings: object) -> Any:
        plan = tmp_path / "plan.yaml"
        plan.write_text(PLAN.format(**{"lookup": "", "classifier": ""} | STORY | settings))
        form = () if page else ("--json",)
        found = run("simulate", log, "--scenario", plan, "--month", "30d", "--since", "2026-10-01",
                    "--until", "2026-10-31", *args, *form)  # fmt: skip
        assert found.code == 0, found.stderr
        return found.stdout if page else json.loads(found.stdout)["result"]

    return at


def cents(values):
    return [round(value, 2) for value in values]


def test_the_settings_of_the_story(simulated):
    found = simulated()
    assert cents([found["basis"]["baseline_usd"], found["after_usd"], found["combined_saving_usd"]]) == [8000.00, 2460.58, 5539.42]  # fmt: skip
    assert cents([found["naive_sum_usd"], found["interaction_usd"]]) == [6966.10, -1426.68]
    band = found["dependence"][0]
    assert cents(band[f"after_{name}_usd"] for name in ("nested", "independent", "disjoint")) == [3411.70, 2460.58, 1826.50]  # fmt: skip
    target = found["target"]
    assert target["met"]
    needed = {name: one["value"] for name, one in target["break_even"].items()}
    assert needed["cache.hit"] == pytest.approx(0.170653, abs=1e-6)
    assert needed["route.fraction"] == pytest.approx(0.133545, abs=1e-6)
    assert needed["compress.saved"] == pytest.approx(-0.056927, abs=1e-6)
    assert target["break_even"]["compress.saved"]["verdict"] == "not needed"
    assert target["least_risk"]["points"] == 21
    assert round(target["least_risk"]["after_usd"], 2) == 3149.46
    front = {one["points"]: round(one["after_usd"]) for one in target["pareto"]}
    assert (front[0], front[13], front[21], front[30]) == (8000, 3856, 3149, 2461)
    groups = {one["endpoint"]: one["after_usd"] for one in found["groups"]}
    assert cents(groups[name] for name in ("rag_query", "document_summary", "intent_classifier", "embedding", "unallocated")) == [688.88, 1532.14, 31.09, 98.46, 110.00]  # fmt: skip


CLAIMED = {"cache": 1800, "route": 1600, "compress": 700, "embed": 300, "batch": 200}
"""What the well-known example says each lever saves; it adds them up to 57.5 % of 8,000."""

NAMED = {"cache 60 %": "cache", "route 60 %": "route", "compress 3200": "compress", "embeddings": "embed",
         "batch embedding": "batch", "intent_classifier": "intent"}  # fmt: skip


def test_simulate_disagrees_with_the_table_of_the_story_and_the_document_says_so(simulated):
    assert sum(CLAIMED.values()) / 8000 == 0.575
    assert 8000 - sum(CLAIMED.values()) > 3200
    found = simulated()
    levers = {one["name"]: one for one in found["levers"]}
    document = (Path(__file__).parents[2] / "docs" / "levers.md").read_text("utf-8")
    section = document[document.index("## Why the well-known") : document.index("## Each lever")]
    told = {}
    for line in section.splitlines():
        cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
        name = next((name for start, name in NAMED.items() if cells[0].startswith(start)), cells[0])
        told[name] = cells[1:4]
    for name, lever in levers.items():
        claimed, alone, in_order = told[name]
        assert claimed == str(CLAIMED.get(name, "\N{EN DASH}"))
        assert [float(alone), float(in_order)] == cents([lever["standalone_usd"], lever["waterfall_usd"]])  # fmt: skip
        assert abs(lever["standalone_usd"] - CLAIMED.get(name, 0)) > 30
    assert told["together"] == ["4600", f"{found['naive_sum_usd']:.2f}", f"{found['combined_saving_usd']:.2f}"]  # fmt: skip
    assert told["bill"][::2] == ["3400", f"{found['after_usd']:.2f}"]


def test_the_page_of_the_story(simulated):
    page = simulated("--order-free", page=True)
    for cells in (
        r"cache \(semantic cache\) .*\$2,460.00 +\$2,460.00 +\$1,746.66 +\$1,033.32",
        r"route easy calls .*\$2,377.80 +\$951.1[12] +\$1,664.46 +\$951.1[12]",
        r"batch \(batch requests\) .*\$0.00 +\$0.00 +\$0.00 +\$0.00",
        r"savings alone, added up +-\$6,966.10",
        r"interaction: the same dollars counted twice +\$1,426.68",
        r"projected bill after +\$2,460.58",
    ):
        assert re.search(cells, page), page
    assert page.splitlines()[-1] == (
        "Projected bill $2,460.58 a month, $5,539.42 or 69.2% less: target $3,200.00 met, $739.42 to spare."
    )


def test_what_the_levers_themselves_cost(simulated):
    found = simulated(**OVERHEAD)
    assert round(found["after_usd"], 2) == 2563.00
    cache, *_, route = (one for one in found["levers"] if one["name"] in {"cache", "route"})
    assert cents(cache[f"{name}_usd"] for name in ("standalone", "shapley", "last_in")) == [2359.77, 1648.07, 936.37]  # fmt: skip
    assert cents(route[f"{name}_usd"] for name in ("standalone", "waterfall", "shapley")) == [2372.32, 948.93, 1660.63]  # fmt: skip
    assert cents([found["naive_sum_usd"], found["combined_saving_usd"]]) == [6860.40, 5437.00]


def test_settings_that_evidence_supports_miss_the_target(simulated):
    found = simulated(**{name: number.mode for name, number in MODES.items()})
    assert cents([found["after_usd"], found["target"]["gap_usd"]]) == [4176.52, 976.52]
    assert not found["target"]["met"]
    needed = found["target"]["break_even"]
    assert needed["cache.hit"]["value"] == pytest.approx(0.588307, abs=1e-6)
    assert needed["route.fraction"]["value"] == pytest.approx(0.708011, abs=1e-6)


def test_ranges_that_evidence_supports_almost_never_meet_it(simulated):
    ranges = {
        name: f'"{number.low}:{number.mode}:{number.high}"' for name, number in RANGES.items()
    }
    found = simulated(**ranges)
    spread, together = found["uncertainty"], found["uncertainty"]["together"]
    assert spread["p10_after_usd"] == pytest.approx(3551, abs=10)
    assert spread["p50_after_usd"] == pytest.approx(4065, abs=8)
    assert spread["p90_after_usd"] == pytest.approx(4592, abs=10)
    assert spread["mean_after_usd"] == pytest.approx(4070, abs=3)
    assert found["target"]["probability_met"] == pytest.approx(0.009, abs=0.003)
    assert cents(together[f"{p}_after_usd"] for p in ("p10", "p50", "p90")) == pytest.approx([3079, 4092, 5156], abs=3)  # fmt: skip
    assert together["probability_met"] == pytest.approx(0.136, abs=0.002)
    swings = [(one["parameter"], *cents([one["after_at_low_usd"], one["after_at_high_usd"]])) for one in spread["tornado"]]  # fmt: skip
    assert swings == [
        ("cache.hit", 4553.74, 3170.59),
        ("route.fraction", 4810.59, 3542.44),
        ("embed.share", 4311.90, 3932.82),
        ("compress.output_factor", 4082.23, 4412.23),
        ("compress.saved", 4365.09, 4074.37),
        ("intent.share", 4360.30, 4176.52),
    ]
    assert found["target"]["statistic"] == "p50"
    pert = simulated("--distribution", "pert", **ranges)
    assert pert["uncertainty"]["p10_after_usd"] == pytest.approx(3664, abs=10)
    assert pert["uncertainty"]["p50_after_usd"] == pytest.approx(4117, abs=10)
    assert pert["uncertainty"]["p90_after_usd"] == pytest.approx(4594, abs=10)
    assert pert["uncertainty"]["mean_after_usd"] == pytest.approx(4125, abs=5)
    assert pert["target"]["probability_met"] == pytest.approx(0.002, abs=0.002)
