"""Tier: a share of the usage is billed at another service tier."""

import polars as pl

from costctl.levers._base import COUNTS, Evidence, Lever, Param, Setting, Stage


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Bill a share of every flow at the other tier's prices."""
    share = setting["share"] * setting.at("movable")
    stays = flows.with_columns(pl.col(COUNTS) * (1 - share))
    shifted = flows.with_columns(pl.col(COUNTS) * share, price=setting.at("target"))
    return pl.concat([stays, shifted])


LEVER = Lever(
    name="tier",
    stage=Stage.TIER,
    title="other service tier",
    about="bills a share at the prices of batch, flex or another tier",
    risk="hours of delay, or refusals",
    caveat="batch answers within 24 hours, flex may refuse; only for work nobody waits for",
    params={
        "share": Param(
            "share of the usage billed at that tier",
            default=None,
            evidence=Evidence(0.0, 0.3, 0.8, "judgement, for offline jobs; 0 for chat"),
            levels={0.3: 1, 0.8: 2},
        ),
    },
    apply=apply,
    names=("to_tier",),
    moves="to_tier",
)
