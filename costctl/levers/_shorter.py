"""Shorter prompts: what trimming and compressing have in common."""

import polars as pl

from costctl.levers._base import Evidence, Kind, Param, Setting, Unit, of_kind, overhead

BESIDE_SAVED = {
    "compressible": Param(
        "share of the input that can be cut",
        default=1,
        evidence=Evidence(0.5, 0.75, 0.95, "judgement; instructions cannot be cut"),
    ),
    "output_factor": Param(
        "length of answers afterwards, relative to now",
        neutral=1,
        default=1,
        unit=Unit.RATIO,
        more_saves=False,
        evidence=Evidence(0.95, 1.05, 1.30, "studies disagree: 0.95 to 1.8"),
    ),
    "compressor_usd_per_1m": Param(
        "price of compressing, USD per 1M tokens", unit=Unit.USD, more_saves=False
    ),
}
"""What is set besides how much is cut: of how much, and what that leads to."""


def shorten(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Cut uncached input; answers may become longer; the compressor reads what stood before."""
    saved = setting["saved"] * setting.at("capped") if setting.has("capped") else setting["saved"]
    shorter = flows.with_columns(
        pl.col("input_uncached") * (1 - setting["compressible"] * saved),
        pl.col("output") * setting["output_factor"],
    )
    if not setting.has("declared"):
        return shorter
    # The price of this overhead is one dollar per million, so the declared rate scales the tokens.
    read = pl.col("input_uncached") * setting["compressor_usd_per_1m"]
    compressed = flows.filter(~of_kind(Kind.ESCALATED))
    return pl.concat([shorter, overhead(compressed, setting.at("declared"), input_uncached=read)])
