"""The outputs of a GitHub step: five names, one line each."""

from decimal import Decimal

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.ci._text import one_line
from costctl.render.numbers import exact


def outputs(run: Run, *, should_comment: bool) -> str:
    """Return what is appended to the step's output file."""
    values = {
        "verdict": run.status.value.lower(),
        "actual": _value(run, "actual"),
        "forecast": _value(run, "forecast"),
        "failed": str(len(run.of(Status.FAIL))),
        "should_comment": "true" if should_comment else "false",
    }
    return "".join(f"{name}={one_line(value)}\n" for name, value in values.items())


def _value(run: Run, basis: str) -> str:
    """Return the figure of the first budget of that basis: by custom the whole."""
    found: list[Outcome] = [o for o in run.outcomes if o.basis == basis and o.value is not None]
    return exact(found[0].value or Decimal(0)) if found else ""
