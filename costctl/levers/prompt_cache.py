"""Prompt cache: the provider re-uses the unchanged beginning of prompts."""

import polars as pl

from costctl.levers._base import PROMPT, Evidence, Lever, Param, Setting, Stage, Unit

SLACK = 1e-12
"""A prompt exactly at the minimum qualifies, and floating point may land just below it."""


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Turn uncached input into reads and writes where the prompts are long enough."""
    declared = setting["min_prompt_tokens"]
    minimum = pl.when(declared.is_nan()).then(setting.at("minimum")).otherwise(declared)
    counted = (pl.col("requests") > 0) & setting.at("cached")
    long = _long_enough(minimum)
    if setting.has("minima"):
        by_row = _long_share(setting, minimum)
        long = pl.when(setting.at("by_row")).then(by_row).otherwise(long)
    uncached = pl.col("input_uncached")
    acting = pl.when(counted).then(uncached * long).otherwise(0.0)
    reads, writes = acting * setting["read_share"], acting * setting["write_share"]
    return flows.with_columns(
        input_uncached=uncached - reads - writes,
        cache_read=pl.col("cache_read") + reads,
        cache_write=pl.col("cache_write") + writes,
    )


def _long_enough(minimum: pl.Expr) -> pl.Expr:
    """Return 1 where the average prompt reaches the minimum, else 0."""
    reaches = pl.sum_horizontal(PROMPT) >= minimum * pl.col("requests") * (1 - SLACK)
    return reaches.cast(pl.Float64)


def _long_share(setting: Setting, minimum: pl.Expr) -> pl.Expr:
    """Return the share of the uncached input in prompts of the minimum and above, from single requests.

    `minima` are lengths, as logged, at which that share is known; prompts that were made shorter on the
    way reach the minimum only from a greater logged length. Between two lengths it is taken to be straight.
    """
    now = pl.sum_horizontal(PROMPT) / pl.col("requests")
    # Lengths are whole numbers, so the next whole one asks for the same prompts.
    wanted = (minimum * setting.at("logged_prompt") / now * (1 - SLACK)).ceil()
    minima = setting.tables["minima"]
    last = minima.len() - 1
    left = pl.lit(minima).search_sorted(wanted, side="right").cast(pl.Int64) - 1
    low, high = left.clip(0, last), (left + 1).clip(0, last)
    start = pl.col("price").cast(pl.Int64) * (last + 1)
    table = pl.lit(setting.tables["long"])
    at_low, at_high = table.gather(start + low), table.gather(start + high)
    from_, to = pl.lit(minima).gather(low), pl.lit(minima).gather(high)
    inside = ((wanted - from_) / (to - from_)).clip(0.0, 1.0)
    return pl.when(to > from_).then(at_low + (at_high - at_low) * inside).otherwise(at_low)


LEVER = Lever(
    name="prompt_cache",
    stage=Stage.PROMPT_CACHE,
    title="provider caching",
    about="bills a share of the uncached input at the provider's cached price",
    risk="low: needs a stable beginning",
    caveat="only an unchanged beginning is re-used, and only within the provider's lifetime",
    params={
        "read_share": Param(
            "share of uncached input that is read from the provider's cache",
            default=None,
            evidence=Evidence(
                0.1, 0.3, 0.6, "chat with a stable system prompt; RAG 0, agents 0.75"
            ),
            levels={0.1: 1, 0.3: 2, 0.6: 5},
        ),
        "write_share": Param("share of uncached input that is written", more_saves=False),
        "min_prompt_tokens": Param(
            "shortest prompt that is cached; else what the price table says",
            neutral=float("nan"),
            default=float("nan"),
            unit=Unit.COUNT,
            more_saves=False,
            affine=False,
        ),
    },
    apply=apply,
    generating_only=True,
    needs_requests=True,
)
