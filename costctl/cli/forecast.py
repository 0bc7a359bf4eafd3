"""Project what a month will cost, from its days so far and the weeks before."""

from typing import Annotated, Literal

import typer

from costctl.cli import _engines
from costctl.cli._dimensions import dimensions_of
from costctl.cli._options import (
    GROUPS,
    MomentOptions,
    OutputOptions,
    PriceOptions,
    ScopeOptions,
    flat,
)
from costctl.cli._output import write
from costctl.cli._session import usage_session, where_to_look
from costctl.cli._source_options import Paths, SourceOptions
from costctl.errors import NoDataError

Method = Literal["auto", "run-rate", "trailing7", "seasonal"]


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    method: Annotated[
        Method, typer.Option(help="How days ahead are predicted; auto: what erred least before.")
    ] = "auto",
    target: Annotated[
        str | None, typer.Option(metavar="USD", help="A limit; says when it is crossed.")
    ] = None,
    by: Annotated[
        list[str],
        typer.Option(metavar="A,B", rich_help_panel=GROUPS, help="Project each group on its own."),
    ] = (),  # type: ignore[assignment]  # an immutable default, as in `_options`
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Project the cost of the current month, or of the period given.

    Exit code 3 with fewer than three complete days of usage.

    Examples:
      costctl forecast --target 3200
      costctl forecast logs/ --by endpoint --period this-month
    """
    projecting = _engines.projecting()
    dimensions = dimensions_of(by, ())
    wanted = projecting.target_of(target)
    with usage_session(
        source=source, moment=moment, prices=prices, scope=scope, paths=paths
    ) as session:
        report, envelope, known = projecting.forecast(
            session, by=dimensions, method=method, target=wanted
        )
    write(report, envelope, output)
    if not known:
        raise NoDataError(
            "too little history: a projection needs at least 3 complete days of usage",
            where_to_look(paths),
            "too_little_history",
        )
