"""A budget file is read strictly: every problem at once, with its line."""

from decimal import Decimal
from textwrap import dedent

import pytest

from costctl.budgets.model import Plan, Regression, Spend, Unit
from costctl.budgets.read import read_budgets, select
from costctl.errors import CostctlError
from tests.budgets.ledger import when

FULL = """\
version: 1
currency: USD
timezone: Europe/Berlin
defaults:
  on_unpriced: inconclusive
  unpriced_tolerance: 0.5%
  on_no_data: inconclusive
  max_data_age: 2d
budgets:
  - name: total
    limit: 3200.00
    period: month
    checks:
      - {basis: actual,   warn: "80%",  fail: "100%"}
      - {basis: forecast, warn: "100%", fail: "110%", use: p90, min_days: 5, on_too_early: warn}
  - name: rag
    match: {endpoint: "rag_*", model: ["gpt-4o", "gpt-4o-mini"]}
    limit: 1600.00
    period: {from: "2026-11-01", to: "2026-12-15"}
    checks: [{basis: actual, warn: 1400.00, fail: 1600.00}]
  - name: team-search
    match: {"tag.team": "search", environment: "!dev"}
    limit: 60.00
    period: day
    on_no_data: pass
    checks: [{basis: actual, fail: "100%"}]
  - name: rag-unit-cost
    match: {endpoint: rag_query}
    unit: {metric: cost_per_1k_requests, window: 36h, warn: 12.00, fail: 15.00, min_requests: 500}
  - name: cache-works
    unit: {metric: cache_hit_rate, window: 7d, direction: min, warn: "50%", fail: 0.4}
  - name: no-regression
    compare:
      baseline: ci/costctl-baseline.json
      metric: cost_per_1k_requests
      by: [endpoint, model]
      warn: {rel: "5%", abs: 0.50}
      fail: {rel: "15%", abs: 2.00}
      ignore_below: 1.00
      on_missing: warn
  - name: plan-meets-target
    simulate: {scenario: scenarios/q4.yaml, limit: 3200.00, use: p50}
waivers:
  - {budget: rag, until: "2026-12-05", reason: "migration, ticket FIN-12"}
"""


def read(tmp_path, text, **kwargs: object):
    path = tmp_path / "budgets.yaml"
    path.write_text(dedent(text))
    return read_budgets(path, **kwargs)


def problems(tmp_path, text, **kwargs: object):
    with pytest.raises(CostctlError) as caught:
        read(tmp_path, text, **kwargs)
    return str(caught.value).replace(str(tmp_path / "budgets.yaml"), "b")


def test_every_form_of_the_file_is_understood(tmp_path):
    file = read(tmp_path, FULL, as_of=when("2026-11-23"))
    total, rag, team, unit, cache, compare, plan = file.budgets
    assert file.timezone == "Europe/Berlin"
    assert isinstance(total.rule, Spend)
    assert total.rule.limit == Decimal("3200.00")
    assert total.rule.checks[0].warn.of(total.rule.limit) == Decimal(2560)
    assert (total.rule.checks[1].use, total.rule.checks[1].min_days) == ("p90", 5)
    assert rag.rule.period.until == when("2026-12-15")
    assert rag.match[1].patterns == ("gpt-4o", "gpt-4o-mini")
    assert (team.policy.on_no_data, total.policy.on_no_data) == ("pass", "inconclusive")
    assert isinstance(unit.rule, Unit)
    assert unit.rule.window.total_seconds() == 36 * 3600
    assert cache.rule.warn == Decimal("0.5")
    assert isinstance(compare.rule, Regression)
    assert compare.rule.baseline == tmp_path / "ci/costctl-baseline.json"
    assert isinstance(plan.rule, Plan)
    assert file.waivers[0].until == when("2026-12-04T23:00")
    assert total.line == 10


def test_a_limit_alone_means_the_month_and_its_whole(tmp_path):
    file = read(tmp_path, "version: 1\nbudgets:\n  - {name: all, limit: 10}\n")
    rule = file.budgets[0].rule
    assert rule.period.name == "month"
    assert rule.checks[0].fail.of(rule.limit) == 10


@pytest.mark.parametrize(
    "limit",
    ["3,200", "$3200", "1e3", ".nan", ".inf", "-5", "true", "010", "12:30", "1_000", "0x10"],
)
def test_only_plain_numbers_are_limits(tmp_path, limit):
    text = f"version: 1\nbudgets:\n  - name: a\n    limit: {limit}\n"
    said = problems(tmp_path, text)
    assert said.startswith("b:4: ")
    assert limit in said
    assert "3200.00" in said


