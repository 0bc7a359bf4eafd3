"""GitHub annotations: lines that the runner shows beside the budget file."""

from collections.abc import Sequence

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.ci._text import one_line
from costctl.reports.check import sentence

MOST = 9
"""A step shows ten of a kind and drops the rest silently; the tenth says how many there are."""

KINDS = (("error", (Status.FAIL, Status.INCONCLUSIVE)), ("warning", (Status.WARN,)))


def annotations(run: Run) -> str:
    """Return the workflow commands of a run, one a line; an empty text where all is well."""
    lines = []
    for kind, statuses in KINDS:
        found = sorted(run.of(*statuses), key=lambda outcome: outcome.status.rank)
        lines += [_annotation(kind, run, outcome) for outcome in found[:MOST]]
        lines += _rest(kind, found[MOST:])
    return "".join(f"{line}\n" for line in lines)


def _annotation(kind: str, run: Run, outcome: Outcome) -> str:
    title = f"{outcome.status.value} {outcome.budget}"
    place = f"file={in_property(run.file.path)},line={outcome.line},title={in_property(title)}"
    return f"::{kind} {place}::{in_message(sentence(outcome))}"


def _rest(kind: str, rest: Sequence[Outcome]) -> list[str]:
    return [f"::{kind} title=costctl::{len(rest):,} more, see the summary"] if rest else []


def in_message(text: str) -> str:
    """Return text as the message of a workflow command."""
    return one_line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def in_property(text: str) -> str:
    """Return text as a property of a workflow command."""
    return in_message(text).replace(":", "%3A").replace(",", "%2C")
