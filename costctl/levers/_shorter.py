"""Shorter prompts: what trimming and compressing have in common."""

import polars as pl

from costctl.levers._base import Kind, Param, Setting, Unit, of_kind, overhead

COMPRESSOR = Param("price of compressing, USD per 1M tokens", unit=Unit.USD, more_saves=False)


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
