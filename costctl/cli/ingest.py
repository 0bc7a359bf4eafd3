"""Read logs into the database; only what is new is added."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._ahead import once_told
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import hint, write
from costctl.cli._prices import load_prices
from costctl.cli._progress import progress, watched
from costctl.cli._session import ingest_options, moment_in, settings_of
from costctl.cli._source_options import DbOptions, LogOptions, words_of
from costctl.config import Config
from costctl.errors import CostctlError
from costctl.render.style import clean
from costctl.reports.ingest import failures, ingest_report
from costctl.reports.status import doubled_warnings
from costctl.sources.discover import NO_FILE, NO_MATCH
from costctl.table import Envelope
from costctl.vocabulary import DEFAULT_BY, Query

if TYPE_CHECKING:
    from costctl.ingest import FileResult, IngestOptions
    from costctl.store import Store
    from costctl.store.rollup import Unpriced

Logs = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, folders (with all below), globs, or `-` for stdin; also .gz and .zst.",
        show_default=False,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be added, and add nothing.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a file with any line that cannot be read.")
]


@flat
def command(
    *,
    paths: Logs,
    dry_run: DryRun = False,
    strict: Strict = False,
    logs: LogOptions,
    db: DbOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Read logs into the database; only what is new is added.

    The format of a log is recognised by what is in it; --map and --set say what costctl cannot know. Lines that
    cannot be read are counted, kept and listed by `costctl status --rejects`.

    Examples:
      costctl ingest logs/
      costctl ingest calls.csv --map endpoint=feature --map input=tokens_in --set model=gpt-4o
    """
    config = settings_of(db, moment)
    options = ingest_options(logs, config, strict=strict, dry_run=dry_run)
    results, pricing, unpriced, doubled = _read(config, paths, options, output)
    now = moment_in(config)
    brief = output.shape in {"table", "markdown"}
    report = ingest_report(results, unpriced=unpriced, dry_run=dry_run, brief=brief)
    report = replace(report, warnings=(*report.warnings, *doubled_warnings(doubled)))
    write(report, Envelope(now.as_of, now.tz, pricing=pricing), output)
    if pricing:
        hint(f"next: {shlex.join(['costctl', 'breakdown', *words_of(db, moment)])}", output)
    _refuse(results)


def _read(
    config: Config, paths: Sequence[str], options: "IngestOptions", output: OutputOptions
) -> "tuple[list[FileResult], dict[str, object], Sequence[Unpriced], Sequence[tuple[str, str]]]":
    """Return what became of each file, and where rows were added the price table, the models it lacks and doubled sources.

    No empty database is left behind a run that read nothing.
    """
    fresh = not config.db.exists()
    empty = False
    try:
        with _opened(config.db, memory=options.dry_run and fresh) as store:
            try:
                watch = (
                    _engines.watching().watch(store) if watched(wanted=not output.quiet) else None
                )
                # What prices and draws the answer loads while the engine reads.
                later = ("costctl.store.rollup", "costctl.store.prices")
                with progress(watch) as tell:
                    told = once_told(tell, *later, f"costctl.render.{output.shape}")
                    results = _engines.ingest().ingest(store, paths, options, told)
                added = any(r.new_rows or r.replaced for r in results) and not options.dry_run
                doubled = _engines.doubled().counted_twice(store) if added else ()
                return results, *(_prices(store, config) if added else ({}, ())), doubled
            finally:
                empty = fresh and _engines.overview().last_ingest(store) is None
    finally:
        if empty:
            _remove(config.db)


def _opened(path: Path, *, memory: bool) -> "Store":
    store = _engines.store()
    return store.memory() if memory else store.open(path, write=True)


def _prices(store: "Store", config: Config) -> "tuple[dict[str, object], Sequence[Unpriced]]":
    """Return the price table and the models of the database that it has no price for."""
    pricing = load_prices(store, config)
    rollup = _engines.rollup()
    query = Query(by=DEFAULT_BY)
    # The next question is nearly always this one.
    with _engines.kept().keeping(store):
        rollup.spent(store, query)
    return pricing, rollup.facts(store, query).unpriced


def _remove(path: Path) -> None:
    """Remove a database with its log of changes."""
    for file in (path, path.with_name(f"{path.name}.wal")):
        file.unlink(missing_ok=True)


def _refuse(results: "Sequence[FileResult]") -> None:
    lines = failures(results)
    if lines:
        more = f"\nand {len(lines) - 1} more that could not be read" if len(lines) > 1 else ""
        raise CostctlError(clean(lines[0]) + more, _what_to_do(results), "unreadable_log")


def _what_to_do(results: "Sequence[FileResult]") -> str:
    """Return the hint for the first file that was not read."""
    error = next(result.error for result in results if result.error)
    if error in {NO_FILE, NO_MATCH}:
        return "name files, folders, patterns in quotes, or - for standard input"
    return "`costctl formats` lists what costctl can read"
