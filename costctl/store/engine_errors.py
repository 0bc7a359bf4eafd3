"""What the engine says about a file, as errors with a way out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from costctl.errors import CostctlError

FULL = ("No space left", "File too large", "Disk quota exceeded")
DAMAGED = ("Corrupt database", "checksum", "Could not read enough bytes")
FOREIGN = ("not a valid DuckDB database", "_scanner")
"""Of a file that is none of the engine's, or one for which it would need another reader."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn an engine's error about a database that is being opened into one with a way out."""
    try:
        yield
    except duckdb.Error as error:
        told = told_as(path, error)
        if told is None and isinstance(error, duckdb.InternalException):
            told = _damaged(str(path), error)
        if told is None:
            raise
        raise told from error


def told_as(path: Path | None, error: duckdb.Error) -> CostctlError | None:
    """Return what to tell of an engine's error; None where it can only be a bug."""
    text = str(error)
    name = str(path) if path else "the store in memory"
    if any(words in text for words in FULL):
        return CostctlError(
            f"cannot write {name}: {next(words for words in FULL if words in text).lower()}",
            hint="free some space and run the same command again; files that were read whole are kept",
            code="disk_full",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return CostctlError(
            f"{name}: {first_line(error)}",
            hint="read fewer or smaller files at once, or free some memory",
            code="out_of_memory",
        )
    if any(words in text for words in FOREIGN):
        return CostctlError(
            f"{name}: not a costctl database",
            hint="to read it as a log: costctl ingest FILE --db OTHER",
            code="corrupt_database",
        )
    if any(words in text for words in DAMAGED):
        return _damaged(name, error)
    if isinstance(error, duckdb.SerializationException | duckdb.FatalException):
        return _damaged(name, error)
    return _unreadable(name, text, error) if isinstance(error, duckdb.IOException) else None


def _unreadable(name: str, text: str, error: duckdb.IOException) -> CostctlError:
    if "lock" in text.lower():
        found = re.search(r"PID (\d+)", text)
        who = f"another process (PID {found[1]})" if found else "another process"
        return CostctlError(
            f"{name}: {who} is using it",
            hint="retry when it has finished, or use another --db",
            code="locked",
        )
    return CostctlError(
        f"{name}: {first_line(error)}",
        hint="check the path and its permissions",
        code="unreadable_database",
    )


def _damaged(name: str, error: duckdb.Error) -> CostctlError:
    return CostctlError(
        f"{name}: damaged or of another version: {first_line(error)}",
        hint="move it away and ingest again",
        code="corrupt_database",
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its name."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
