"""What a baseline holds."""

from decimal import Decimal

from costctl.baseline import Baseline, BaselineRow, to_values
from costctl.table import ENDPOINT_AND_MODEL, Cell, Column, Kind, Report, Table

COLUMNS = (
    *ENDPOINT_AND_MODEL,
    Column("provider", "Provider", Kind.TEXT, wide_only=True),
    Column("region", "Region", Kind.TEXT, wide_only=True),
    Column("tier", "Tier", Kind.TEXT, wide_only=True),
    Column("requests", "Requests", Kind.COUNT),
    Column("tokens", "Tokens", Kind.COUNT),
    Column("cost", "Cost", Kind.USD),
    Column("logged_cost", "Logged cost", Kind.USD, wide_only=True),
)


def baseline_report(baseline: Baseline, path: str) -> Report:
    """Return the groups of a baseline with their sum."""
    since, until = baseline.window.since, baseline.window.until
    cost = sum((row.cost_usd or Decimal(0) for row in baseline.rows), Decimal(0))
    requests = sum(row.requests for row in baseline.rows)
    tokens = sum(row.tokens.total for row in baseline.rows)
    title = f"{path}: {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
    digest = baseline.pricing.get("sha256", "unknown")
    version = baseline.pricing.get("version", "unknown")
    table = Table(
        "baseline",
        title,
        COLUMNS,
        tuple(_row(row) for row in baseline.rows),
        total=("Total", "", "", "", "", requests, tokens, cost, None),
        notes=(f"Prices {version} ({digest}), written by costctl {baseline.tool_version}.",),
        sums=("cost",),
    )
    return Report(name="baseline-show", tables=(table,), result=to_values(baseline))


def _row(row: BaselineRow) -> tuple[Cell, ...]:
    return (*row.key, row.requests, row.tokens.total, row.cost_usd, row.logged_cost_usd)
