"""Explain the difference of two periods, or of a period and a baseline."""

from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._dimensions import dimensions_of
from costctl.cli._options import GROUPS, SCOPE, MomentOptions, OutputOptions, PriceOptions, flat
from costctl.cli._output import write
from costctl.cli._session import require_rows
from costctl.cli._source_options import SourceOptions

Before = Annotated[
    str,
    typer.Argument(
        metavar="A", help="The earlier side: a period or a baseline file.", show_default=False
    ),
]
After = Annotated[
    str,
    typer.Argument(metavar="B", help="The later side, in the same form.", show_default=False),
]


@flat
def command(
    before: Before,
    after: After,
    *,
    by: Annotated[
        list[str],
        typer.Option(
            metavar="A,B", rich_help_panel=GROUPS, help="Groups; default: endpoint,model."
        ),
    ] = (),  # type: ignore[assignment]  # an immutable default, as in `_options`
    where: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=GLOB", rich_help_panel=SCOPE, help="Only matching usage; repeatable."
        ),
    ] = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    source: SourceOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Explain why the cost changed: volume, mix, tokens per request and prices.

    The four effects of each group add up exactly to its change. To fail a build on a change, use a
    `compare:` budget.

    Examples:
      costctl compare last-month this-month
      costctl compare baseline.json 7d --by model
    """
    comparing = _engines.comparing()
    dimensions = dimensions_of(by, ("endpoint", "model"))
    asked = comparing.Asked(before, after, dimensions, where)
    report, envelope, rows = comparing.compared(asked, source, moment, prices)
    write(report, envelope, output)
    require_rows(rows)
