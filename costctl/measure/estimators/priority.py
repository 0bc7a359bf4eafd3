"""Usage billed at a dearer service tier."""

from costctl.measure.base import EVERYTHING, Asked, Estimate, Estimator, Measured, Place, share
from costctl.store.rollup_mixes import Mix
from costctl.table import ENDPOINT_AND_MODEL, Column, Kind, Table


def measure(asked: Asked) -> Measured:
    """Find usage that would cost less at the standard tier."""
    dear = [mix for mix in asked.mixes if _extra(mix) > 0]
    rows = sum(g.facts.rows for g in asked.groups)
    if not dear:
        none = "no usage at a tier that costs more than the standard one"
        return Measured((Estimate(EVERYTHING, None, rows, none),))
    found = [
        Estimate(
            Place(mix.endpoint, mix.model),
            1.0,
            mix.requests,
            names={"to_tier": "standard"},
            plan=True,
            notes=(
                f"{mix.tier}: {share(_extra(mix), mix.now_usd or 0.0) or 0:.1%} more than standard",
            ),
            tier=mix.tier,
        )
        for mix in dear
    ]
    return Measured(tuple(found), (_table(dear),))


def _extra(mix: Mix) -> float:
    """Return what the tier costs above the standard one."""
    if mix.standard is None or mix.now_usd is None:
        return 0.0
    return mix.now_usd - mix.standard.cost_usd


def _table(mixes: list[Mix]) -> Table:
    return Table(
        name="priority",
        title="Usage at a dearer tier",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("tier", "Tier", Kind.TEXT),
            Column("requests", "Calls", Kind.COUNT),
            Column("now_usd", "Now", Kind.USD),
            Column("standard_usd", "At standard", Kind.USD),
        ),
        rows=tuple(
            (
                mix.endpoint,
                mix.model,
                mix.tier,
                mix.requests,
                mix.now_usd,
                mix.standard.cost_usd if mix.standard else None,
            )
            for mix in mixes
        ),
    )


ESTIMATOR = Estimator(
    name="priority",
    lever="tier",
    parameter="share",
    title="dearer tier than needed",
    method="All usage at a service tier whose price is above the standard tier's.",
    limit="A ceiling: which calls need the faster tier is not in the log.",
    measure=measure,
)
