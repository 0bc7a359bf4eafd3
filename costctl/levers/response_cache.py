"""Response cache: a share of calls is answered before it reaches any model."""

import polars as pl

from costctl.levers._base import (
    COUNTS,
    Evidence,
    Lever,
    Param,
    Setting,
    Stage,
    Unit,
    overhead,
)


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Keep the misses; the lookup is paid by hits and misses alike."""
    eligible = setting["eligible"]
    misses = flows.with_columns(pl.col(COUNTS) * (1 - eligible * setting["hit"]))
    if not setting.has("lookup_model"):
        return misses
    tokens = pl.col("requests") * eligible * setting["lookup_tokens"]
    lookups = overhead(flows, setting.at("lookup_model"), input_uncached=tokens)
    return pl.concat([misses, lookups])


LEVER = Lever(
    name="response_cache",
    stage=Stage.RESPONSE_CACHE,
    title="semantic cache",
    about="answers a share of calls without a model: saves input and output",
    risk="wrong answers from the cache",
    caveat="false hits are not priced; exclude personal, time-dependent, tool-using and multi-turn "
    "requests; measure precision on at least 200 sampled hits",
    params={
        "hit": Param(
            "share of eligible calls that the cache answers, weighted by cost",
            default=None,
            evidence=Evidence(0.05, 0.20, 0.60, "Portkey about 0.20; test sets up to 0.69"),
            levels={0.10: 1, 0.20: 3, 0.30: 6, 0.60: 12},
        ),
        "eligible": Param("share of calls that may be cached", default=1),
        "lookup_tokens": Param("tokens embedded per lookup", unit=Unit.COUNT, more_saves=False),
    },
    apply=apply,
    names=("lookup_model",),
    generating_only=True,
)
