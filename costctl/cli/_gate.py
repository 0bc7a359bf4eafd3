"""What `check` leaves for a pipeline: files before its own output, annotations after it."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from costctl.cli import _engines
from costctl.cli._options import OutputOptions
from costctl.cli._output import to_stdout, write_file
from costctl.errors import CostctlError
from costctl.table import Envelope, Report, Warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from costctl.budgets.verdict import Run

PIPELINE = "The pipeline"
Ci = Literal["auto", "github", "gitlab", "none"]
ROOTS = {"github": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR"}


@dataclass(frozen=True)
class CiOptions:
    """Files for the pipeline that runs the check."""

    ci: Annotated[
        Ci, typer.Option("--ci", rich_help_panel=PIPELINE, help="Which pipeline this runs in.")
    ] = "auto"
    junit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=PIPELINE, help="JUnit XML."),
    ] = None
    comment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=PIPELINE,
            help="Comment for a pull request; an earlier one in the file is compared with.",
        ),
    ] = None
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=PIPELINE, help="Markdown, appended to the file."
        ),
    ] = None
    gitlab_codequality: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=PIPELINE, help="GitLab Code Quality JSON."),
    ] = None
    metrics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=PIPELINE, help="OpenMetrics text."),
    ] = None


def pipeline(ci: Ci) -> str:
    """Return the pipeline that this runs in: as given, else as the environment says."""
    if ci != "auto":
        return ci
    for name, variable in (("github", "GITHUB_ACTIONS"), ("gitlab", "GITLAB_CI")):
        if os.environ.get(variable) == "true":
            return name
    return "none"


def located(options: CiOptions, run: "Run") -> "Run":
    """Return the run with its file named from the root of the repository, as the pipeline's pages link to it."""
    variable = ROOTS.get(pipeline(options.ci))
    root = Path(os.environ.get(variable or "") or Path.cwd()).resolve()
    path = Path(run.file.path).resolve()
    if not path.is_relative_to(root):
        return run
    return replace(run, file=replace(run.file, path=path.relative_to(root).as_posix()))


def before_stdout(
    options: CiOptions, run: "Run", report: Report, envelope: Envelope, output: OutputOptions
) -> Report:
    """Write all files, so that they are there whatever happens to stdout; return the report with a warning more."""
    ci = _engines.ci()
    run = located(options, run)
    news = _news(options.comment, run)
    files: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (options.junit, lambda: ci.junit.junit(run, envelope.as_of)),
        (options.comment, lambda: ci.comment.comment(run, envelope)),
        (options.gitlab_codequality, lambda: ci.codequality.codequality(run)),
        (options.metrics, lambda: ci.openmetrics.openmetrics(ci.openmetrics.run_gauges(run))),
    )
    for path, content in files:
        if path is not None:
            write_file(path, content())
    github = pipeline(options.ci) == "github"
    summary = options.summary or (_variable("GITHUB_STEP_SUMMARY") if github else None)
    if summary is not None:
        _append(summary, ci.summary.summary(run, report, envelope))
    results = _variable("GITHUB_OUTPUT") if github else None
    if results is not None:
        _append(results, ci.outputs.outputs(run, should_comment=news))
    if github and output.shape != "table":
        what = f"annotations are written beside tables only, not beside {output.shape}"
        return replace(report, warnings=(*report.warnings, Warn("no_annotations", what)))
    return report


def on_stdout(options: CiOptions, run: "Run", output: OutputOptions) -> None:
    """Write annotations, which the runner reads from stdout."""
    if pipeline(options.ci) == "github" and output.shape == "table":
        to_stdout(_engines.ci().annotations.annotations(located(options, run)))


def _news(path: Path | None, run: "Run") -> bool:
    ci = _engines.ci()
    try:
        earlier = path.read_text(encoding="utf-8") if path is not None else ""
    except (OSError, UnicodeDecodeError):
        earlier = ""
    news: bool = ci.comment.should_comment(run, ci.comment.state_of(earlier))
    return news


def _variable(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CostctlError(f"{path}: {error.strerror}", code="not_writable") from error
