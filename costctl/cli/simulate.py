"""Project what levers would make of the bill, without counting a dollar twice."""

from typing import Annotated, Literal

import typer

from costctl.cli import _engines
from costctl.cli._ahead import ahead
from costctl.cli._lever_options import PLAN, LeverOptions, PlanOptions
from costctl.cli._options import (
    GROUPS,
    MomentOptions,
    OutputOptions,
    PriceOptions,
    ScopeOptions,
    flat,
)
from costctl.cli._output import tell, write
from costctl.cli._session import require_rows, usage_session
from costctl.cli._source_options import Paths, SourceOptions

UNCERTAINTY = "Ranges"


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    question: PlanOptions,
    levers: LeverOptions,
    draws: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            rich_help_panel=UNCERTAINTY,
            help="Draws from the ranges; default: 10000, 0: none.",
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="N", rich_help_panel=UNCERTAINTY, help="Repeats the draws of an earlier run."
        ),
    ] = None,
    distribution: Annotated[
        Literal["triangular", "pert"],
        typer.Option(rich_help_panel=UNCERTAINTY, help="Shape of every range."),
    ] = "triangular",
    confidence: Annotated[
        str | None,
        typer.Option(
            metavar="0.5|0.9",
            rich_help_panel=UNCERTAINTY,
            help="Percentile of the bill that the target is held against.",
        ),
    ] = None,
    order_free: Annotated[
        bool,
        typer.Option(
            "--order-free",
            rich_help_panel=PLAN,
            help="Show fair shares at any width: each saving, averaged over all orders.",
        ),
    ] = False,
    by: Annotated[
        list[str],
        typer.Option(
            metavar="A,B", rich_help_panel=GROUPS, help="Dimensions of the groups under the table."
        ),
    ] = (),  # type: ignore[assignment]  # an immutable default, as in `_options`
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Project what levers would make of the bill, without counting a dollar twice.

    Whatever order they are given in, levers apply along the path of a request; each acts on what the
    ones before it left. Before and after are at one price date.

    Examples:
      costctl simulate logs/ --cache-hit 0.2 --route rag_query=0.4 --target 3200
      costctl simulate --scenario plan.yaml --json
    """
    ahead(f"costctl.render.{output.shape}")
    simulating = _engines.simulating()
    options = simulating.options_of(draws, seed, distribution, confidence)
    asked = simulating.question_of(levers, question)
    with usage_session(
        source=source, moment=moment, prices=prices, scope=scope, paths=paths
    ) as session:
        report, envelope, rows, priced = simulating.answer(
            session, asked, by=by, options=options, order_free=order_free
        )
    write(report, envelope, output)
    if output.output is not None:
        tell(report.foot[-1], output)
    require_rows(rows, paths)
    if not priced:
        raise simulating.unpriced()
