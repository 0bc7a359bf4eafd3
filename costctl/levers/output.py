"""Output: answers are made shorter."""

import polars as pl

from costctl.levers._base import Evidence, Lever, Param, Setting, Stage


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Cut a share of the answers, reasoning included."""
    return flows.with_columns(pl.col("output") * (1 - setting["cut"]))


LEVER = Lever(
    name="output",
    stage=Stage.OUTPUT,
    title="shorter answers",
    about="removes a share of the output, the dearest tokens",
    risk="truncated answers, asked again",
    caveat="a hard cap is no saving: truncated answers are asked again",
    params={
        "cut": Param(
            "share of the output removed",
            default=None,
            evidence=Evidence(0.05, 0.15, 0.35, "CAVEWOMAN, Chain of Draft"),
            levels={0.05: 1, 0.15: 2, 0.35: 5},
        ),
    },
    apply=apply,
    generating_only=True,
)
