"""The 8,000 USD bill of the well-known savings story, as usage and plans."""

from typing import Any

import polars as pl

from costctl.simulate.bind import Problem, bind
from costctl.simulate.plan import PlannedLever, Range
from costctl.vocabulary import Condition
from tests.simulate.oracle import ORACLE, prices_of, usage_of

BILL = next(case for case in ORACLE["cases"] if case["topic"] == "lesson_8000_printed_costs")
POINT = Range.point


def on(endpoint: str) -> tuple[Condition, ...]:
    return (Condition("endpoint", (endpoint,)),)


def lever(name: str, kind: str, endpoint: str, to: str = "", **params: Range) -> PlannedLever:
    return PlannedLever(name, kind, on(endpoint), params, {"to": to} if to else {})


def bound(*levers: PlannedLever, more_prices: pl.DataFrame | None = None) -> Problem:
    prices = prices_of("lesson")
    if more_prices is not None:
        prices = pl.concat([prices, more_prices])
    return bind(usage_of(BILL["groups"]), prices, levers)


def plan(**changed: Any) -> list[PlannedLever]:
    """Return the six levers at the lesson's settings, or at others."""
    at = {
        "hit": POINT(0.6),
        "fraction": POINT(0.6),
        "intent": POINT(1.0),
        "saved": POINT(17 / 32),
        "output_factor": POINT(1.0),
        "embed": POINT(1.0),
        "verbosity": POINT(1.0),
    } | changed
    mini = "gpt-4o-mini"
    return [
        lever("cache", "response_cache", "rag_query", hit=at["hit"]),
        lever(
            "route", "route", "rag_query", mini,
            fraction=at["fraction"], token_ratio_out=at["verbosity"],
        ),
        lever(
            "intent", "swap", "intent_classifier", mini,
            share=at["intent"], token_ratio_out=at["verbosity"],
        ),
        lever(
            "compress", "compress", "document_summary",
            saved=at["saved"], output_factor=at["output_factor"],
        ),
        lever("embed", "swap", "embedding", "text-embedding-3-small", share=at["embed"]),
        lever("batch", "batch_requests", "embedding", size=POINT(100)),
    ]  # fmt: skip


RANGES = {
    "hit": Range(0.05, 0.20, 0.60),
    "fraction": Range(0.20, 0.40, 0.60),
    "intent": Range(0.80, 1.00, 1.00),
    "saved": Range(0.30, 0.45, 0.53125),
    "output_factor": Range(0.95, 1.05, 1.30),
    "embed": Range(0.30, 0.55, 1.00),
}
"""What is known by evidence."""

MODES = {name: POINT(number.mode) for name, number in RANGES.items()}
