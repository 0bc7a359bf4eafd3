"""Opening the usage database, and turning the engine's errors into ours."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from weakref import finalize

import duckdb

from costctl.errors import CostctlError
from costctl.record import BY_NAME, USAGE
from costctl.store import schema
from costctl.store.engine_errors import first_line, told_as, translated
from costctl.vocabulary import TOKEN_CLASSES

if TYPE_CHECKING:
    from costctl.store.kept import Keeping

ROWS_A_STATEMENT = 200
PRIVATE = 0o077
"""The rights that nobody but the owner has."""

OFFLINE: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": False}
"""The engine would fetch an extension for a file that it takes for one of another program."""

MEMORY_LIMIT = "2GB"
"""What the engine may keep before it spills to disk; large logs stream."""


class Store:
    """An open usage database.

    Attributes:
        connection: DuckDB connection; its time zone is UTC and the temp view `usage` exists.
        path: the file, or None for a store in memory.
        hides: rows of the tables are left out of every question.
        keeps: what groups are kept so far; None where none are asked to be kept.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None = None) -> None:
        self.connection = connection
        self.path = path
        self.hides = False
        self.keeps: Keeping | None = None
        self._umask: int | None = None
        self._forget_spill: Callable[[], object] | None = None

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
            with translated(path):
                store._prepare(write=write)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def memory(cls) -> Self:
        """Open an empty store that lives as long as the process.

        What does not fit into memory goes to a private folder, never to the working one.
        """
        spill = tempfile.mkdtemp(prefix="costctl-")
        store = cls(duckdb.connect(":memory:", config={**OFFLINE, "temp_directory": spill}))
        store._forget_spill = finalize(store, shutil.rmtree, spill, ignore_errors=True)
        store._prepare(write=True)
        return store

    def beside(self) -> "Store":
        """Return another connection to the database: what breaks there leaves a transaction here alone.

        It has no view `usage`.
        """
        other = Store(self.connection.cursor(), self.path)
        other._set_up()
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
        self._require_known_identities(version)
        if version < schema.VERSION:
            raise CostctlError(
                f"{self.path}: written by an older costctl (schema {version})",
                hint="run `costctl ingest` once to upgrade it",
                code="older_database",
            )
        self.connection.execute(schema.usage_view())

    def _require_known_identities(self, version: int) -> None:
        """Refuse what would count twice: rows that their own logs, read again, would not be known by."""
        if version < schema.OLDEST:
            raise CostctlError(
                f"{self.path}: written by an older costctl (schema {version}), which told calls apart in another way: "
                "logs read into it again would count twice",
                hint="make a new database from the logs: costctl ingest LOGS --db NEW.duckdb",
                code="older_database",
            )

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
        before = self._version() if self.path and self._holds_tables() else None
        if before is not None:
            self._require_known_identities(before)
            if before >= schema.VERSION:
                return
        with self.transaction():
            for _, sql in schema.migrations(before or 0):
                self.connection.execute(sql)
            self.connection.execute(schema.usage_tables())
            origins = self.connection.execute("FROM origins ORDER BY origin").fetchall()
            self.connection.execute(schema.origin_views(origins))
            if before is None:
                self.connection.execute(
                    "INSERT INTO meta VALUES ('key', ?)", [os.urandom(16).hex()]
                )
            self.connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('schema', ?)", [str(schema.VERSION)]
            )

    def _holds_tables(self) -> bool:
        # The list of everything that there is takes the engine ten milliseconds: nearly always the first question tells.
        with suppress(duckdb.CatalogException):
            self.connection.execute("SELECT value FROM meta LIMIT 0")
            return True
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
                f"INSERT INTO {schema.WIDE.table} ({names}) SELECT {values} FROM {source}",
                [row[name] for row in some for name in given],
            )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
        if self._umask is not None:
            os.umask(self._umask)
            self._umask = None
        if self._forget_spill is not None:
            self._forget_spill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(duckdb.Error) if error is not None else nullcontext():
            self.close()
        told = told_as(self.path, error) if isinstance(error, duckdb.Error) else None
        if told is not None:
            raise told from error


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
        with translated(path):
            return duckdb.connect(str(path), read_only=not write, config=OFFLINE)
    try:
        return duckdb.connect(str(path), config=OFFLINE)
    except (duckdb.Error, OSError) as error:
        raise CostctlError(
            f"cannot create {path}: {first_line(error)}",
            hint="give another --db",
            code="unwritable",
        ) from error
