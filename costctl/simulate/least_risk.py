"""Least risk: discrete settings of every lever, and the cheapest bill that each amount of risk buys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from costctl.levers import LEVERS
from costctl.simulate.bind import NOT_GENERATING, Problem
from costctl.simulate.plan import PlannedLever
from costctl.simulate.project import Worlds, bills
from costctl.simulate.worlds import all_on, bill, numbers_of, worlds

EMBEDDING_LEVELS = {0.55: 1, 1.0: 3}
COMBINATIONS = 50_000
"""Most combinations of levels that are evaluated for levers that hang together."""


@dataclass(frozen=True)
class LeastRisk:
    """The settings with the fewest risk points that reach the target."""

    points: int
    after: float
    settings: Mapping[str, float]


def risk_front(problem: Problem) -> tuple[list[LeastRisk], bool]:
    """Return the settings that no others beat in both risk and bill, by rising risk; and whether all were tried.

    Levers that share no group do not meet, so each cluster is enumerated for itself and the fronts are
    added up.
    """
    complete = True
    untouched = replace(problem, usage=problem.usage.filter(~_touched(problem)))
    base = sum(bill(untouched, worlds(untouched, [frozenset()]))) if untouched.usage.height else 0.0
    front = pl.DataFrame({"risk": [0], "after": [base]})
    for cluster in _clusters(problem):
        levels = {p.name: _levels(problem, p) for p in cluster}
        whole = _product(levels)
        complete = complete and whole
        front = _pareto(_added(front, _evaluated(problem, cluster, levels)))
    return [_chosen(row) for row in front.iter_rows(named=True)], complete


def _touched(problem: Problem) -> pl.Expr:
    signatures = {number for s in problem.settings for number in s.signatures}
    return pl.col("signature").is_in(sorted(signatures))


def _clusters(problem: Problem) -> list[list[PlannedLever]]:
    """Return the levers that hang together by the groups they share; idle ones are left out."""
    clusters: list[tuple[set[int], list[PlannedLever]]] = []
    for planned in problem.planned:
        groups = set(problem.acts_on[planned.name])
        if not groups:
            continue
        meeting = [c for c in clusters if c[0] & groups]
        apart = [c for c in clusters if not c[0] & groups]
        levers = [lever for _, held in meeting for lever in held]
        merged = groups.union(*(held for held, _ in meeting))
        clusters = [*apart, (merged, [*levers, planned])]
    return [levers for _, levers in clusters]


Levels = list[tuple[float | None, int]]
"""Values of a lever's first number with their risk; None is off."""


def _levels(problem: Problem, planned: PlannedLever) -> Levels:
    lever = LEVERS[planned.lever]
    declared = planned.levels.get(lever.primary) or lever.params[lever.primary].levels
    kinds = {problem.logged[g].get("kind") for g in problem.acts_on[planned.name]}
    if lever.name == "swap" and not planned.levels and kinds <= NOT_GENERATING:
        declared = EMBEDDING_LEVELS
    if not declared:
        return [(numbers_of(planned)[lever.primary].mode, 0)]
    return [(None, 0), *((value, risk) for value, risk in sorted(declared.items()) if value)]


def _product(levels: dict[str, Levels]) -> bool:
    """Thin out the levels until their combinations can be looked at; return whether all remained."""
    whole = True
    while True:
        count = 1
        for held in levels.values():
            count *= len(held)
        if count <= COMBINATIONS:
            return whole
        whole = False
        longest = max(levels, key=lambda name: len(levels[name]))
        held = levels[longest]
        if len(held) <= 2:  # noqa: PLR2004 - off and one setting
            del levels[longest]
        else:
            levels[longest] = [*held[: len(held) // 2], *held[len(held) // 2 + 1 :]]


def _evaluated(
    problem: Problem, cluster: Sequence[PlannedLever], levels: Mapping[str, Levels]
) -> pl.DataFrame:
    """Return risk, bill and settings of every combination within a cluster."""
    grid = pl.DataFrame({"risk": [0]})
    for name, held in levels.items():
        column = f"{name}.{_primary(problem, name)}"
        own = pl.DataFrame(
            {column: [value for value, _ in held], "more": [risk for _, risk in held]},
            schema={column: pl.Float64, "more": pl.Int64},
        )
        joined = grid.join(own, how="cross", maintain_order="left_right")
        grid = joined.with_columns(pl.col("risk") + pl.col("more")).drop("more")
    names = {planned.name for planned in cluster}
    groups = {g for planned in cluster for g in problem.acts_on[planned.name]}
    usage = problem.usage.filter(pl.col("group").is_in(sorted(groups)))
    settings = tuple(s for s in problem.settings if s.name in names)
    base = worlds(problem, [all_on(problem)]).frame
    frame = grid.join(base.drop([c for c in grid.columns if c in base.columns]), how="cross")
    on = [
        pl.col(f"{name}.{_primary(problem, name)}").is_not_null().alias(f"{name}.on")
        for name in levels
    ]
    columns = [c for c in grid.columns if c != "risk"]
    frame = frame.with_columns(on).with_columns(pl.col(columns).fill_null(0.0))
    found = bills(usage, problem.prices, Worlds(settings, frame))["cost_usd"]
    return grid.with_columns(pl.col(columns).fill_null(0.0), after=found)


def _primary(problem: Problem, name: str) -> str:
    return next(LEVERS[p.lever].primary for p in problem.planned if p.name == name)


def _added(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    joined = _pareto(left).join(_pareto(right), how="cross", suffix="_more")
    return joined.with_columns(
        risk=pl.col("risk") + pl.col("risk_more"), after=pl.col("after") + pl.col("after_more")
    ).drop("risk_more", "after_more")


def _pareto(found: pl.DataFrame) -> pl.DataFrame:
    """Keep what lowers the bill below everything of the same or less risk."""
    ordered = found.sort("risk", "after", maintain_order=True)
    lowest_before = pl.col("after").cum_min().shift(1)
    return ordered.filter(lowest_before.is_null() | (pl.col("after") < lowest_before - 1e-9))


def _chosen(row: Mapping[str, float]) -> LeastRisk:
    settings = {name: value for name, value in row.items() if name not in {"risk", "after"}}
    return LeastRisk(int(row["risk"]), float(row["after"]), settings)
