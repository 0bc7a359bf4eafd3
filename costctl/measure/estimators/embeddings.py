"""How much of the embeddings could use a smaller model."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from costctl.measure.base import (
    EVERYTHING,
    Asked,
    Estimate,
    Estimator,
    Group,
    Measured,
    Place,
    share,
)
from costctl.table import ENDPOINT_AND_MODEL, Column, Kind, Table

KIND = "embedding"


def measure(asked: Asked) -> Measured:
    """Find the embedding tokens of endpoints that nobody called critical."""
    groups = [g for g in asked.groups if g.facts.kind == KIND]
    if not groups:
        none = "no embeddings in this scope"
        return Measured(
            (Estimate(EVERYTHING, None, sum(g.facts.rows for g in asked.groups), none),)
        )
    found = [_one(asked, g.place, (g,)) for g in groups if asked.is_listed(g)]
    if len(groups) > 1:
        found.insert(0, _one(asked, EVERYTHING, groups))
    return Measured(tuple(found), (_table(asked, [g for g in groups if asked.is_listed(g)]),))


def _one(asked: Asked, place: Place, groups: Sequence[Group]) -> Estimate:
    rows = sum(g.facts.rows for g in groups)
    critical = asked.settings.critical
    if critical is None:
        reason = (
            "which endpoints need the better index is not in the log: name them with --critical"
        )
        return Estimate(place, None, rows, reason)
    free = [g for g in groups if not _is_critical(g, critical)]
    value = share(sum(g.facts.prompt for g in free), sum(g.facts.prompt for g in groups))
    rate = groups[0].rate
    sibling = rate.cheaper_sibling if rate and not place.everything else None
    return Estimate(
        place,
        value,
        rows,
        None if value is not None else "no tokens",
        names={"to": sibling} if sibling else {},
        plan=bool(value) and sibling is not None,
        asked=True,
        notes=(
            "queries and documents of one index must use one model",
            *asked.retirement(sibling),
        ),
    )


def _is_critical(group: Group, critical: Sequence[str]) -> bool:
    return any(fnmatchcase(group.facts.endpoint or "", pattern) for pattern in critical)


def _table(asked: Asked, groups: Sequence[Group]) -> Table:
    tokens = sum(g.facts.prompt for g in asked.groups if g.facts.kind == KIND)
    return Table(
        name="embeddings",
        title="Embeddings",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("tokens", "Tokens", Kind.COUNT),
            Column("token_share", "Of all embeddings", Kind.SHARE),
            Column("cost_usd", "Cost", Kind.USD),
            Column("cost_share", "Of the whole cost", Kind.SHARE),
        ),
        rows=tuple(
            (
                g.facts.endpoint,
                g.facts.model,
                g.facts.prompt,
                share(g.facts.prompt, tokens),
                g.facts.cost,
                share(g.facts.cost or 0.0, asked.cost),
            )
            for g in groups
        ),
    )


ESTIMATOR = Estimator(
    name="embeddings",
    lever="swap",
    parameter="share",
    title="uncritical embeddings",
    method="Share of embedding tokens from endpoints that --critical does not name.",
    limit="How much worse search gets is not in the log, and re-embedding the corpus costs once.",
    measure=measure,
)
