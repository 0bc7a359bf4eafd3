"""Tables of an SQLite database, row by row; the engine that reads everything else has no reader for it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from costctl.errors import CostctlError

BATCH = 10_000


def tables(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table and view, sorted by name."""
    with _reading(path), closing(_open(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        return {name: _columns(connection, name) for (name,) in names}


def rows(path: Path, table: str) -> Iterator[str]:
    """Yield each row of a table as a JSON object, in the order of the table; `_table` names it."""
    with _reading(path), closing(_open(path)) as connection:
        cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608 - a quoted name from the catalogue
        names = [column[0] for column in cursor.description]
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                yield json.dumps(
                    {"_table": table, **dict(zip(names, map(_plain, row), strict=True))}
                )


def _open(path: Path) -> sqlite3.Connection:
    """Open read-only; a live file's write-ahead log is honoured."""
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
    return connection


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a damaged or locked file into an error of that file."""
    try:
        yield
    except sqlite3.Error as error:
        raise CostctlError(
            f"{path}: {error}",
            hint="copy the database together with its -wal file and retry",
            code="unreadable",
        ) from error


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    return tuple(row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(value: object) -> object:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
