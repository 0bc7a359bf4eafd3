"""Batch requests: several items travel in one request."""

import polars as pl

from costctl.levers._base import Lever, Param, Setting, Stage, Unit


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Make fewer requests; only instructions that were sent with every item are saved."""
    # Not a division: by a column of one value polars multiplies by its inverse, and the last digit would
    # depend on how many worlds are evaluated at once.
    fewer = pl.col("requests") * (1 / setting["size"])
    spared = setting["shared_tokens"] * (pl.col("requests") - fewer)
    return flows.with_columns(
        requests=fewer,
        input_uncached=pl.max_horizontal(pl.col("input_uncached") - spared, pl.lit(0.0)),
    )


LEVER = Lever(
    name="batch_requests",
    stage=Stage.BATCH_REQUESTS,
    title="batch requests",
    about="sends several items in one request: fewer requests, the same tokens",
    risk="low: saves requests, not tokens",
    caveat="saves requests, not tokens: latency and rate limits improve, the bill does not",
    params={
        "size": Param("items in a request", neutral=1, default=None, unit=Unit.SIZE, affine=False),
        "shared_tokens": Param("instruction tokens that items then share", unit=Unit.COUNT),
    },
    apply=apply,
    needs_requests=True,
)
