"""The kernel: what usage costs in every world, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from costctl.levers import Setting
from costctl.levers._base import COUNTS, Kind

CELLS = 32_768
"""Groups times worlds in one slice; it bounds memory and changes no result."""


@dataclass(frozen=True, eq=False)
class Worlds:
    """Settings of all levers at once: a world is a row.

    Attributes:
        settings: the levers, in the order in which they apply.
        frame: for each lever `NAME.on` and a column for each number that it has; optionally
            `traffic_factor` and `price_factor`, which multiply everything but fixed costs.
    """

    settings: tuple[Setting, ...]
    frame: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Part:
    """The costs of one signature: the groups that the same levers act on.

    Attributes:
        groups: their numbers.
        world: for each world, the row of `cost_usd` that holds it; equal worlds share a row.
        cost_usd, overhead_usd: a row per distinct world, its groups one after the other.
    """

    groups: pl.Series
    world: pl.Series
    cost_usd: pl.Series
    overhead_usd: pl.Series

    def by_world(self, figures: pl.Series) -> pl.Series:
        """Return the sum over the groups in each world."""
        wide = figures.reshape((-1, self.groups.len()))
        return wide.arr.sum().gather(self.world)


def bills(usage: pl.DataFrame, prices: pl.DataFrame, worlds: Worlds) -> pl.DataFrame:
    """Return the whole bill of each world, fixed costs included, and what the levers cause of it."""
    zero = pl.repeat(0.0, worlds.frame.height, eager=True)
    cost, overhead = zero, zero
    for part in parts(usage, prices, worlds):
        cost = cost + part.by_world(part.cost_usd)
        overhead = overhead + part.by_world(part.overhead_usd)
    factor, fixed = _factor(worlds.frame), _fixed(worlds)
    return pl.DataFrame(
        {"cost_usd": cost * factor + fixed, "overhead_usd": overhead * factor + fixed}
    )


def parts(usage: pl.DataFrame, prices: pl.DataFrame, worlds: Worlds) -> list[Part]:
    """Evaluate each signature in the distinct worlds of the levers that touch it."""
    numbers = _effective(worlds)
    found = []
    for (signature,), groups in usage.group_by("signature", maintain_order=True):
        settings = [s for s in worlds.settings if signature in s.signatures]
        found.append(_part(groups, prices, settings, numbers))
    return found


def as_logged(usage: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Return what each group costs without any lever."""
    return usage.select("group", cost_usd=_cost(prices))


def flows_after(usage: pl.DataFrame, prices: pl.DataFrame, worlds: Worlds) -> pl.DataFrame:
    """Return every flow of every world with its cost; `lever` names who causes an overhead flow."""
    numbers = _effective(worlds).with_row_index("world")
    found = []
    for (signature,), groups in usage.group_by("signature", maintain_order=True):
        settings = [s for s in worlds.settings if signature in s.signatures]
        flows, caused = _fold(
            numbers.join(groups, how="cross", maintain_order="left_right"), settings
        )
        named = [flows.with_columns(lever=pl.lit(""))]
        named += [frame.with_columns(lever=pl.lit(name)) for name, frame in caused]
        columns = ("world", "group", "price", "kind", "lever", *COUNTS)
        found += [f.select(*columns, cost_usd=_cost(prices)) for f in named]
    return pl.concat(found)


def _effective(worlds: Worlds) -> pl.DataFrame:
    """Return the numbers of each world, neutral where their lever is off."""
    numbers = [
        pl.when(pl.col(f"{s.name}.on"))
        .then(pl.col(f"{s.name}.{name}"))
        .otherwise(param.neutral)
        .cast(pl.Float64)
        .alias(f"{s.name}.{name}")
        for s in worlds.settings
        for name, param in s.lever.params.items()
    ]
    # A frame without columns would forget how many worlds there are.
    return worlds.frame.select(pl.repeat(0.0, pl.len()).alias("none"), *numbers)


