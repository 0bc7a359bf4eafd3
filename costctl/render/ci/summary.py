"""The step summary: the whole report as Markdown, within the runner's limit."""

from costctl.render.ci._text import cut
from costctl.render.markdown import render
from costctl.render.style import Style
from costctl.table import Envelope, Report

MOST = 900 * 1024
NOTE = "Cut here: the summary is too long. The full result is in the job's log."


def summary(report: Report, envelope: Envelope) -> str:
    """Return the summary with a heading."""
    return cut(f"## costctl\n\n{render(report, envelope, Style())}\n", MOST, NOTE)
