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
    scaled,
)


def apply(flows: pl.LazyFrame, setting: Setting) -> pl.LazyFrame:
    """Split what may still move into the part that stays, moves, and comes back."""
    main = flows.filter(of_kind(Kind.MAIN))
    movable = setting.at("movable")
    going = {count: _held(setting, count) * movable for count in COUNTS}
    open_to_it = of_kind(Kind.MAIN)
    staying = {c: 1 - pl.when(open_to_it).then(g).otherwise(0.0) for c, g in going.items()}
    parts = [scaled(flows, staying), moved(main, going, setting, Kind.MOVED)]
    if not setting.idle("escalate"):
        again = {count: share * setting["escalate"] for count, share in going.items()}
        kind = pl.lit(int(Kind.ESCALATED), dtype=pl.UInt8)
        parts.append(scaled(main, again).with_columns(kind=kind))
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


def _held(setting: Setting, count: str) -> pl.Expr:
    """Return the part of a count that the moved requests hold: flat, the same part of everything.

    In an order, `knots` are fractions of the requests at which that part is known, by price; between two
    of them it is taken to be straight.
    """
    fraction = setting["fraction"]
    if not setting.has("knots"):
        return fraction
    knots = setting.tables["knots"]
    last = knots.len() - 1
    left = (pl.lit(knots).search_sorted(fraction, side="right").cast(pl.Int64) - 1).clip(
        0, last - 1
    )
    table = pl.lit(setting.tables[f"held_{count}"])
    start = pl.col("price").cast(pl.Int64) * (last + 1) + left
    low, high = table.gather(start), table.gather(start + 1)
    from_, to = pl.lit(knots).gather(left), pl.lit(knots).gather(left + 1)
    return low + (high - low) * (fraction - from_) / (to - from_)


LEVER = Lever(
    name="route",
    stage=Stage.ROUTE,
    title="route easy calls",
    about="sends a share of the calls that reach it to a cheaper model; escalated ones pay both",
    risk="quality of the moved calls",
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
