"""How a breakdown is answered: a question to the store, a report, its lines."""

from dataclasses import replace

from costctl.cli._options import GroupOptions
from costctl.cli._session import Session
from costctl.errors import CostctlError
from costctl.reports._sums import added
from costctl.reports.breakdown import Asked, breakdown_report
from costctl.reports.insights import Insights, insights_of
from costctl.store import rollup
from costctl.store.rollup_mixes import mixes
from costctl.table import Envelope, Report


def breakdown(
    session: Session,
    by: tuple[str, ...],
    groups: GroupOptions,
    *,
    percentiles: bool,
    insights: bool,
) -> tuple[Report, Envelope, int]:
    """Return the report, what surrounds it, and how many rows of usage it is about."""
    query = replace(session.query, by=by)
    spent = rollup.spent(session.store, query)
    facts = rollup.facts(session.store, query)
    total = added(spent)
    found_out = (
        insights_of(mixes(session.store, query, session.as_of), session.as_of, session.words)
        if insights and total.rows
        else Insights()
    )
    found = rollup.percentiles(session.store, query) if percentiles else None
    report = breakdown_report(
        spent, facts, Asked(query, groups.top, order_of(groups.sort), found_out), found
    )
    days = facts.days if query.tz == "UTC" else None
    return report, session.envelope(total, days), total.rows


def order_of(text: str | None) -> tuple[str, bool] | None:
    """Return the column that `--sort` names, and whether the smallest comes first."""
    if text is None:
        return None
    name, colon, direction = text.rpartition(":")
    if not colon:
        return text, False
    if direction not in {"asc", "desc"}:
        raise CostctlError(f"--sort: {text!r} is not COLUMN, COLUMN:asc or COLUMN:desc")
    return name, direction == "asc"