@pytest.mark.parametrize("limit", ["null", "~", ""])
def test_a_null_limit_is_no_limit(tmp_path, limit):
    text = f"version: 1\nbudgets:\n  - name: a\n    limit: {limit}\n    period: day\n"
    assert "b:4: limit: " in problems(tmp_path, text)


def test_a_limit_of_zero_is_allowed_with_a_note(tmp_path):
    text = """\
    version: 1
    budgets:
      - name: retired
        limit: 0
        checks: [{basis: actual, warn: "80%", fail: "100%"}]
    """
    assert "must not be used" in read(tmp_path, text).notes[0]


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ('{basis: actual, warn: "100%", fail: "100%"}', "warn is at or above fail"),
        ("{basis: actual, warn: 11, fail: 10}", "warn is at or above fail"),
        ('{basis: actual, warn: "101%", fail: 10}', "warn is at or above fail"),
        ('{basis: actual, fail: "1001%"}', "above 1000%"),
        ('{basis: actual, fail: "80,5"}', "80,5"),
        ('{basis: actual, fail: "-5%"}', '"80%"'),
        ("{basis: actual}", "neither warn nor fail"),
        ("{fail: 10}", "basis is missing"),
        ("{on: actual, fail: 10}", "`on` is read as true by YAML, use `basis`"),
        ("{basis: actaul, fail: 10}", "did you mean actual"),
        ("{basis: actual, fial: 10}", "did you mean fail"),
        ("{basis: actual, fail: 10, use: p90}", "use: unknown key"),
        ("{basis: forecast, fail: 10, min_days: 2.5}", "whole number"),
        ("{basis: forecast, fail: 10, use: p75}", "p75"),
    ],
)
def test_a_wrong_check_is_named_with_its_line(tmp_path, check, message):
    text = f"version: 1\nbudgets:\n  - name: a\n    limit: 10\n    checks:\n      - {check}\n"
    said = problems(tmp_path, text)
    assert "b:6: " in said
    assert message in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 2\nbudgets: [{name: a, limit: 1}]", "b:1: version: '2' is not 1"),
        ("budgets: [{name: a, limit: 1}]", "version is missing"),
        ("version: 1\nbudgets: []", "b:2: budgets: the list is empty"),
        ("version: 1", "budgets is missing"),
        ("version: 1\ncurrency: EUR\nbudgets: [{name: a, limit: 1}]", "b:2: currency: 'EUR'"),
        ("version: 1\ntimezone: Mars/X\nbudgets: [{name: a, limit: 1}]", "b:2: timezone: 'Mars/X'"),
        (
            "version: 1\nbudgets:\n  - {name: a, limit: 1}\n  - {name: a, limit: 1}",
            "b:4: name: 'a'",
        ),
        ("version: 1\nbudgets: [{name: a}]", "no rule"),
        ("version: 1\nbudgets: [{limit: 1}]", "name is missing"),
        ("version: 1\nbudgets: [{name: '', limit: 1}]", "name: empty"),
        ("version: 1\nbudgets: [{name: a, limit: 1, limit: 2}]", "limit stands twice"),
        ("version: 1\nbudgets: [{name: &x a, limit: 1}]", "anchor &x"),
        ("version: 1\nbudgets: [{name: !dev a, limit: 1}]", "tag !dev"),
        ("version: 1\nbudgts: [{name: a, limit: 1}]", "did you mean budgets"),
        ("version: 1\nbudgets: [{name: a, limit: 1, period: fortnight}]", "fortnight"),
        (
            "version: 1\nbudgets: [{name: a, limit: 1, match: {endpiont: x}}]",
            "did you mean endpoint",
        ),
        ("version: 1\nbudgets: [{name: a, limit: 1, match: {tag.: x}}]", "tags are tag.<key>"),
        ("version: 1\nbudgets: [{name: a, limit: 1, match: {model: []}}]", "no pattern"),
        (
            "version: 1\nbudgets: [{name: a, limit: 1, period: {from: 2026-11-02, to: 2026-11-01}}]",
            "must be after from",
        ),
        (
            "version: 1\nbudgets: [{name: a, limit: 1, period: {from: 2026-11-02, to: tomorrow}}]",
            "'tomorrow' is no day",
        ),
        ("version: 1\nbudgets: [{name: a, limit: 1, max_data_age: 2 days}]", "36h, 7d or 2w"),
        ("version: 1\nbudgets: [{name: a, limit: 1, unpriced_tolerance: 5}]", "above 100%"),
        ("version: 1\nbudgets: [{name: a, limit: 1, unit: {metric: x}}]", "limit and unit"),
        (
            "version: 1\nbudgets: [{name: a, unit: {metric: cost_per_requst, fail: 1}}]",
            "did you mean cost_per_request",
        ),
        ("version: 1\nbudgets: [{name: a, unit: {metric: output_share, fail: 40}}]", "above 1"),
        ("version: 1\nbudgets: [{name: a, unit: {metric: output_share}}]", "neither warn nor fail"),
        (
            "version: 1\nbudgets: [{name: a, unit: {metric: cache_hit_rate, direction: min, warn: 0.4, fail: 0.5}}]",
            "at or below fail",
        ),
        (
            "version: 1\nbudgets: [{name: a, unit: {metric: cost_per_request, warn: 2, fail: 2}}]",
            "at or above fail",
        ),
        (
            "version: 1\nbudgets: [{name: a, compare: {baseline: x, metric: cost}}]",
            "neither warn nor fail",
        ),
        (
            "version: 1\nbudgets: [{name: a, compare: {baseline: x, metric: cost, fail: {}}}]",
            "rel, abs or both",
        ),
        (
            "version: 1\nbudgets: [{name: a, match: {team: x}, compare: {baseline: x, metric: cost, fail: {abs: 1}}}]",
            "a baseline knows only",
        ),
        (
            "version: 1\nbudgets: [{name: a, compare: {baseline: x, metric: cost, by: user, fail: {abs: 1}}}]",
            "a baseline knows only",
        ),
        (
            "version: 1\nbudgets: [{name: a, compare: {baseline: x, metric: cost, by: zzz, fail: {rel: 11}}}]",
            "above 1000%",
        ),
        (
            "version: 1\nbudgets: [{name: a, compare: {baseline: x, metric: cost, warn: {abs: 3}, fail: {abs: 2}}}]",
            "at or beyond fail",
        ),
        ("version: 1\nbudgets: [{name: a, simulate: {scenario: s.yaml, limit: 3k}}]", "'3k'"),
        (
            "version: 1\nbudgets:\n- name: a\n  limit: 1\n  checks:\n  - {basis: actual, warn: 1}\n  - {basis: actual, fail: 2}",
            "b:7: a second actual check (first on line 6)",
        ),
        ("version: 1\nbudgets: [{name: a, unit: 5}]", "expected a mapping"),
        (
            "version: 1\nbudgets: [{name: a, limit: 1}]\nwaivers: [{budget: b, until: 2027-01-01, reason: x}]",
            "no budget",
        ),
        (
            "version: 1\nbudgets: [{name: a, limit: 1}]\nwaivers: [{budget: a, until: soon, reason: x}]",
            "no day",
        ),
        (
            "version: 1\nbudgets: [{name: a, limit: 1}]\nwaivers: [{budget: a, until: 2027-01-01}]",
            "reason is missing",
        ),
        ("- 1", "a list where a mapping is expected"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path, text, message):
    assert message in problems(tmp_path, text)


