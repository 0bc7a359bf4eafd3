"""Swap: a share of a group's usage gets another model."""

import polars as pl

from costctl.levers._base import (
    COUNTS,
    TOKEN_RATIO_IN,
    TOKEN_RATIO_OUT,
    Evidence,
    Kind,
    Lever,
    Param,
    Setting,
    Stage,
    evenly,
    moved,
    of_kind,
)


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Split what may still change its model; the swapped part stays open to later levers."""
    share = setting["share"] * setting.at("movable")
    leaving = pl.when(of_kind(Kind.MAIN)).then(share).otherwise(0.0)
    stays = flows.with_columns(pl.col(COUNTS) * (1 - leaving))
    swapped = moved(flows.filter(of_kind(Kind.MAIN)), evenly(share), setting, Kind.MAIN)
    return pl.concat([stays, swapped])


LEVER = Lever(
    name="swap",
    stage=Stage.SWAP,
    title="change the model",
    about="moves a share of all calls to another model, at its prices and in its tokens",
    risk="quality of the other model",
    caveat="quality is not priced: run the evaluation set on the new model",
    params={
        "share": Param(
            "share of the usage that moves",
            default=1,
            evidence=Evidence(0.3, 0.55, 1.0, "judgement, for embeddings off the critical path"),
            levels={1.0: 1},
        ),
        "token_ratio_in": TOKEN_RATIO_IN,
        "token_ratio_out": TOKEN_RATIO_OUT,
    },
    apply=apply,
    names=("to",),
    moves="to",
)
