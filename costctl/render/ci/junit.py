"""JUnit XML: one test case per check, as GitLab, Jenkins and others read it."""

from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import quoteattr

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.ci._text import in_xml, one_line
from costctl.reports.check import sentence


def junit(run: Run, as_of: datetime) -> str:
    """Return the report; fail is a failure, inconclusive an error, not evaluated is skipped."""
    counts = {
        "tests": len(run.outcomes),
        "failures": len(run.of(Status.FAIL)),
        "errors": len(run.of(Status.INCONCLUSIVE)),
    }
    suite = counts | {"skipped": len(run.of(Status.SKIP))}
    suite_head = f"name={_attribute(run.file.path)} {_numbers(suite)} {_when(as_of)}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="costctl" {_numbers(counts)} time="0">',
        f"  <testsuite {suite_head}>",
        *(_case(run, outcome) for outcome in run.outcomes),
        "  </testsuite>",
        "</testsuites>",
        "",
    ]
    return "\n".join(lines)


def _numbers(counts: Mapping[str, int]) -> str:
    return " ".join(f'{name}="{count}"' for name, count in counts.items())


def _when(as_of: datetime) -> str:
    return f'time="0" timestamp="{as_of:%Y-%m-%dT%H:%M:%S}"'


def _case(run: Run, outcome: Outcome) -> str:
    name = f"{outcome.budget}: {outcome.check}"
    head = f'    <testcase classname={_attribute(outcome.budget)} name={_attribute(name)} time="0"'
    inner = _inner(run, outcome)
    return f"{head}>{inner}</testcase>" if inner else f"{head}/>"


def _inner(run: Run, outcome: Outcome) -> str:
    text = f"{run.file.path}:{outcome.line}: {one_line(sentence(outcome))}"
    if outcome.status is Status.FAIL:
        return f'<failure type="over_budget" message={_attribute(text)}/>'
    if outcome.status is Status.INCONCLUSIVE:
        return f'<error type="inconclusive" message={_attribute(text)}/>'
    if outcome.status is Status.SKIP:
        return f"<skipped message={_attribute(text)}/>"
    if outcome.status is Status.WARN or outcome.waiver is not None:
        return f"<system-out>{_content(f'{outcome.status.value} {text}')}</system-out>"
    return ""


def _attribute(text: str) -> str:
    return quoteattr(in_xml(one_line(text)))


def _content(text: str) -> str:
    return in_xml(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
