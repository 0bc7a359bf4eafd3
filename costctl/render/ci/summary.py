"""The step summary: the whole report as Markdown, within the runner's limit."""

from costctl.render.ci._text import cut
from costctl.render.markdown import escaped, render
from costctl.render.style import Style
from costctl.table import Envelope, Report

MOST = 900 * 1024
NOTE = "Cut here: the summary is too long. The full result is in the job's log."


def summary(verdict: str, report: Report, envelope: Envelope) -> str:
    """Return the summary with the verdict as its heading."""
    return cut(
        f"## costctl: {escaped(verdict)}\n\n{render(report, envelope, Style())}\n", MOST, NOTE
    )
