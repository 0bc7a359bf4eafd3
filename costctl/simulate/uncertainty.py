"""Uncertainty: what the bill may be where settings are ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import polars as pl

from costctl.levers import LEVERS
from costctl.simulate.bind import Problem
from costctl.simulate.plan import PlannedLever, Range
from costctl.simulate.project import bills
from costctl.simulate.worlds import all_on, numbers_of, worlds

DRAWS = 10_000
SEED = 20_261
KNOTS = 4_096
"""Steps in which the distribution function of PERT is tabulated."""


@dataclass(frozen=True)
class Uncertain:
    """A number of a lever that is a range.

    Attributes:
        column: `NAME.PARAMETER`.
        number: its range.
        draw: whose luck it shares: a lever errs alike wherever it is set.
        more_saves: whether a higher value lowers the bill.
    """

    column: str
    number: Range
    draw: tuple[str, str]
    more_saves: bool


@dataclass(frozen=True)
class Spread:
    """How a bill is distributed, USD a month; `met` is the share at or below the target."""

    mean: float
    p10: float
    p50: float
    p90: float
    met: float | None


@dataclass(frozen=True)
class Swing:
    """The bill with one number at its low and at its high, all others at their modes."""

    column: str
    number: Range
    at_low: float
    at_high: float

    @property
    def swing(self) -> float:
        """Return how far the bill moves."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class Uncertainty:
    """What draws say about the bill.

    Attributes:
        independent: every number for itself.
        together: all levers go well or badly at once.
        tornado: the numbers that matter most first.
    """

    draws: int
    seed: int
    distribution: str
    independent: Spread
    together: Spread
    tornado: tuple[Swing, ...]


def uncertain(planned: Sequence[PlannedLever]) -> list[Uncertain]:
    """Return every number that is a range."""
    found = []
    for lever in planned:
        params = LEVERS[lever.lever].all_params()
        for name, number in numbers_of(lever).items():
            if not number.is_point:
                column = f"{lever.name}.{name}"
                found.append(
                    Uncertain(column, number, (_luck(lever), name), params[name].more_saves)
                )
    return found


def _luck(lever: PlannedLever) -> str:
    """Return whose luck a lever shares: its type's, unless the plan gives it a name of its own."""
    own, _, number = lever.name.partition(lever.lever)
    return lever.name if own or number.lstrip("_0123456789") else lever.lever


def simulate_draws(
    problem: Problem,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    distribution: str = "triangular",
    target: float | None = None,
    less: float = 0.0,
) -> Uncertainty | None:
    """Return the spread of the bill; None where nothing is uncertain.

    `less` is what comes off every bill after the levers.
    """
    numbers = uncertain(problem.planned)
    if not numbers or not draws:
        return None
    random = Random(seed)  # noqa: S311 - reproducible on purpose
    keys = dict.fromkeys(number.draw for number in numbers)
    luck = {key: _stratified(draws, random, shuffled=True) for key in keys}
    one = _stratified(draws, random, shuffled=False)
    apart = {n.column: draw(luck[n.draw], n.number, distribution) for n in numbers}
    joint = {
        n.column: draw(one if n.more_saves else 1 - one, n.number, distribution) for n in numbers
    }
    return Uncertainty(
        draws,
        seed,
        distribution,
        _spread(_bills(problem, draws, apart) - less, target),
        _spread(_bills(problem, draws, joint) - less, target),
        tornado(problem, less=less),
    )


def _bills(problem: Problem, draws: int, changed: Mapping[str, pl.Series]) -> pl.Series:
    frame = worlds(problem, [all_on(problem)] * draws, changed)
    return bills(problem.usage, problem.prices, frame)["cost_usd"]


def _stratified(count: int, random: Random, *, shuffled: bool) -> pl.Series:
    """Return one uniform number from each of `count` equal strata.

    Only `random()` is promised to be the same in every Python, so the shuffle is built from it.
    """
    strata: Sequence[int] = range(count)
    if shuffled:
        rank = [random.random() for _ in strata]
        strata = sorted(strata, key=rank.__getitem__)
    return pl.Series([(stratum + random.random()) / count for stratum in strata])


def draw(luck: pl.Series, number: Range, distribution: str) -> pl.Series:
    """Return the value that lies as far up in the range's distribution as `luck` says."""
    if number.is_point:
        return pl.repeat(number.mode, luck.len(), eager=True)
    if distribution == "pert":
        return _pert(luck, number)
    return _triangular(luck, number)


def _triangular(luck: pl.Series, number: Range) -> pl.Series:
    low, mode, high = number.low, number.mode, number.high
    u, width = pl.col("u"), high - low
    rising = low + (u * (width * (mode - low))).sqrt()
    falling = high - ((1 - u) * (width * (high - mode))).sqrt()
    value = pl.when(u < (mode - low) / width).then(rising).otherwise(falling)
    return pl.DataFrame({"u": luck}).select(value=value)["value"]


def _pert(luck: pl.Series, number: Range) -> pl.Series:
    """Invert the distribution function of a beta distribution, tabulated by Simpson's rule."""
    width = number.high - number.low
    alpha = 1 + 4 * (number.mode - number.low) / width
    beta = 1 + 4 * (number.high - number.mode) / width
    step = 1 / KNOTS
    x = pl.int_range(0, 2 * KNOTS + 1, eager=True) * (step / 2)
    density = x.pow(alpha - 1) * (1 - x).pow(beta - 1)
    at = density.gather_every(2)
    between = density.gather_every(2, offset=1)
    area = (at.head(KNOTS) + 4 * between + at.tail(KNOTS)) * (step / 6)
    grown = pl.concat([pl.Series([0.0]), area.cum_sum()])
    cumulative = grown / float(grown[-1])
    above = cumulative.search_sorted(luck, side="right").clip(1, KNOTS)
    low, high = cumulative.gather(above - 1), cumulative.gather(above)
    inside = (luck - low) / (high - low)
    return number.low + width * step * ((above - 1).cast(pl.Float64) + inside)


def _spread(bill: pl.Series, target: float | None) -> Spread:
    return Spread(
        mean=float(bill.sum()) / bill.len(),
        p10=_percentile(bill, 0.1),
        p50=_percentile(bill, 0.5),
        p90=_percentile(bill, 0.9),
        met=None if target is None else float((bill <= target).sum()) / bill.len(),
    )


def _percentile(bill: pl.Series, p: float) -> float:
    found = bill.quantile(p, interpolation="linear")
    return 0.0 if found is None else float(found)


def tornado(problem: Problem, *, less: float = 0.0) -> tuple[Swing, ...]:
    """Return how far each uncertain number moves the bill by itself, the farthest first."""
    numbers = uncertain(problem.planned)
    values: dict[str, list[float]] = {
        n.column: [n.number.mode] * (2 * len(numbers)) for n in numbers
    }
    for i, n in enumerate(numbers):
        values[n.column][2 * i : 2 * i + 2] = [n.number.low, n.number.high]
    frame = worlds(problem, [all_on(problem)] * (2 * len(numbers)), values)
    bill = (bills(problem.usage, problem.prices, frame)["cost_usd"] - less).to_list()
    swings = [
        Swing(n.column, n.number, bill[2 * i], bill[2 * i + 1]) for i, n in enumerate(numbers)
    ]
    return tuple(sorted(swings, key=lambda s: (-s.swing, s.column)))
