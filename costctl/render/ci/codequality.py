"""GitLab Code Quality: one finding per check that warns or fails."""

from decimal import Decimal
from hashlib import sha256

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.ci._text import one_line
from costctl.render.json import dumps
from costctl.reports.check import sentence

CRITICAL = Decimal(150)
"""Percent of the limit above which a failure is critical."""


def codequality(run: Run) -> str:
    """Return the findings as JSON."""
    found = [_finding(run, o) for o in run.of(Status.FAIL, Status.INCONCLUSIVE, Status.WARN)]
    return dumps(found) + "\n"


def _finding(run: Run, outcome: Outcome) -> dict[str, object]:
    description = f"{outcome.status.value} {outcome.budget}, {sentence(outcome)}"
    return {
        "description": one_line(description),
        "check_name": f"costctl/{outcome.basis}/{outcome.metric}",
        "fingerprint": fingerprint(run.file.path, outcome),
        "severity": _severity(outcome),
        "location": {"path": run.file.path, "lines": {"begin": outcome.line}},
    }


def fingerprint(path: str, outcome: Outcome) -> str:
    """Return what stays equal when figures and lines move, so that reruns match."""
    parts = (path, outcome.budget, outcome.check)
    return sha256("\x00".join(parts).encode()).hexdigest()


def _severity(outcome: Outcome) -> str:
    if outcome.status is Status.WARN:
        return "minor"
    if outcome.status is Status.INCONCLUSIVE:
        return "major"
    pct = outcome.pct
    return "critical" if pct is not None and pct > CRITICAL and not outcome.least else "major"
