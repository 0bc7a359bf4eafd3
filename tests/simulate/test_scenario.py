"""What a scenario file may say, and how its slips are told."""

from decimal import Decimal

import pytest

from costctl.errors import CostctlError
from costctl.simulate.plan import SIBLING, Range
from costctl.simulate.scenario import read_scenario
from costctl.vocabulary import Condition

WHOLE = """
version: 1
name: q4-plan
period: calendar
prices_at: "2026-11-23"
levers:
  - {lever: response_cache, where: {endpoint: rag_query}, hit: "0.05:0.20:0.60",
     lookup_model: text-embedding-3-small, lookup_tokens: 40, fixed_usd: 100, measured: [hit]}
  - {lever: route, where: {endpoint: [rag, chat], model: "gpt-4o*"}, to: gpt-4o-mini, fraction: 60%,
     classifier: {model: gpt-4o-mini, input_tokens: 105, output_tokens: 5}, order: dearest}
  - {lever: compress, name: shorter, where: {endpoint: document_summary}, saved: 3200->1500}
  - {lever: compress, cap_tokens: 8000}
  - {lever: context, saved: -0.1}
  - {lever: output, levels: {cut: {"0.10": 1, "0.20": 3}}}
  - {lever: route, where: {"tag.team": "!search"}}
target_usd: 3200
ptu: {where: {model: gpt-4o}, tpm_per_unit: 2500, usd_per_unit_hour: "1.00", output_ratio: 4,
      min_units: 15, step: 5, max_units: 60}
"""


def read(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(path)


def test_a_whole_scenario_is_read(tmp_path):
    plan = read(tmp_path, WHOLE)
    assert (plan.name, plan.month, plan.prices_at) == ("q4-plan", "calendar", "2026-11-23")
    assert plan.target_usd == Decimal(3200)
    assert [lever.name for lever in plan.levers] == [
        "response_cache",
        "route",
        "shorter",
        "compress",
        "context",
        "output",
        "route_2",
    ]
    cache, route, shorter, cap, context, output, easy = plan.levers
    assert cache.params["hit"] == Range(0.05, 0.2, 0.6)
    assert cache.source == "given"
    assert cache.sources["hit"] == "measured"
    assert route.where == (
        Condition("endpoint", ("rag", "chat")),
        Condition("model", ("gpt-4o*",)),
    )
    assert route.params["classifier_in"] == Range.point(105.0)
    assert route.order == "dearest"
    assert shorter.params["saved"].mode == 17 / 32
    assert cap.cap_tokens == 8000
    assert context.params["saved"].mode == -0.1
    assert output.levels == {"cut": {0.1: 1, 0.2: 3}}
    assert output.source == "evidence"
    assert output.params["cut"] == Range(0.05, 0.15, 0.35)
    assert easy.names["to"] == SIBLING
    assert plan.provisioned is not None
    assert plan.provisioned.min_units == 15


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{lever: response_cash, hit: 0.6}", "did you mean response_cache?"),
        ("{lever: response_cache, hti: 0.6}", "unknown key; did you mean hit?"),
        ("{lever: response_cache, hit: 60}", "did you mean 0.6 or 60%?"),
        ("{lever: response_cache, hit: nan}", "did you mean 0.6 or 60%?"),
        ("{lever: response_cache, hit: 0.6, hit: 0.7}", "stands twice"),
        ("{lever: response_cache, hit: 0.6, lookup_model: m}", "belong together"),
        ("{lever: response_cache, hit: [0.6]}", "is a list"),
        ("{lever: swap, where: {endpoint: x}}", "to is missing"),
        ("{lever: swap, to: m, where: {endpont: x}}", "did you mean endpoint?"),
        ("{lever: tier, share: 1}", "to_tier is missing"),
        (
            "{lever: prompt_cache, read_share: 0.7, write_share: 0.4}",
            "110% of the input; keep the sum",
        ),
        ("{lever: output, cut: 0.1, where: {endpoint: []}}", "an empty list selects nothing"),
        ("{lever: batch_requests, size: 0}", "no count of at least 1"),
        ("{lever: batch_requests}", "size is missing"),
        ("{lever: compress, saved: 0.5, cap_tokens: 100}", "give one of them"),
        ("{lever: route, fraction: 0.6, order: random}", "is none of cheapest, dearest, flat"),
        ("{lever: route, fraction: 0.6, classifier: {model: m}}", "input_tokens is missing"),
        ("{lever: output, cut: 0.1, measured: [cutt]}", "did you mean cut?"),
        ("{lever: output, cut: 0.1, levels: {cutt: {0.1: 1}}}", "did you mean cut?"),
        ("{lever: output, cut: 0.1, levels: {cut: {0.1: 1.5}}}", "no whole number"),
        ("{lever: output, cut: 0.1, levels: {cut: {7: 1}}}", "no share"),
        ("{hit: 0.1}", "lever is missing"),
    ],
)
def test_a_slip_names_its_line_and_the_nearest_valid_form(tmp_path, line, complaint):
    with pytest.raises(CostctlError) as error:
        read(tmp_path, f"version: 1\nlevers:\n  - {line}\n")
    assert complaint in str(error.value)
    assert "plan.yaml:3: " in str(error.value)


def test_two_levers_of_one_name_are_refused(tmp_path):
    twins = "  - {lever: output, name: a, cut: 0.1}\n" * 2
    with pytest.raises(CostctlError, match=r"yaml:4: two levers are called a \(first on line 3\)"):
        read(tmp_path, f"version: 1\nlevers:\n{twins}")


@pytest.mark.parametrize("target", ["-1", "3,200", "$3200", ".nan", "1e3"])
def test_a_target_that_is_no_amount_is_refused(tmp_path, target):
    with pytest.raises(CostctlError, match="target_usd"):
        read(tmp_path, f"version: 1\ntarget_usd: {target}\n")


def test_a_version_is_required(tmp_path):
    with pytest.raises(CostctlError, match="version is missing"):
        read(tmp_path, "levers: []\n")


def test_all_slips_are_told_at_once(tmp_path):
    with pytest.raises(CostctlError) as error:
        read(
            tmp_path, "version: 1\nlevers:\n  - {lever: output, cut: 2}\n  - {lever: dedup}\nx: 1\n"
        )
    assert len(str(error.value).splitlines()) == 3


def test_units_out_of_order_are_refused(tmp_path):
    text = "ptu: {tpm_per_unit: 1, usd_per_unit_hour: 1, output_ratio: 4, min_units: 9, step: 1, max_units: 3}"
    with pytest.raises(CostctlError, match="max_units is below min_units"):
        read(tmp_path, f"version: 1\n{text}\n")