def _part(
    groups: pl.DataFrame, prices: pl.DataFrame, settings: Sequence[Setting], numbers: pl.DataFrame
) -> Part:
    settings, varying = _split_constants(settings, numbers)
    distinct, world = _distinct(varying, numbers.height)
    step = max(1, CELLS // groups.height)
    slices = [
        _slice_costs(groups, prices, settings, distinct.slice(start, step))
        for start in range(0, distinct.height, step)
    ]
    return Part(
        groups["group"],
        world,
        pl.concat([cost for cost, _ in slices]),
        pl.concat([overhead for _, overhead in slices]),
    )


def _split_constants(
    settings: Sequence[Setting], numbers: pl.DataFrame
) -> tuple[list[Setting], pl.DataFrame]:
    """Give each setting the numbers that never change, and return the columns of the others."""
    names = [f"{s.name}.{param}" for s in settings for param in s.lever.params]
    held = numbers.select(names)
    same = held.select(pl.all().n_unique()).row(0, named=True) if names else {}
    first = held.row(0, named=True) if names and held.height else {}
    bound = [
        replace(
            s,
            constants={
                param: first[f"{s.name}.{param}"]
                for param in s.lever.params
                if same[f"{s.name}.{param}"] == 1
            },
        )
        for s in settings
    ]
    return bound, held.select([name for name in names if same[name] != 1])


def _distinct(varying: pl.DataFrame, count: int) -> tuple[pl.DataFrame, pl.Series]:
    """Return the distinct worlds, and for each world which of them it is."""
    if not varying.width:
        only = pl.DataFrame({"distinct": pl.Series([0], dtype=pl.UInt32)})
        return only, pl.repeat(0, count, dtype=pl.UInt32, eager=True)
    distinct = varying.unique(maintain_order=True).with_row_index("distinct")
    keys = varying.columns
    found = varying.join(distinct, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return distinct, found["distinct"]


def _slice_costs(
    groups: pl.DataFrame, prices: pl.DataFrame, settings: Sequence[Setting], worlds: pl.DataFrame
) -> tuple[pl.Series, pl.Series]:
    cells = worlds.join(groups, how="cross", maintain_order="left_right")
    flows, caused = _fold(cells, settings)
    cost = _summed(flows, prices, cells.height)
    overhead = pl.repeat(0.0, cells.height, eager=True)
    for _, frame in caused:
        overhead = overhead + _summed(frame, prices, cells.height)
    return cost + overhead, overhead


def _fold(
    flows: pl.DataFrame, settings: Sequence[Setting]
) -> tuple[pl.DataFrame, list[tuple[str, pl.DataFrame]]]:
    """Apply the levers in order, and set apart what they cause: no later lever may touch it."""
    flows = flows.with_columns(kind=pl.lit(int(Kind.MAIN), dtype=pl.UInt8))
    caused = []
    for setting in settings:
        # Collected lever by lever: a plan that forks at every lever would double every time.
        flows = setting.lever.apply(flows.lazy(), setting).collect()
        own = pl.col("kind") == int(Kind.OVERHEAD)
        if setting.lever.names or setting.has("declared"):
            caused.append((setting.name, flows.filter(own)))
            flows = flows.filter(~own)
    return flows, caused


def _summed(flows: pl.DataFrame, prices: pl.DataFrame, cells: int) -> pl.Series:
    """Return the cost of each cell.

    A lever keeps the order of rows, so flows are whole copies of the cells one after the other; adding
    copy to copy gives the same digits in every run, which a parallel group-by does not.
    """
    cost = flows.select(cost_usd=_cost(prices))["cost_usd"]
    total = pl.repeat(0.0, cells, eager=True)
    for start in range(0, flows.height, cells):
        total = total + cost.slice(start, cells)
    return total


def _cost(prices: pl.DataFrame) -> pl.Expr:
    terms = [
        pl.col(count) * pl.lit(prices[count]).gather(pl.col("price"))
        for count in COUNTS
        if prices[count].sum()
    ]
    return pl.sum_horizontal(terms) if terms else pl.lit(0.0)


def _fixed(worlds: Worlds) -> pl.Series:
    """Return the declared monthly costs of each world: once per lever that is on and acts on something."""
    paid = [
        pl.when(pl.col(f"{s.name}.on")).then(pl.col(f"{s.name}.fixed_usd")).otherwise(0.0)
        for s in worlds.settings
        if s.signatures
    ]
    fixed = pl.sum_horizontal(paid) if paid else pl.lit(0.0)
    return worlds.frame.select(pl.repeat(0.0, pl.len()).alias("none"), fixed_usd=fixed)["fixed_usd"]


def _factor(frame: pl.DataFrame) -> pl.Series:
    factor = pl.repeat(1.0, frame.height, eager=True)
    for name in ("traffic_factor", "price_factor"):
        if name in frame.columns:
            factor = factor * frame[name]
    return factor
