"""Each lever alone, by its definition and by hand, over sums and over single requests alike."""

import json
from fractions import Fraction

import pytest

from tests.cli.week import stored

F = Fraction

# Ten requests of each chat; USD per million tokens of gpt-5.1 and gpt-5-mini at that time.
N, UNCACHED, READ, OUTPUT = 10, 20_000, 5_000, 3_000
STANDARD = {"in": F("1.25"), "out": F(10), "read": F("0.125")}
PRIORITY = {"in": F("2.5"), "out": F(20), "read": F("0.25")}
FLEX = {"in": F("0.625"), "out": F(5), "read": F("0.0625")}
MINI = {"in": F("0.25"), "out": F(2), "read": F("0.025")}
EMBED = F("0.02")

MAPPING = ("--map", "occurred_at=at", "--map", "endpoint=feature", "--map", "service_tier=tier",
           "--map", "input=read", "--map", "cache_read=cached", "--map", "output=written")  # fmt: skip


def usd(rates, uncached=UNCACHED, read=READ, output=OUTPUT):
    return (rates["in"] * uncached + rates["read"] * read + rates["out"] * output) / 10**6


BEFORE = usd(STANDARD)
HALF = F(1, 2)
CASES = {
    "{lever: dedupe, waste: 0.1}": BEFORE * F("0.9"),
    "{lever: response_cache, hit: 0.3, eligible: 0.5}": BEFORE * F("0.85"),
    "{lever: response_cache, hit: 0.3, lookup_model: text-embedding-3-small, lookup_tokens: 40, fixed_usd: 2}": (
        BEFORE * F("0.7") + N * 40 * EMBED / 10**6 + 2
    ),
    "{lever: swap, to: gpt-5-mini, share: 0.5, token_ratio_in: 1.1, token_ratio_out: 1.3}": (
        BEFORE / 2
        + usd(MINI, UNCACHED * HALF * F("1.1"), READ * HALF * F("1.1"), OUTPUT * HALF * F("1.3"))
    ),
    "{lever: route, to: gpt-5-mini, fraction: 0.6, escalate: 0.05, classifier: {model: gpt-5-mini, input_tokens: 105, output_tokens: 5}}": (
        BEFORE * F("0.4") + usd(MINI) * F("0.6") + BEFORE * F("0.03") + N * (105 * MINI["in"] + 5 * MINI["out"]) / 10**6
    ),
    "{lever: context, saved: 0.3}": usd(STANDARD, UNCACHED * F("0.7")),
    "{lever: compress, saved: 0.5, compressible: 0.8, output_factor: 1.05, compressor_usd_per_1m: 0.1}": (
        usd(STANDARD, UNCACHED * F("0.6"), output=OUTPUT * F("1.05")) + UNCACHED * F("0.1") / 10**6
    ),
    "{lever: compress, cap_tokens: 1000}": usd(STANDARD, UNCACHED - N * 1500),
    "{lever: prompt_cache, read_share: 0.4, write_share: 0.1}": (
        usd(STANDARD, UNCACHED * F("0.6"), READ + UNCACHED * F("0.4"))
    ),
    "{lever: prompt_cache, read_share: 0.4, min_prompt_tokens: 2501}": BEFORE,
    "{lever: output, cut: 0.25}": usd(STANDARD, output=OUTPUT * F("0.75")),
    "{lever: batch_requests, size: 5}": BEFORE,
    "{lever: batch_requests, size: 5, shared_tokens: 400}": usd(STANDARD, UNCACHED - 400 * 8),
    "{lever: tier, to_tier: flex, share: 0.5}": (BEFORE + usd(FLEX)) / 2,
}  # fmt: skip


ENDPOINTS = (("agent", "priority"), *((f"chat{n:02d}", "standard") for n in range(len(CASES))))
"""A chat for each case, and one that no lever touches."""

SUMS = "occurred_at,endpoint,model,tier,requests,input_uncached,cache_read,output\n" + "".join(
    f"2026-10-{day:02d},{endpoint},gpt-5.1,{tier},{N},{UNCACHED},{READ},{OUTPUT}\n"
    for day, (endpoint, tier) in enumerate(ENDPOINTS, start=1)
)
ROWS = "at,feature,model,tier,read,cached,written\n" + "".join(
    f"2026-10-{day:02d}T00:{minute:02d}:00Z,{endpoint},gpt-5.1,{tier},2500,500,300\n"
    for day, (endpoint, tier) in enumerate(ENDPOINTS, start=1)
    for minute in range(N)
)
OCTOBER = ("--since", "2026-10-01", "--until", "2026-10-31", "--as-of", "2026-10-31")


@pytest.fixture(params=["sums", "rows"])
def usage(request, run, cache):
    if request.param == "sums":
        return stored(run, cache, "levers-sums", SUMS)
    return stored(run, cache, "levers-rows", ROWS, *MAPPING)


def test_each_lever_does_what_its_definition_says(run, tmp_path, usage):
    plan = tmp_path / "plan.yaml"
    levers = [
        lever.replace(", ", f", name: l{n}, where: {{endpoint: chat{n:02d}}}, ", 1)
        for n, lever in enumerate(CASES)
    ]
    plan.write_text("version: 1\nlevers:\n" + "".join(f"  - {lever}\n" for lever in levers))
    found = run("simulate", *usage, "--scenario", plan, *OCTOBER, "--json")
    assert found.code == 0, found.stderr
    groups = json.loads(found.stdout)["result"]["groups"]
    after = {group["endpoint"]: group["after_usd"] for group in groups}
    for n, (lever, expected) in enumerate(CASES.items()):
        fixed = 2 if "fixed_usd" in lever else 0
        assert after[f"chat{n:02d}"] == pytest.approx(float(expected - fixed), rel=1e-9), lever
    assert after["agent"] == pytest.approx(float(usd(PRIORITY)), rel=1e-9)


def test_a_tier_that_nobody_needs_is_a_saving(run, tmp_path, usage):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "version: 1\nlevers:\n  - {lever: tier, where: {tier: priority}, to_tier: standard, share: 1}\n"
    )
    found = run("simulate", *usage, "--scenario", plan, *OCTOBER, "--json")
    result = json.loads(found.stdout)["result"]
    assert result["combined_saving_usd"] == pytest.approx(float(usd(PRIORITY) - BEFORE), rel=1e-9)


def test_a_target_without_a_price_at_the_tier_is_not_applicable_there(run, usage):
    found = run("simulate", *usage, "--swap", "gpt-5.1=claude-haiku-4-5", *OCTOBER)
    assert found.code == 0
    assert "not applicable to 1 group: claude-haiku-4-5 has no priority price" in found.stdout
    assert "claude-haiku-4-5 is priced at anthropic: openai does not list it" in found.stdout
