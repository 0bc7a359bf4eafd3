"""What pipelines get: within their limits, and harmless whatever a log holds."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from costctl.budgets.verdict import Status
from costctl.render.ci import annotations as notes
from costctl.render.ci import codequality, comment, junit, openmetrics, outputs, summary
from costctl.reports.check import check_report
from tests.render.ci.runs import AS_OF, ENVELOPE, HOSTILE, every_kind, many, outcome, run_of
from tests.render.ci.xsd import violations

XSD = Path(__file__).parent / "junit.xsd"


def test_annotations_point_to_the_budget_and_say_why():
    text = notes.annotations(run_of(outcome(Status.FAIL), outcome(Status.PASS)))
    assert text == (
        "::error file=budgets.yaml,line=7,title=FAIL total"
        "::actual cost: $125.50 of $100.00, above 100%25\n"
    )


def test_annotations_survive_percent_line_break_and_colons():
    text = notes.annotations(every_kind())
    lines = text.splitlines()
    assert len(lines) == 4
    for line in lines:
        assert re.match(
            r"::(error|warning) file=budgets\.yaml,line=[0-9]+,title=[^:,]*::[^\r]", line
        )
    assert "100%25%2C" in lines[0].split("::")[1]
    assert "\x1b" not in text


def test_ten_thousand_failures_stay_within_the_limits():
    run = many()
    lines = notes.annotations(run).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=costctl::9,991 more, see the summary"
    text = summary.summary(run, check_report(run), ENVELOPE)
    assert len(text.encode()) <= 900 * 1024
    assert "Cut here" in text
    said = comment.comment(run, ENVELOPE)
    assert len(said.encode()) <= 60_000
    assert said.endswith("job's log.\n")
    assert said.startswith(comment.MARKER + "\n")


def test_a_green_run_annotates_nothing():
    assert notes.annotations(run_of(outcome(Status.PASS), outcome(Status.SKIP))) == ""


def test_the_summary_shows_every_check():
    run = every_kind()
    text = summary.summary(run, check_report(run), ENVELOPE)
    assert text.startswith("## costctl: FAIL: 2 FAIL, 1 INCONCLUSIVE, 1 WARN, 1 PASS, 1 SKIP\n")
    assert text.endswith("- Next: `costctl simulate` projects what would lower the bill\n")
    for word in ("FAIL", "WARN", "PASS", "SKIP", "INCONCLUSIVE"):
        assert word in text
    assert "<script" not in text
    assert "\x1b" not in text
    assert not re.search(r"(?<![`\w\u200b@])@me", text.replace("@\u200bme", ""))


def test_junit_has_a_case_per_check_and_fits_the_schema():
    text = junit.junit(every_kind(), AS_OF)
    assert violations(text, XSD) == []
    assert text.count("<testcase ") == 6
    assert 'tests="6" failures="2" errors="1" skipped="1"' in text
    assert "<system-out>WARN budgets.yaml:12: " in text
    assert violations(junit.junit(run_of(), AS_OF), XSD) == []
    assert violations(junit.junit(many(500), AS_OF), XSD) == []


def test_the_schema_tells_wrong_documents_apart():
    assert violations("<testsuites><testcase/></testsuites>", XSD)
    assert violations('<testsuites tests="x"/>', XSD)
    assert violations("<other/>", XSD)


def test_code_quality_holds_the_documented_fields():
    found = json.loads(codequality.codequality(every_kind()))
    assert [f["severity"] for f in found] == ["major", "major", "minor", "major"]
    for finding in found:
        assert set(finding) == {
            "description",
            "check_name",
            "fingerprint",
            "severity",
            "location",
        }
        assert finding["location"]["path"] == "budgets.yaml"
        assert finding["location"]["lines"]["begin"] > 0
        assert "\x1b" not in finding["description"]
    assert len({f["fingerprint"] for f in found}) == len(found)


def test_a_failure_far_above_the_limit_is_critical():
    run = run_of(outcome(Status.FAIL, value=Decimal("150.01")))
    assert json.loads(codequality.codequality(run))[0]["severity"] == "critical"
    run = run_of(outcome(Status.FAIL, value=Decimal(150)))
    assert json.loads(codequality.codequality(run))[0]["severity"] == "major"


def test_a_fingerprint_does_not_move_with_figures_and_lines():
    before = codequality.fingerprint("b.yaml", outcome(Status.FAIL, line=3))
    after = codequality.fingerprint("b.yaml", outcome(Status.WARN, line=9, value=Decimal(9)))
    assert before == after
    assert before != codequality.fingerprint("b.yaml", outcome(Status.FAIL, "other"))


def test_metrics_parse_as_openmetrics():
    text = openmetrics.openmetrics(openmetrics.run_gauges(every_kind()))
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {f.type for f in families.values()} == {"gauge"}
    values = {s.labels["budget"]: s.value for s in families["costctl_budget_value"].samples}
    assert values["waived"] == 125.5
    assert families["costctl_budget_failed"].samples[0].value == 2
    assert sum(s.value for s in families["costctl_budget_status"].samples) == 6
    assert not any(
        "timestamp" in str(s) and s.timestamp for f in families.values() for s in f.samples
    )


def test_metrics_of_nothing_are_still_a_document():
    assert openmetrics.openmetrics([]) == "# EOF\n"


def test_step_outputs_are_five_lines():
    run = run_of(
        outcome(Status.FAIL), outcome(Status.WARN, basis="forecast", value=Decimal("130.25"))
    )
    assert outputs.outputs(run, should_comment=True) == (
        "verdict=fail\nactual=125.5\nforecast=130.25\nfailed=1\nshould_comment=true\n"
    )
    assert "forecast=\n" in outputs.outputs(run_of(), should_comment=False)


def test_a_comment_tells_trouble_first_and_folds_the_rest():
    text = comment.comment(every_kind(), ENVELOPE)
    lines = text.splitlines()
    assert lines[0] == "<!-- costctl:check -->"
    assert lines[2] == "**costctl** FAIL: 2 FAIL, 1 INCONCLUSIVE, 1 WARN, 1 PASS, 1 SKIP"
    assert text.index("`waived`") < text.index("<details>") < text.index("`fine`")
    assert "\x1b" not in text
    assert "</script>" not in re.sub(r"(`+).*?[^`]\1(?!`)", "", text)


@pytest.mark.parametrize(
    ("changed", "news"),
    [
        ({}, False),
        ({"value": Decimal("126.5")}, False),
        ({"value": Decimal("126.51")}, True),
        ({"value": Decimal("124.4")}, True),
        ({"value": None}, True),
        ({"status": Status.WARN}, True),
        ({"name": "other"}, True),
    ],
)
def test_a_comment_is_due_when_something_changed(changed, news):
    earlier = comment.state_of(comment.comment(run_of(outcome(Status.FAIL)), ENVELOPE))
    now = run_of(outcome(changed.pop("status", Status.FAIL), **changed))
    assert comment.should_comment(now, earlier) is news


def test_a_first_comment_is_due_and_so_is_one_for_a_check_that_is_gone():
    run = run_of(outcome(Status.PASS))
    assert comment.should_comment(run, comment.state_of(""))
    earlier = comment.state_of(comment.comment(every_kind(), ENVELOPE))
    assert not comment.should_comment(every_kind(), earlier)
    assert comment.should_comment(run, earlier)


def test_names_that_look_alike_are_told_apart():
    both = run_of(outcome(Status.PASS, "a-b"), outcome(Status.FAIL, "a_b"))
    assert not comment.should_comment(both, comment.state_of(comment.comment(both, ENVELOPE)))


def test_a_comment_that_was_edited_in_a_browser_is_still_read():
    text = comment.comment(run_of(outcome(Status.FAIL)), ENVELOPE).replace("\n", "\r\n")
    assert not comment.should_comment(run_of(outcome(Status.FAIL)), comment.state_of(text))


def test_hostile_names_keep_the_hidden_state_whole():
    text = comment.comment(run_of(outcome(Status.FAIL, HOSTILE + '"-->')), ENVELOPE)
    assert text.splitlines()[1].endswith("-->")
    assert text.splitlines()[1].count("-->") == 1
