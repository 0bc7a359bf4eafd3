"""Route: the easy part of the calls goes to a cheaper model."""

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
    Unit,
    moved,
    of_kind,
    overhead,
)


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Split what may still move into the part that stays, moves, and comes back."""
    main = flows.filter(of_kind(Kind.MAIN))
    movable = setting.at("movable")
    fraction = setting["fraction"] * movable
    leaving = pl.when(of_kind(Kind.MAIN)).then(fraction).otherwise(0.0)
    parts = [
        flows.with_columns(pl.col(COUNTS) * (1 - leaving)),
        moved(main, fraction, setting, Kind.MOVED),
    ]
    if not setting.idle("escalate"):
        again = pl.col(COUNTS) * fraction * setting["escalate"]
        kind = pl.lit(int(Kind.ESCALATED), dtype=pl.UInt8)
        parts.append(main.with_columns(again, kind=kind))
    if setting.has("classifier_model"):
        classified = pl.col("requests") * movable
        parts.append(
            overhead(
                main,
                setting.at("classifier_model"),
                input_uncached=classified * setting["classifier_in"],
                output=classified * setting["classifier_out"],
            )
        )
    return pl.concat(parts)


LEVER = Lever(
    name="route",
    stage=Stage.ROUTE,
    title="route easy calls",
    about="sends a share of the calls that reach it to a cheaper model; escalated ones pay both",
    caveat="run the evaluation set on the moved slice; a share of calls is no share of cost",
    params={
        "fraction": Param(
            "share of the calls reaching this stage that moves",
            default=None,
            evidence=Evidence(0.20, 0.40, 0.60, "Hybrid LLM, AutoMix; against it RouterBench"),
            levels={0.20: 2, 0.40: 4, 0.60: 8},
        ),
        "escalate": Param(
            "share of the moved calls that is sent to the first model as well",
            more_saves=False,
            evidence=Evidence(0.0, 0.05, 0.15, "judgement; measure follow-up calls"),
        ),
        "token_ratio_in": TOKEN_RATIO_IN,
        "token_ratio_out": TOKEN_RATIO_OUT,
        "classifier_in": Param("tokens the classifier reads", unit=Unit.COUNT, more_saves=False),
        "classifier_out": Param("tokens the classifier writes", unit=Unit.COUNT, more_saves=False),
    },
    apply=apply,
    names=("to", "classifier_model"),
    generating_only=True,
    moves="to",
)
