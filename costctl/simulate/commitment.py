"""Provisioned throughput after all levers: what units would do for the load that remains."""

import polars as pl

from costctl.errors import CostctlError
from costctl.levers._base import Kind
from costctl.simulate.basis import Basis
from costctl.simulate.bind import Problem
from costctl.simulate.inputs import Source
from costctl.simulate.outcome import Units
from costctl.simulate.plan import Provisioned, matches
from costctl.simulate.project import flows_after
from costctl.simulate.ptu import provision
from costctl.simulate.worlds import all_on, worlds

HOURS = 24


def units_of(problem: Problem, source: Source, basis: Basis, offer: Provisioned) -> Units | None:
    """Return the cheapest number of units for what the levers leave; None where the offer matches no usage.

    Load is counted as input: uncached prompt tokens plus the output at its ratio; tokens read from the
    provider's cache are free.
    """
    numbers = [i for i, group in enumerate(problem.logged) if matches(offer.where, group)]
    if not numbers:
        return None
    own = problem.usage.filter(pl.col("group").is_in(numbers))
    left_in, left_out = _left(problem, own)
    load = [
        uncached * left_in + offer.output_ratio * output * left_out
        for uncached, output in source.hours(offer.where)
    ]
    if basis.span.days is None:
        raise CostctlError("ptu: usage without times has no hours", hint="leave the block out")
    idle = max(0, round(basis.span.days * HOURS) - len(load))
    sized = provision([*load, *[0.0] * idle], _rate(problem, own), offer)
    return Units(offer, sized, sized.saving * basis.scale)


def _left(problem: Problem, own: pl.DataFrame) -> tuple[float, float]:
    """Return the shares of input and of output that still go to the model that the units would serve."""
    flows = flows_after(problem.usage, problem.prices, worlds(problem, [all_on(problem)]))
    staying = flows.join(own.select("group", "price"), on=["group", "price"]).filter(
        pl.col("kind") != int(Kind.OVERHEAD)
    )
    found = [
        _ratio(float(staying[count].sum()), float(own[count].sum()))
        for count in ("input_uncached", "output")
    ]
    return found[0], found[1]


def _rate(problem: Problem, own: pl.DataFrame) -> float:
    """Return USD per input token by the token, averaged over the load."""
    rates = problem.prices["input_uncached"].gather(own["price"]).to_list()
    tokens = own["input_uncached"].to_list()
    paid = sum(rate * count for rate, count in zip(rates, tokens, strict=True))
    return _ratio(paid, sum(tokens))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
