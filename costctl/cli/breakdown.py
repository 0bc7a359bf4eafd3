"""Show what was spent, by any dimensions."""

from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._dimensions import dimensions_of
from costctl.cli._options import (
    GROUPS,
    GroupOptions,
    MomentOptions,
    OutputOptions,
    PriceOptions,
    PricesAt,
    ScopeOptions,
    flat,
)
from costctl.cli._output import hint, write
from costctl.cli._session import require_rows, usage_session
from costctl.cli._source_options import Paths, SourceOptions
from costctl.vocabulary import DEFAULT_BY


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    groups: GroupOptions,
    percentiles: Annotated[
        bool,
        typer.Option(
            "--percentiles",
            rich_help_panel=GROUPS,
            help="Add p50, p90 and p99 of tokens and cost per request.",
        ),
    ] = False,
    insights: Annotated[
        bool | None,
        typer.Option(
            "--insights/--no-insights",
            rich_help_panel=GROUPS,
            help="Lines about what stands out, each with the command to try; default: under tables.",
            show_default=False,
        ),
    ] = None,
    prices_at: PricesAt = None,
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Show what was spent, by any dimensions.

    For each group: requests, tokens, cost, share, and the cost that logs name.

    Examples:
      costctl breakdown logs/
      costctl breakdown --by day,model --period 7d --where 'endpoint=!test*' --top 20
    """
    by = dimensions_of(groups.by, DEFAULT_BY)
    with usage_session(
        source=source,
        moment=moment,
        prices=prices,
        scope=scope,
        paths=paths,
        prices_at=prices_at,
        by=by,
        later=(
            "costctl.store.rollup_scan",
            "costctl.cli._costing",
            f"costctl.render.{output.shape}",
        ),
    ) as session:
        report, envelope, rows = _engines.costing().breakdown(
            session,
            by,
            groups,
            percentiles=percentiles,
            insights=output.shape == "table" if insights is None else insights,
        )
    write(report, envelope, output)
    if report.try_next:
        hint(f"next: {report.try_next}", output)
    require_rows(rows, paths)
