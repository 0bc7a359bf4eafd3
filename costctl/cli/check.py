"""Judge budgets, unit costs and changes against their limits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from costctl.cli import _engines
from costctl.cli._gate import CiOptions, before_stdout, on_stdout
from costctl.cli._options import MomentOptions, OutputOptions, PriceOptions, flat
from costctl.cli._output import hint, tell, write
from costctl.cli._session import moment_in, settings_of, usage_session
from costctl.cli._source_options import Paths, SourceOptions
from costctl.config import Config
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.budgets.model import BudgetFile

GATE = "The gate"
NAME = "budgets.yaml"


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    budgets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=GATE, help="Budget file; default: budgets.yaml."
        ),
    ] = None,
    budget: Annotated[
        list[str],
        typer.Option(metavar="NAME", rich_help_panel=GATE, help="Only this budget; repeatable."),
    ] = (),  # type: ignore[assignment]  # as above
    fail_on: Annotated[
        Literal["fail", "warn"],
        typer.Option(rich_help_panel=GATE, help="Least verdict that ends with exit code 1."),
    ] = "fail",
    exit_zero: Annotated[
        bool,
        typer.Option("--exit-zero", rich_help_panel=GATE, help="Report only: 1 and 3 become 0."),
    ] = False,
    allow_inconclusive: Annotated[
        bool,
        typer.Option("--allow-inconclusive", rich_help_panel=GATE, help="Exit code 3 becomes 0."),
    ] = False,
    validate_only: Annotated[
        bool,
        typer.Option(
            "--validate-only", rich_help_panel=GATE, help="Judge the file itself, without usage."
        ),
    ] = False,
    ci: CiOptions,
    source: SourceOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Judge budgets, unit costs and changes against their limits.

    Exit codes: 0 within all limits, 1 a budget failed, 2 a wrong file or command line,
    3 inconclusive: no usage, old usage, unpriced usage or too little history.

    Examples:
      costctl check logs/ --budgets budgets.yaml
      costctl check --fail-on warn --json
    """
    judging = _engines.judging()
    config = settings_of(source, moment, prices)
    now = moment_in(config)
    file: BudgetFile = judging.read(budgets or _default(config), config, now)
    chosen = judging.select(file, budget)
    if validate_only:
        tell(f"{file.path}: {counted(len(chosen), 'budget')}, no problems", output)
        return
    with usage_session(source=source, moment=moment, prices=prices, paths=paths) as session:
        run, report, envelope = judging.judged(session, file, chosen)
    code = run.exit_code(
        fail_on=fail_on, exit_zero=exit_zero, allow_inconclusive=allow_inconclusive
    )
    report = before_stdout(ci, run, report, envelope, output)
    write(report, envelope, output)
    on_stdout(ci, run, output)
    for text in judging.hints(run):
        hint(f"next: {text}", output)
    tell(judging.verdict_line(run), output)
    raise typer.Exit(int(code))


def _default(config: Config) -> Path:
    """Return the budget file that nobody named: of the settings, beside them, or here."""
    if config.budgets is not None:
        return _from_here(config.budgets)
    beside = [file.path.parent / NAME for file in reversed(config.files)]
    return _from_here(next((path for path in beside if path.exists()), Path(NAME)))


def _from_here(path: Path) -> Path:
    """Return a path as one would type it: messages and tables name the file by it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
