"""Models of which a newer, cheaper snapshot is out."""

from costctl.measure.base import (
    EVERYTHING,
    Asked,
    Estimate,
    Estimator,
    Measured,
    Place,
    retirement_text,
)
from costctl.store.rollup_mixes import Mix
from costctl.table import ENDPOINT_AND_MODEL, Column, Kind, Table


def measure(asked: Asked) -> Measured:
    """Find usage whose model has a cheaper successor, or a cheaper sibling."""
    stale = [mix for mix in asked.mixes if mix.newer and mix.now_usd]
    offered = [mix for mix in asked.mixes if mix.newer or mix.sibling]
    rows = sum(g.facts.rows for g in asked.groups)
    tables = (_table(offered),) if offered else ()
    if not stale:
        none = "no model in use has a newer, cheaper one of its family in the price table"
        return Measured((Estimate(EVERYTHING, None, rows, none),), tables)
    return Measured(tuple(_one(asked, mix) for mix in stale), tables)


def _one(asked: Asked, mix: Mix) -> Estimate:
    saved = 1 - mix.newer.cost_usd / mix.now_usd if mix.newer and mix.now_usd else 0.0
    notes = [f"{saved:.1%} cheaper at the same tokens"]
    if mix.retires_on:
        notes.append(retirement_text(mix.price_model, mix.retires_on, asked.at))
    notes += asked.retirement(mix.newer.name if mix.newer else None)
    return Estimate(
        Place(mix.endpoint, mix.model),
        1.0,
        mix.requests,
        names={"to": mix.newer.name if mix.newer else ""},
        plan=True,
        notes=tuple(notes),
        tier=mix.tier,
    )


def _table(mixes: list[Mix]) -> Table:
    return Table(
        name="stale_models",
        title="The same tokens on another model of the price table",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("tier", "Tier", Kind.TEXT, wide_only=True),
            Column("now_usd", "Now", Kind.USD),
            Column("newer", "Newer", Kind.TEXT),
            Column("newer_usd", "There", Kind.USD),
            Column("sibling", "Smaller", Kind.TEXT),
            Column("sibling_usd", "There", Kind.USD),
        ),
        rows=tuple(
            (
                mix.endpoint,
                mix.model,
                mix.tier,
                mix.now_usd,
                mix.newer.name if mix.newer else "",
                mix.newer.cost_usd if mix.newer else None,
                mix.sibling.name if mix.sibling else "",
                mix.sibling.cost_usd if mix.sibling else None,
            )
            for mix in mixes
        ),
    )


ESTIMATOR = Estimator(
    name="stale_models",
    lever="swap",
    parameter="share",
    title="newer, cheaper snapshot",
    method="All usage of a model for which the price table has a later, cheaper one of the same family.",
    limit="Answers may differ in quality and length: run the evaluation set on the newer model.",
    measure=measure,
)