def test_a_missing_file_names_itself_and_how_to_create_it(tmp_path):
    with pytest.raises(CostctlError, match=r"absent\.yaml") as caught:
        read_budgets(tmp_path / "absent.yaml")
    assert "costctl init" in caught.value.hint


def test_all_problems_are_told_at_once(tmp_path):
    text = """\
    version: 1
    currency: EUR
    budgets:
      - name: a
        limit: 1e3
      - name: a
        limit: 5
        period: moon
    """
    assert [line.split(" ")[0] for line in problems(tmp_path, text).splitlines()] == [
        "b:2:",
        "b:5:",
        "b:6:",
        "b:8:",
    ]


def test_a_waiver_holds_until_its_date_and_then_is_an_error(tmp_path):
    text = """\
    version: 1
    timezone: Europe/Berlin
    budgets: [{name: a, limit: 1}]
    waivers: [{budget: a, until: "2026-12-05", reason: x}]
    """
    assert read(tmp_path, text, as_of=when("2026-12-04T22:59")).waivers
    said = problems(tmp_path, text, as_of=when("2026-12-04T23:00"))
    assert "the waiver of a ended on 2026-12-05" in said


def test_only_known_budgets_can_be_chosen(tmp_path):
    file = read(tmp_path, FULL)
    assert [b.name for b in select(file, ["rag", "total"])] == ["total", "rag"]
    assert len(select(file, [])) == 7
    with pytest.raises(CostctlError, match="did you mean total"):
        select(file, ["totl"])
