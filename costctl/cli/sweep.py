"""Project the bill over a grid of one or two lever settings."""

from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._lever_options import PLAN, LeverOptions, PlanOptions
from costctl.cli._options import MomentOptions, OutputOptions, PriceOptions, ScopeOptions, flat
from costctl.cli._output import tell, write
from costctl.cli._session import require_rows, usage_session
from costctl.cli._source_options import SourceOptions


@flat
def command(
    *,
    parameters: Annotated[
        list[str],
        typer.Argument(
            metavar="LEVER.PARAMETER=LOW:HIGH:COUNT...",
            help="One or two numbers of the plan and the values to try.",
            show_default=False,
        ),
    ] = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    logs: Annotated[
        list[str],
        typer.Option(
            metavar="PATH",
            rich_help_panel=PLAN,
            help="Logs to read instead of the database, for this run only; repeatable.",
        ),
    ] = (),  # type: ignore[assignment]  # as above
    question: PlanOptions,
    levers: LeverOptions,
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Project the bill over a grid of one or two lever settings; all other settings stay as given.

    LEVER is the name of a lever in the plan, such as response_cache, and PARAMETER one of its numbers.

    Examples:
      costctl sweep route.fraction=0:0.8:9 --route 0.4 --target 3200
      costctl sweep response_cache.hit=0:0.6:7 route.fraction=0:0.6:4 --scenario plan.yaml --format csv
    """
    simulating = _engines.simulating()
    asked = simulating.question_of(levers, question)
    axes = simulating.axes_of(asked, parameters)
    with usage_session(
        source=source, moment=moment, prices=prices, scope=scope, paths=logs
    ) as session:
        report, envelope, rows = simulating.swept(session, asked, axes)
    write(report, envelope, output)
    if output.output is not None:
        tell(report.foot[-1], output)
    require_rows(rows, logs)
