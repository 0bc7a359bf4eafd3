"""Save the aggregates of a period, to compare with later."""

from pathlib import Path
from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import OUT, MomentOptions, OutputOptions, PriceOptions, ScopeOptions, flat
from costctl.cli._output import tell, to_stdout, warn, write_file
from costctl.cli._session import require_rows, usage_session
from costctl.cli._source_options import Paths, SourceOptions

STDOUT = "-"


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", rich_help_panel=OUT, help="The file; `-`: stdout."
        ),
    ] = "costctl-baseline.json",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", rich_help_panel=OUT, help="No remarks.")
    ] = False,
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
) -> None:
    """Save the aggregates of a period as a small JSON file.

    It holds sums per endpoint, model, provider, region and tier: no rows, no prompts, no ids, no users.

    Examples:
      costctl baseline save --period last-month -o baseline.json
      costctl baseline save logs/ -o -
    """
    baselines, judging = _engines.baselines(), _engines.judging()
    with usage_session(
        source=source, moment=moment, prices=prices, scope=scope, paths=paths
    ) as session:
        baseline = baselines.baseline_of(session)
        undated = judging.left_out(judging.case_of(session), session.query.where)
        warnings = (*session.warnings, *undated)
    require_rows(len(baseline.rows), paths)
    text = baselines.text_of(baseline)
    options = OutputOptions(quiet=quiet)
    if output == STDOUT:
        to_stdout(text)
    else:
        write_file(Path(output), text)
        tell(f"saved to {output}", options)
    warn(warnings, options)
