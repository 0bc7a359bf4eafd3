"""The step summary: the whole report as Markdown, within the runner's limit."""

from costctl.budgets.verdict import Run
from costctl.render.ci._text import cut
from costctl.render.markdown import escaped, hint, render
from costctl.render.style import Style
from costctl.reports.check import hints, verdict_line
from costctl.table import Envelope, Report

MOST = 900 * 1024
NOTE = "Cut here: the summary is too long. The full result is in the job's log."


def summary(run: Run, report: Report, envelope: Envelope) -> str:
    """Return the report with the verdict as its heading, and what to do next under it."""
    heading = f"## costctl: {escaped(verdict_line(run))}"
    following = "".join(f"- Next: {hint(text)}\n" for text in hints(run))
    return cut(f"{heading}\n\n{render(report, envelope, Style())}\n{following}", MOST, NOTE)
