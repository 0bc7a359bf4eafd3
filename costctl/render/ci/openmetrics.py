"""OpenMetrics text: gauges without timestamps, for a textfile collector and for GitLab alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.numbers import exact
from costctl.render.style import clean

Number = int | float | Decimal
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Gauge:
    """A family of figures.

    Attributes:
        name: of the metric, `costctl_...`.
        about: one line of help.
        samples: labels and figure of each; labels are unique within the family.
    """

    name: str
    about: str
    samples: tuple[tuple[Labels, Number], ...]


def openmetrics(gauges: Sequence[Gauge]) -> str:
    """Return the whole exposition; a gauge without samples is left out."""
    lines = []
    for gauge in gauges:
        if gauge.samples:
            lines.append(f"# TYPE {gauge.name} gauge")
            lines.append(f"# HELP {gauge.name} {_escaped(gauge.about)}")
            lines += [f"{gauge.name}{_labels(dict(ls))} {exact(v)}" for ls, v in gauge.samples]
    return "\n".join([*lines, "# EOF", ""])


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{_escaped(clean(value))}"' for name, value in labels.items())
    return "{" + inner + "}" if inner else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def run_gauges(run: Run) -> list[Gauge]:
    """Return the figures of a budget run."""
    outcomes = run.outcomes
    words = [(s, tuple((_of(o), int(o.status is s)) for o in outcomes)) for s in Status]
    return [
        Gauge("costctl_budget_value", "Value of a check.", _figures(run, "value")),
        Gauge("costctl_budget_limit", "Limit of a check.", _figures(run, "limit")),
        Gauge(
            "costctl_budget_status",
            "1 for the status a check has.",
            tuple(
                ((*labels, ("status", s.value.lower())), flag)
                for s, rows in words
                for labels, flag in rows
            ),
        ),
        Gauge("costctl_budget_failed", "Checks that failed.", (((), len(run.of(Status.FAIL))),)),
    ]


def _of(outcome: Outcome) -> Labels:
    return (("budget", outcome.budget), ("check", outcome.check))


def _figures(run: Run, name: str) -> tuple[tuple[Labels, Number], ...]:
    found = [(_of(outcome), getattr(outcome, name)) for outcome in run.outcomes]
    return tuple((labels, value) for labels, value in found if value is not None)
