"""A scenario file of what was measured."""

import json
import re
from collections.abc import Iterator

from costctl.measure.base import Estimate, Estimator, Place
from costctl.measure.run import Findings
from costctl.words import counted

LEAST = 0.001
"""Levers that touch less of the cost would only fill the file."""

GLOB = re.compile(r"([*?\[])")


def scenario_text(findings: Findings, window: str) -> str:
    """Return a scenario for `costctl simulate`, every number in it marked as measured.

    Args:
        findings: what was measured.
        window: the usage it is from, in words.
    """
    levers = [line for one in planned(findings) for line in _lever(*one)]
    head = [
        "# What `costctl measure` found; `costctl simulate --scenario` reads it.",
        f"# From {window}; prices of {findings.at:%Y-%m-%d}.",
        "version: 1",
        "name: measured",
        f'prices_at: "{findings.at:%Y-%m-%d}"',
    ]
    return "\n".join([*head, "levers:" if levers else "levers: []", *levers]) + "\n"


def planned(findings: Findings) -> list[tuple[Estimator, Estimate]]:
    """Return the estimates that make levers: those that touch enough of the cost, or were asked for."""
    cost = sum(group.facts.cost or 0.0 for group in findings.groups)
    known = {group.place: (group.facts.cost or 0.0) for group in findings.groups}
    return [
        (estimator, estimate)
        for estimator, estimate in _levers(findings)
        if estimate.asked
        or known.get(estimate.place, 0.0) * (estimate.value or 0.0) >= LEAST * cost
    ]


def left_out(findings: Findings) -> int:
    """Return how many measured levers touch too little of the cost."""
    return len(_levers(findings)) - len(planned(findings))


def _levers(findings: Findings) -> list[tuple[Estimator, Estimate]]:
    return [
        (estimator, estimate)
        for estimator, measured in findings.found
        for estimate in measured.estimates
        if estimate.plan
    ]


def _lever(estimator: Estimator, estimate: Estimate) -> Iterator[str]:
    sample = counted(estimate.sample, "call")
    yield f"  # {estimator.title}: {sample}. {_one_line(estimator.limit)}"
    for note in estimate.notes:
        yield f"  # {_one_line(note)}"
    body = ", ".join(f"{key}: {value}" for key, value in _entries(estimator, estimate))
    yield f"  - {{{body}}}"


def _entries(estimator: Estimator, estimate: Estimate) -> Iterator[tuple[str, str]]:
    yield "lever", estimator.lever
    where = ", ".join(f"{key}: {value}" for key, value in _where(estimate.place, estimate.tier))
    yield "where", f"{{{where}}}"
    capped = "cap_tokens" in estimate.names
    for name, text in estimate.names.items():
        yield name, text if name == "cap_tokens" else _quoted(text)
    if not capped:
        yield estimator.parameter, _number(estimate)
    for name, value in estimate.further.items():
        yield name, _plain(value)
    yield "measured", f"[{', '.join([estimator.parameter, *estimate.further])}]"


def _where(place: Place, tier: str | None) -> Iterator[tuple[str, str]]:
    for name, value in (("endpoint", place.endpoint), ("model", place.model)):
        # `!*` refuses every value, so it selects the rows that have none.
        yield name, _quoted(_literal(value)) if value is not None else '"!*"'
    if tier is not None:
        yield "tier", _quoted(_literal(tier))


def _literal(value: str) -> str:
    """Return a glob that matches this text alone."""
    escaped = GLOB.sub(r"[\1]", value)
    return f"[!-!]{escaped[1:]}" if escaped.startswith("!") else escaped


def _number(estimate: Estimate) -> str:
    value = _plain(estimate.value or 0.0)
    if estimate.low is None or estimate.high is None:
        return value
    mode = estimate.value or 0.0
    low, high = min(estimate.low, mode), max(estimate.high, mode)
    return f'"{_plain(low)}:{value}:{_plain(high)}"' if low < high else value


def _plain(value: float) -> str:
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return text or "0"


def _quoted(text: str) -> str:
    """Return a text as YAML: double quotes as in JSON."""
    return json.dumps(text)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
