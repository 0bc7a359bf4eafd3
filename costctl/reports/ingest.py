"""What reading logs brought: one row a file, and what was not read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from costctl.table import Cell, Column, Kind, Report, Table, Warn

if TYPE_CHECKING:
    from costctl.ingest import FileResult

COLUMNS = (
    Column("path", "file", Kind.TEXT),
    Column("format", "format", Kind.TEXT),
    Column("container", "container", Kind.TEXT, wide_only=True),
    Column("records", "records", Kind.COUNT),
    Column("new_rows", "new", Kind.COUNT),
    Column("duplicates", "known", Kind.COUNT),
    Column("skipped", "skipped", Kind.COUNT),
    Column("rejected", "rejected", Kind.COUNT),
    Column("blank", "blank", Kind.COUNT, wide_only=True),
    Column("replaced", "replaced", Kind.COUNT, wide_only=True),
    Column("tokens_unknown", "no tokens", Kind.COUNT, wide_only=True),
    Column("first", "first", Kind.TIME, wide_only=True),
    Column("last", "last", Kind.TIME, wide_only=True),
)
COUNTS = tuple(column.name for column in COLUMNS if column.kind is Kind.COUNT)


def ingest_report(
    files: Sequence["FileResult"],
    *,
    unpriced: Sequence[tuple[str, int]] = (),
    warnings: Sequence[Warn] = (),
    dry_run: bool = False,
) -> Report:
    """Return one row per file and the total; `unpriced` are models without a price and their requests."""
    read = [file for file in files if not file.error]
    total = _total(read)
    table = Table(
        name="files",
        title="What would be added" if dry_run else "",
        columns=COLUMNS,
        rows=tuple(_row(file) for file in read),
        total=tuple(_total_cell(column, total) for column in COLUMNS) if read else None,
        notes=tuple(_notes(read, unpriced)),
    )
    return Report(
        name="ingest",
        tables=(table,),
        result={
            "files": [_object(file) for file in files],
            "total": total,
            "dry_run": dry_run,
            "unpriced_models": [{"model": model, "requests": count} for model, count in unpriced],
        },
        warnings=(*warnings, *_warnings(files)),
        rows_key="files",
    )


def file_line(file: "FileResult") -> str:
    """Return one line about a file, for a run that nobody watches at a terminal."""
    if file.error:
        return f"{file.path}: {file.error}"
    line = f"{file.path}: {file.format}, {file.records:,} records, {file.new_rows:,} new"
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (file.duplicates, "known"),
            (file.skipped, "skipped"),
            (file.rejected, "rejected"),
        )
        if count
    ]
    return ", ".join((line, *parts))


def failures(files: Sequence["FileResult"]) -> tuple[str, ...]:
    """Return a line for each file that was not read."""
    return tuple(f"{file.path}: {file.error}" for file in files if file.error)


def _row(file: "FileResult") -> tuple[Cell, ...]:
    return tuple(getattr(file, column.name) for column in COLUMNS)


def _total(files: Sequence["FileResult"]) -> dict[str, object]:
    total: dict[str, object] = {name: sum(getattr(file, name) for file in files) for name in COUNTS}
    firsts = [file.first for file in files if file.first is not None]
    lasts = [file.last for file in files if file.last is not None]
    return {**total, "first": min(firsts, default=None), "last": max(lasts, default=None)}


def _total_cell(column: Column, total: Mapping[str, object]) -> Cell:
    if column.name == "path":
        return "total"
    return total.get(column.name)  # type: ignore[return-value]  # sums of counts, and moments


def _object(file: "FileResult") -> dict[str, object]:
    cells: dict[str, object] = dict(
        zip((column.name for column in COLUMNS), _row(file), strict=True)
    )
    return {**cells, "first_reject": file.first_reject, "error": file.error}


def _notes(files: Sequence["FileResult"], unpriced: Sequence[tuple[str, int]]) -> list[str]:
    notes = []
    rejected = [file for file in files if file.rejected]
    if rejected:
        lines = sum(file.rejected for file in rejected)
        notes.append(
            f"{lines:,} lines rejected, first: {rejected[0].path}: {rejected[0].first_reject}; "
            "`costctl status --rejects` lists them"
        )
    if unpriced:
        shown = ", ".join(f"{model} ({count:,} requests)" for model, count in unpriced[:5])
        more = f" and {len(unpriced) - 5} more" if len(unpriced) > 5 else ""  # noqa: PLR2004 - as above
        notes.append(f"no price for {shown}{more}; `costctl pricing explain MODEL` says why")
    return notes


def _warnings(files: Sequence["FileResult"]) -> list[Warn]:
    said = [Warn("log", f"{file.path}: {text}") for file in files for text in file.warnings]
    said += [
        Warn(
            "rejected_lines",
            f"{file.path}: {file.rejected:,} lines rejected, first: {file.first_reject}",
        )
        for file in files
        if file.rejected and not file.error
    ]
    return said
