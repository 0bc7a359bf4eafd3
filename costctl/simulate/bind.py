"""Binding a plan to usage and prices: who acts on what, and what every flow can cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from costctl.levers import LEVERS, Lever, Setting
from costctl.levers._base import COUNTS
from costctl.simulate.idle import idle_levers
from costctl.simulate.plan import PlannedLever, matches
from costctl.simulate.price_table import Place, PriceTable, number
from costctl.vocabulary import Condition

NOT_GENERATING = frozenset({"embedding", "rerank"})


@dataclass(frozen=True, eq=False)
class Problem:
    """A plan bound to usage and prices.

    Attributes:
        planned: the levers in the order in which they apply.
        settings: the same, bound.
        usage: group, signature, price and counts.
        prices: USD per unit of each count, a row per price.
        places: the model and tier of each price.
        logged: what was logged of each group.
        acts_on: name of a lever -> its groups.
        idle: name of a lever -> why it cannot act.
        refused: name of a lever -> why it cannot act in some groups -> how many prices of theirs.
    """

    planned: tuple[PlannedLever, ...]
    settings: tuple[Setting, ...]
    usage: pl.DataFrame
    prices: pl.DataFrame
    places: tuple[Place, ...]
    logged: tuple[Mapping[str, object], ...]
    acts_on: Mapping[str, tuple[int, ...]]
    idle: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class RowFacts:
    """What rows tell of a lever that averages cannot; one value per group.

    Attributes:
        capped: share of the uncached input that a cap removes.
        knots: fractions of the requests, from 0 to 1.
        held: count -> for each group what the first requests hold of it at each knot.
        minima: prompt lengths, rising.
        long: for each group the share of the uncached input in prompts of at least each of these lengths;
            None where no single requests are known.
        logged_prompt: average prompt of each group.
    """

    capped: Sequence[float] = ()
    knots: Sequence[float] = ()
    held: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    minima: Sequence[float] = ()
    long: Sequence[Sequence[float] | None] = ()
    logged_prompt: Sequence[float] = ()


def bind(
    usage: pl.DataFrame,
    prices: pl.DataFrame,
    planned: Sequence[PlannedLever],
    rows: Mapping[str, RowFacts] | None = None,
) -> Problem:
    """Return the plan over these groups.

    `usage` has a row a group: endpoint, model, tier and what else was logged, `kind` of its model,
    `scope` and `base_scope` (which prices hold for it), `label` (its own price among them), requests and
    token sums. `prices` has a row per scope, label and tier: USD per token, `has_<class>` where a price
    is the model's own.
    """
    planned = tuple(sorted(planned, key=lambda lever: LEVERS[lever.lever].stage))
    logged = tuple(usage.to_dicts())
    known = {(row["scope"], row["label"], row["tier"]): row for row in prices.to_dicts()}
    acts_on = {p.name: groups_of(p, logged) for p in planned}
    table = PriceTable(known, planned, acts_on)
    for index, group in enumerate(logged):
        table.add_group(index, group)
    signatures = _signatures(planned, acts_on, len(logged))
    return Problem(
        planned=planned,
        settings=tuple(
            _setting(p, acts_on[p.name], signatures, table, (rows or {}).get(p.name))
            for p in planned
        ),
        usage=_counts(logged, signatures, table),
        prices=pl.DataFrame(table.rates, schema=dict.fromkeys(COUNTS, pl.Float64), orient="row"),
        places=tuple(table.places),
        logged=logged,
        acts_on=acts_on,
        idle=idle_levers(
            planned,
            acts_on,
            table,
            logged,
            {name: found.long for name, found in (rows or {}).items()},
        ),
        refused=table.refused,
    )


def groups_of(planned: PlannedLever, logged: Sequence[Mapping[str, object]]) -> tuple[int, ...]:
    """Return the numbers of the groups that a lever acts on."""
    lever = LEVERS[planned.lever]
    return tuple(
        index
        for index, group in enumerate(logged)
        if selects(planned.where, lever, group)
        and not any(selects(where, lever, group) for where in planned.unless)
    )


def selects(where: tuple[Condition, ...], lever: Lever, group: Mapping[str, object]) -> bool:
    """Return whether a lever with this selector acts on a group; without one it picks its own kind."""
    if where:
        return matches(where, group)
    return not (lever.generating_only and group.get("kind") in NOT_GENERATING)


def _signatures(
    planned: Sequence[PlannedLever], acts_on: Mapping[str, Iterable[int]], groups: int
) -> list[int]:
    """Number the distinct sets of levers, and return the number of each group."""
    touched: list[list[str]] = [[] for _ in range(groups)]
    for lever in planned:
        for group in acts_on[lever.name]:
            touched[group].append(lever.name)
    numbers: dict[tuple[str, ...], int] = {}
    return [numbers.setdefault(tuple(names), len(numbers)) for names in touched]


def _setting(
    planned: PlannedLever,
    groups: Iterable[int],
    signatures: Sequence[int],
    table: PriceTable,
    rows: RowFacts | None,
) -> Setting:
    lever = LEVERS[planned.lever]
    tables: dict[str, pl.Series] = {}
    if lever.moves:
        moves = table.moves[planned.name]
        tables["target"] = table.series(moves)
        movable = [float(price in moves) for price in range(len(table.places))]
        tables["movable"] = pl.Series(movable, dtype=pl.Float64)
    if "min_prompt_tokens" in lever.params:
        tables["cached"] = pl.Series(table.cached, dtype=pl.Boolean)
        tables["minimum"] = pl.Series(table.minimum, dtype=pl.Float64)
    for (name, extra), prices in table.extra.items():
        if name == planned.name:
            tables[extra] = table.series(prices)
    if rows is not None:
        tables |= _row_tables(rows, table.groups)
    return Setting(planned.name, lever, frozenset(signatures[g] for g in groups), tables)


def _row_tables(rows: RowFacts, groups: Sequence[int]) -> dict[str, pl.Series]:
    """Return what rows tell, by price."""
    tables = {}
    if rows.capped:
        tables["capped"] = pl.Series([rows.capped[g] for g in groups], dtype=pl.Float64)
    if rows.knots:
        tables["knots"] = pl.Series(rows.knots, dtype=pl.Float64)
        for count, held in rows.held.items():
            flat = [value for g in groups for value in held[g]]
            tables[f"held_{count}"] = pl.Series(flat, dtype=pl.Float64)
    if rows.minima:
        tables["minima"] = pl.Series(rows.minima, dtype=pl.Float64)
        unknown = [0.0] * len(rows.minima)
        flat = [share for g in groups for share in rows.long[g] or unknown]
        tables["by_row"] = pl.Series([rows.long[g] is not None for g in groups], dtype=pl.Boolean)
        tables["long"] = pl.Series(flat, dtype=pl.Float64)
        tables["logged_prompt"] = pl.Series(
            [rows.logged_prompt[g] for g in groups], dtype=pl.Float64
        )
    return tables


def _counts(
    logged: Sequence[Mapping[str, object]], signatures: Sequence[int], table: PriceTable
) -> pl.DataFrame:
    counts = {name: [number(group.get(name)) for group in logged] for name in COUNTS[:-1]}
    media = [number(group.get("scale", 1.0)) for group in logged]
    return pl.DataFrame(
        {
            "group": pl.Series(range(len(logged)), dtype=pl.UInt32),
            "signature": pl.Series(signatures, dtype=pl.UInt32),
            "price": pl.Series(table.own, dtype=pl.UInt32),
            **{name: pl.Series(values, dtype=pl.Float64) for name, values in counts.items()},
            "media": pl.Series(media, dtype=pl.Float64),
        }
    )
