"""The step summary: the whole report as Markdown, within the runner's limit."""

from dataclasses import replace

from costctl.budgets.verdict import Run
from costctl.render.ci._text import cut
from costctl.render.markdown import escaped, render
from costctl.render.style import Style
from costctl.reports.check import hints, verdict_line
from costctl.table import Envelope, Report

MOST = 900 * 1024
NOTE = "Cut here: the summary is too long. The full result is in the job's log."


def summary(run: Run, report: Report, envelope: Envelope) -> str:
    """Return the report with the verdict as its heading, and what to do next under it."""
    told = replace(report, foot=(*report.foot, *(f"- Next: {hint}" for hint in hints(run))))
    heading = f"## costctl: {escaped(verdict_line(run))}"
    return cut(f"{heading}\n\n{render(told, envelope, Style())}\n", MOST, NOTE)
