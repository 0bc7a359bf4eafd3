"""Dedupe: retries, duplicates and failures that were paid for and need not be."""

import polars as pl

from costctl.levers._base import COUNTS, Evidence, Lever, Param, Setting, Stage


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Drop the share that is waste."""
    return flows.with_columns(pl.col(COUNTS) * (1 - setting["waste"]))


LEVER = Lever(
    name="dedupe",
    stage=Stage.DEDUPE,
    title="remove waste",
    about="removes repeated and failed calls, input and output alike",
    risk="lowest: only waste goes",
    caveat="remove retries here, not in a cache, or they count twice",
    params={
        "waste": Param(
            "share of the cost that is waste",
            default=None,
            evidence=Evidence(0.0, 0.03, 0.10, "judgement; exact from logs with `measure`"),
            levels={0.03: 1, 0.10: 2},
        ),
    },
    apply=apply,
)
