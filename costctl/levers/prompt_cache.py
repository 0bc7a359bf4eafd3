"""Prompt cache: the provider re-uses the unchanged beginning of prompts."""

import polars as pl

from costctl.levers._base import PROMPT, Evidence, Lever, Param, Setting, Stage, Unit

SLACK = 1e-12
"""A prompt exactly at the minimum qualifies, and floating point may land just below it."""


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Turn uncached input into reads and writes where the prompts are long enough."""
    declared = setting["min_prompt_tokens"]
    minimum = pl.when(declared.is_nan()).then(setting.at("minimum")).otherwise(declared)
    long_enough = pl.sum_horizontal(PROMPT) >= minimum * pl.col("requests") * (1 - SLACK)
    acts = long_enough & (pl.col("requests") > 0) & setting.at("cached")
    uncached = pl.col("input_uncached")
    reads = pl.when(acts).then(uncached * setting["read_share"]).otherwise(0.0)
    writes = pl.when(acts).then(uncached * setting["write_share"]).otherwise(0.0)
    return flows.with_columns(
        input_uncached=uncached - reads - writes,
        cache_read=pl.col("cache_read") + reads,
        cache_write=pl.col("cache_write") + writes,
    )


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
