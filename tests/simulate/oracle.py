"""The exact cases of `tests/levers/lever_cases.json` as frames and plans."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from costctl.levers import LEVERS
from costctl.simulate.bind import Problem, bind
from costctl.simulate.plan import PlannedLever, Range
from costctl.vocabulary import Condition

FILE = Path(__file__).parent.parent / "levers" / "lever_cases.json"
ORACLE = json.loads(FILE.read_text(encoding="utf-8"))

TOKENS = {
    "requests": "requests",
    "input_uncached": "input_uncached",
    "cache_read": "input_cached",
    "cache_write": "cache_write",
    "output": "output",
}


def number(text: object) -> float:
    """Return an integer, a decimal or a fraction as a float."""
    return float(Fraction(str(text)))


def close(got: float, want: Mapping[str, str] | str | float) -> bool:
    """Return whether two figures agree to 1e-9."""
    exact = number(want["q"] if isinstance(want, Mapping) else want)
    return abs(got - exact) <= 1e-9 * max(1.0, abs(exact))


def usage_of(groups: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return the groups of a case as usage."""
    rows = []
    for group in groups:
        model = group["model"]
        counts = {ours: number(group.get(theirs, 0)) for ours, theirs in TOKENS.items()}
        embeds = model.startswith(("emb", "text-embedding"))
        rows.append(
            {
                "id": group["id"],
                "endpoint": group["endpoint"],
                "model": model,
                "tier": group.get("tier", "standard"),
                "kind": "embedding" if embeds else "chat",
                "scope": 0,
                "base_scope": 0,
                "label": model,
                **counts,
            }
        )
    return pl.DataFrame(rows)


def prices_of(book: str) -> pl.DataFrame:
    """Return a price table of the oracle, per token."""
    rows = []
    for model, tiers in ORACLE["prices"][book].items():
        for tier, rates in tiers.items():
            rate = {name: number(text) / 1e6 for name, text in rates.items()}
            rows.append(
                {
                    "scope": 0,
                    "label": model,
                    "tier": tier,
                    "request": number(rates.get("per_request", 0)),
                    "input": rate["in"],
                    "cache_read": rate.get("cached", rate["in"]),
                    "cache_write": rate.get("write", rate["in"]),
                    "output": rate["out"],
                    "has_cache_read": "cached" in rates,
                    "has_output": True,
                }
            )
    return pl.DataFrame(rows)


def where_of(select: Mapping[str, list[str]]) -> tuple[Condition, ...]:
    """Return a selector; an empty one takes everything."""
    found = tuple(Condition(name[:-1], tuple(values)) for name, values in select.items())
    return found or (Condition("endpoint", ("*",)),)


def plan_of(levers: Sequence[Mapping[str, Any]]) -> list[PlannedLever]:
    """Return the levers of a case."""
    return [
        PlannedLever(
            name=lever["name"],
            lever=lever["type"],
            where=where_of(lever["select"]),
            params={
                name: Range.point(number(value))
                for name, value in lever["params"].items()
                if name not in LEVERS[lever["type"]].names
            },
            names={
                name: value
                for name, value in lever["params"].items()
                if name in LEVERS[lever["type"]].names
            },
        )
        for lever in levers
    ]


def problem_of(case: Mapping[str, Any]) -> Problem:
    """Return a case bound."""
    return bind(usage_of(case["groups"]), prices_of(case["prices"]), plan_of(case["levers"]))
