"""Measure what levers could do, from the logs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import (
    MomentOptions,
    OutputOptions,
    PriceOptions,
    PricesAt,
    ScopeOptions,
    flat,
)
from costctl.cli._output import tell, write, write_file
from costctl.cli._session import require_rows, usage_session
from costctl.cli._source_options import Paths, SourceOptions

HOW = "What to measure"
SCENARIO = (".yaml", ".yml")


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    cache_ttl: Annotated[
        str,
        typer.Option(
            metavar="TIME", rich_help_panel=HOW, help="How long a response cache keeps an answer."
        ),
    ] = "24h",
    prefix_ttl: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            rich_help_panel=HOW,
            help="When the provider forgets an unused beginning of a prompt.",
        ),
    ] = "5m",
    easy: Annotated[
        str,
        typer.Option(
            metavar="PROMPT/OUTPUT",
            rich_help_panel=HOW,
            help="Tokens up to which a call counts as easy.",
        ),
    ] = "1000/100",
    cap: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS", min=1, rich_help_panel=HOW, help="Longest prompt that stays whole."
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            metavar="TURNS",
            min=1,
            rich_help_panel=HOW,
            help="Last turns of a chat that stay in its prompts.",
        ),
    ] = None,
    critical: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB",
            rich_help_panel=HOW,
            help="Endpoints whose embeddings must stay as good as they are; repeatable.",
        ),
    ] = (),  # type: ignore[assignment]  # as above
    top: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            rich_help_panel=HOW,
            help="Groups of endpoint and model with figures of their own, the dearest first.",
        ),
    ] = 20,
    prices_at: PricesAt = None,
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Measure what levers could do, from the logs; -o FILE.yaml writes a scenario for simulate.

    Every number comes with its method, its sample and its limit. What the log cannot tell is refused with the
    reason. All usage is priced at one date, by default now.

    Examples:
      costctl measure logs/ -o scenario.yaml
      costctl measure --period last-month --cache-ttl 1h --cap 8000
    """
    measuring = _engines.measuring()
    settings = measuring.settings_of(
        cache_ttl=cache_ttl,
        prefix_ttl=prefix_ttl,
        easy=easy,
        cap=cap,
        window=window,
        critical=tuple(critical),
        top=top,
    )
    scenario = Path(output.output) if output.output and _is_scenario(output.output) else None
    shown = replace(output, output=None) if scenario else output
    with usage_session(
        source=source, moment=moment, prices=prices, scope=scope, paths=paths, prices_at=prices_at
    ) as session:
        report, envelope, text, rows = measuring.answer(session, settings)
    if scenario is not None and rows:
        write_file(scenario, text)
    write(report, envelope, shown)
    if scenario is not None and rows:
        tell(f"saved to {scenario}: costctl simulate --scenario {scenario}", output)
    require_rows(rows, paths)


def _is_scenario(path: str | None) -> bool:
    return path is not None and path.lower().endswith(SCENARIO)
