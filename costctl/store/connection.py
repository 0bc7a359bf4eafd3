"""Opening the usage database, and turning the engine's errors into ours."""

import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from costctl.errors import CostctlError
from costctl.record import BY_NAME, USAGE
from costctl.store import schema
from costctl.vocabulary import TOKEN_CLASSES

ROWS_A_STATEMENT = 200
PRIVATE = 0o077
"""The rights that nobody but the owner has."""

MEMORY_LIMIT = "2GB"
"""What the engine may keep before it spills to disk; large logs stream."""


class Store:
    """An open usage database.

    Attributes:
        connection: DuckDB connection; its time zone is UTC and the temp view `usage` exists.
        path: the file, or None for a store in memory.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None = None) -> None:
        self.connection = connection
        self.path = path
        self._umask: int | None = None

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """Open a database file; only a writer creates it, with mode 0600.

        Errors: `CostctlError` for a missing, locked, corrupt, foreign or newer file.
        """
        if not write and not path.exists():
            raise CostctlError(
                f"no usage database at {path}",
                hint=f"make one: costctl ingest LOGS --db {path}",
                code="no_database",
            )
        # What the engine writes beside the file (its log, what it spills) is as private as the file itself.
        umask = os.umask(PRIVATE) if write else None
        try:
            store = cls(_connected(path, write=write), path)
        except BaseException:
            if umask is not None:
                os.umask(umask)
            raise
        store._umask = umask
        try:
            with _translated(path):
                store._prepare(write=write)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def memory(cls) -> Self:
        """Open an empty store that lives as long as the process."""
        store = cls(duckdb.connect(":memory:"))
        store._prepare(write=True)
        return store

    def beside(self) -> "Store":
        """Return another connection to the database: what breaks there leaves a transaction here alone."""
        other = Store(self.connection.cursor(), self.path)
        other._set_up()
        other.connection.execute(schema.usage_view())
        return other

    def _set_up(self) -> None:
        run = self.connection.execute
        run("SET TimeZone = 'UTC'")
        run("SET preserve_insertion_order = false")
        run("SET enable_progress_bar = false")  # the engine would draw it on stdout
        run(f"SET memory_limit = '{MEMORY_LIMIT}'")

    def _prepare(self, *, write: bool) -> None:
        self._set_up()
        if write:
            self._migrate()
        version = self._version()
        if version > schema.VERSION:
            raise CostctlError(
                f"{self.path}: written by a newer costctl (schema {version}, this one knows {schema.VERSION})",
                hint="upgrade costctl, or give another --db",
                code="newer_database",
            )
        if version < schema.VERSION:
            raise CostctlError(
                f"{self.path}: written by an older costctl (schema {version})",
                hint="run `costctl ingest` once to upgrade it",
                code="older_database",
            )
        self.connection.execute(schema.usage_view())

    def _version(self) -> int:
        try:
            row = self.connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        except duckdb.CatalogException as error:
            raise CostctlError(
                f"{self.path}: a DuckDB file, but not one of costctl",
                hint="give another --db",
                code="foreign_database",
            ) from error
        return int(row[0]) if row else 0

    def _migrate(self) -> None:
        before = self._version() if self.path and self._holds_tables() else 0
        if before >= schema.VERSION:
            return
        with self.transaction():
            for number, sql in schema.migrations(before):
                self.connection.execute(sql)
                if number == 1:
                    self.connection.execute(schema.usage_tables())
                    self.connection.execute(
                        "INSERT INTO meta VALUES ('key', ?)", [secrets.token_hex(16)]
                    )
            self.connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('schema', ?)", [str(schema.VERSION)]
            )

    def _holds_tables(self) -> bool:
        sql = "FROM duckdb_tables() WHERE NOT temporary AND NOT internal LIMIT 1"
        return self.connection.execute(sql).fetchone() is not None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, or leave everything as it was."""
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def add_rows(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert canonical rows given as mappings; defaults, key and `billable` are filled in.

        For small data: every value travels as a parameter, some rows to a statement.
        """
        start = self.connection.execute("SELECT count(*) FROM usage").fetchone()
        offset = int(start[0]) if start else 0
        filled = [_filled(row, offset + number) for number, row in enumerate(rows, start=1)]
        for given, alike in groupby(filled, key=_given):
            self._add_alike(given, list(alike))

    def _add_alike(self, given: tuple[str, ...], rows: Sequence[Mapping[str, object]]) -> None:
        names = ", ".join(column.name for column in USAGE)
        values = ", ".join(c.name if c.name in given else c.default for c in USAGE)
        places = ", ".join(f"CAST(? AS {BY_NAME[name].sql_type})" for name in given)
        for first in range(0, len(rows), ROWS_A_STATEMENT):
            some = rows[first : first + ROWS_A_STATEMENT]
            source = f"(VALUES {', '.join([f'({places})'] * len(some))}) AS v({', '.join(given)})"
            self.connection.execute(
                f"INSERT INTO usage_wide ({names}) SELECT {values} FROM {source}",
                [row[name] for row in some for name in given],
            )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
        if self._umask is not None:
            os.umask(self._umask)
            self._umask = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _filled(row: Mapping[str, object], key: int) -> dict[str, object]:
    filled = {"event_key": key, "source": "test", "source_format": "test"} | dict(row)
    if "billable" not in filled:
        total = sum(int(str(filled.get(name, 0))) for name in TOKEN_CLASSES)
        used = total > 0 or bool(filled.get("units"))
        filled["billable"] = not filled.get("cache_hit", False) and used
    return filled


def _given(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(column.name for column in USAGE if column.name in row)


def _connected(path: Path, *, write: bool) -> duckdb.DuckDBPyConnection:
    if not write or path.exists():
        with _translated(path):
            return duckdb.connect(str(path), read_only=not write)
    try:
        return duckdb.connect(str(path))
    except (duckdb.Error, OSError) as error:
        raise CostctlError(
            f"cannot create {path}: {_first_line(error)}",
            hint="give another --db",
            code="unwritable",
        ) from error


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what the engine says about a file into an error with a way out."""
    try:
        yield
    except duckdb.IOException as error:
        text = str(error)
        if "lock" in text.lower():
            found = re.search(r"PID (\d+)", text)
            who = f"another process (PID {found[1]})" if found else "another process"
            raise CostctlError(
                f"{path}: {who} is using it",
                hint="retry when it has finished, or use another --db",
                code="locked",
            ) from error
        if "not a valid DuckDB database" in text:
            raise CostctlError(
                f"{path}: not a costctl database",
                hint="to read it as a log: costctl ingest FILE --db OTHER",
                code="corrupt_database",
            ) from error
        raise CostctlError(
            f"{path}: {_first_line(error)}",
            hint="check the path and its permissions",
            code="unreadable_database",
        ) from error
    except (
        duckdb.SerializationException,
        duckdb.FatalException,
        duckdb.InternalException,
    ) as error:
        raise CostctlError(
            f"{path}: damaged or of another version: {_first_line(error)}",
            hint="move it away and ingest again",
            code="corrupt_database",
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
