"""Answers far longer than usual."""

from costctl.measure import refusals
from costctl.measure.base import EVERYTHING, Asked, Estimate, Estimator, Measured, share
from costctl.store import measures_shares
from costctl.table import ENDPOINT_AND_MODEL, Column, Kind, Table


def measure(asked: Asked) -> Measured:
    """Show the spread of answer lengths; which of them are too long, a log cannot tell."""
    spreads = {one.group: one for one in measures_shares.answers(asked.store)}
    able = [g for g in asked.generating if g.facts.number in spreads and asked.is_listed(g)]
    rows = sum(g.facts.rows for g in asked.generating)
    reason = (
        "how short answers may be is a decision; the table shows how long they are"
        if able
        else refusals.NO_CALLS
    )
    table = Table(
        name="answers",
        title="Lengths of answers, in tokens",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("p50", "P50", Kind.COUNT),
            Column("p95", "P95", Kind.COUNT),
            Column("longest", "Longest", Kind.COUNT),
            Column("above_share", "Output above P95", Kind.SHARE),
            Column("cut_short_share", "Cut short", Kind.SHARE),
        ),
        rows=tuple(
            (
                g.facts.endpoint,
                g.facts.model,
                one.p50,
                one.p95,
                one.longest,
                share(one.above, one.output),
                share(one.cut_short, one.ended) if one.ended else None,
            )
            for g in able
            for one in (spreads[g.facts.number],)
        ),
        notes=(
            "Cut short: of the calls that log how they ended. A hard limit is no saving if the call is repeated.",
        ),
    )
    return Measured((Estimate(EVERYTHING, None, rows, reason),), (table,) if able else ())


ESTIMATOR = Estimator(
    name="long_answers",
    lever="output",
    parameter="cut",
    title="length of answers",
    method="Percentiles of the output of single calls, and the part of it above the 95th.",
    limit="Whether an answer was longer than needed is not in the log.",
    measure=measure,
)
