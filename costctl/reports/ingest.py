"""What reading logs brought: one row a file, and what was not read."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from os.path import dirname
from pathlib import PurePath
from typing import TYPE_CHECKING

from costctl.table import Cell, Column, Kind, Report, Table, Warn
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.ingest import FileResult
    from costctl.store.rollup import Unpriced

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
SHOWN = 5
MOST_ROWS = 40
"""Files, or folders, that a person is shown one by one."""

COUNTS = tuple(column.name for column in COLUMNS if column.kind is Kind.COUNT)
_counts_of = attrgetter(*COUNTS)


def ingest_report(
    files: Sequence["FileResult"],
    *,
    unpriced: "Sequence[Unpriced]" = (),
    warnings: Sequence[Warn] = (),
    dry_run: bool = False,
    brief: bool = False,
) -> Report:
    """Return one row per file and the total; `unpriced` is usage without a price, by model and reason.

    `brief` gives one row per folder and format instead where there are many files.
    """
    read = [file for file in files if not file.error and not file.listed_only]
    shown = [file for file in read if not file.unchanged]
    total = _total(read)
    table = Table(
        name="files",
        title="What would be added" if dry_run else "",
        columns=COLUMNS,
        rows=tuple(_folders(shown) if brief and len(shown) > MOST_ROWS else map(_row, shown)),
        total=tuple(_total_cell(column, total) for column in COLUMNS) if shown else None,
        notes=tuple(_notes(files, unpriced)),
    )
    return Report(
        name="ingest",
        tables=(table,),
        result={
            # What people read has no use for thousands of objects.
            "files": [] if brief else [_object(file) for file in files],
            "total": total,
            "dry_run": dry_run,
            "unpriced_models": [
                {"model": u.name, "requests": u.requests, "reason": u.reason, "hint": u.hint}
                for u in unpriced
            ],
        },
        warnings=(*warnings, *_warnings(files)),
        rows_key="files",
    )


def failures(files: Sequence["FileResult"]) -> tuple[str, ...]:
    """Return a line for each file that was not read."""
    return tuple(f"{file.path}: {file.error}" for file in files if file.error)


def left_out(files: Sequence["FileResult"]) -> str:
    """Return how many files of the folders named are no log, and which."""
    unknown = [file.path for file in files if file.listed_only]
    return f"{counted(len(unknown), 'file')} not recognised as a log, left out: {_few(unknown)}"


def no_log(files: Sequence["FileResult"]) -> str:
    """Return why there is no log among files of which none is recognised: the first that has something in it."""
    told = next((file for file in files if file.left_out != "empty"), files[0])
    return f"no log among {counted(len(files), 'file')}; {told.path}: {told.left_out}"


def _row(file: "FileResult") -> tuple[Cell, ...]:
    return tuple(getattr(file, column.name) for column in COLUMNS)


def _folders(files: Sequence["FileResult"]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row per folder and format: the deepest folders that are few enough to read."""
    alike: dict[tuple[str, str, str], list[FileResult]] = {}
    for file in files:
        folder = dirname(file.path)  # noqa: PTH120 - a path of each of many files takes longer than all else
        alike.setdefault((folder, file.format, file.container), []).append(file)
    parts = {folder: PurePath(folder).parts for folder, _, _ in alike}
    groups: dict[tuple[str, ...], list[FileResult]] = {}
    for depth in range(max(map(len, parts.values())), -1, -1):
        groups = {}
        for (folder, *kind), some in alike.items():
            key = (str(PurePath(*parts[folder][:depth])), *kind)
            groups.setdefault(key, []).extend(some)
        if len(groups) <= MOST_ROWS:
            break
    for (folder, form, container), members in sorted(groups.items()):
        named = {"path": f"{folder}/ ({counted(len(members), 'file')})"}
        cells = _total(members) | named | {"format": form, "container": container}
        yield tuple(cells[column.name] for column in COLUMNS)  # type: ignore[misc]  # as in `_total_cell`


def _total(files: Sequence["FileResult"]) -> dict[str, object]:
    sums = map(sum, zip(*map(_counts_of, files), strict=True)) if files else (0 for _ in COUNTS)
    total: dict[str, object] = dict(zip(COUNTS, sums, strict=True))
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
    more = {"unchanged": file.unchanged, "recognised": not file.listed_only}
    formats = [{"format": name, "records": count} for name, count in file.formats]
    return {
        **cells,
        "formats": formats,
        "first_reject": file.first_reject or None,
        **more,
        "left_out": file.left_out or None,
        "error": file.error,
    }


def _notes(files: Sequence["FileResult"], unpriced: "Sequence[Unpriced]") -> Iterator[str]:
    unchanged = sum(file.unchanged for file in files)
    if unchanged:
        yield f"{counted(unchanged, 'file')} unchanged since the last ingest"
    if any(file.listed_only for file in files):
        yield left_out(files)
    if files and all(file.listed_only for file in files):
        yield no_log(files)
    rejected = [file for file in files if file.rejected]
    if rejected:
        lines = counted(sum(file.rejected for file in rejected), "line")
        first = f"{rejected[0].path}: {rejected[0].first_reject}"
        yield f"{lines} rejected, first in {first}; `costctl status --rejects` lists them"
    if unpriced:
        names = _few([f"{u.name or '(unknown)'} ({_why(u)})" for u in unpriced])
        yield f"no price for {names}; `costctl pricing explain MODEL` says why"


def _why(unpriced: "Unpriced") -> str:
    said = (counted(unpriced.requests, "request"), unpriced.reason.replace("_", " "), unpriced.hint)
    return ", ".join(part for part in said if part)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _warnings(files: Sequence["FileResult"]) -> list[Warn]:
    return [Warn("log", text) for text in said_of(files)]


def said_of(files: Sequence["FileResult"]) -> list[str]:
    """Return what reading had to warn of, each text once with the files that it is about."""
    about: dict[str, list[str]] = {}
    for file in files:
        for text in file.warnings:
            about.setdefault(text, []).append(file.path)
    return [
        f"{paths[0]}{f' and {len(paths) - 1} more' if len(paths) > 1 else ''}: {text}"
        for text, paths in about.items()
    ]
