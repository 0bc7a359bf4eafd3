"""From a file to rows, the fast way: clean flat records in one pass, the others by the thorough way."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from costctl.store import connection, readers
from costctl.store.compile import Statement, bare, stays_narrow
from costctl.store.compile_fast import Fast
from costctl.store.loading import Loaded, Loader, UnfitError
from costctl.store.origins import origin_of
from costctl.store.readers import Part
from costctl.store.repeats import Repeats
from costctl.store.schema import NARROW_MADE

LONGEST = 1 << 22
"""Bytes of the longest record that is read in one pass: the shorter, the less each thread holds, and the sooner a second one helps."""

A_THREAD = 80
"""Megabytes that a thread of the one pass needs at most."""

ODD_SHARE = 0.2
"""Where more records than this need a closer look, the fast way is not worth its first pass."""


class FastLoader:
    """Loads one file of flat JSON lines at a time, within the caller's transaction."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.connection = loader.connection

    def load(self, statement: Statement, fast: Fast, part: Part, source: str) -> Loaded | None:
        """Read one file in one pass; return None, with nothing stored, where only the thorough way is right.

        Errors: `UnfitError` where the engine gives up; the transaction has to be taken back then.
        """
        done = self._load(statement, fast, part, source)
        if done is None:
            self.connection.execute(f"DELETE FROM narrow_rows WHERE ingest_id = {part.ingest_id}")
        return done

    def _load(self, statement: Statement, fast: Fast, part: Part, source: str) -> Loaded | None:
        total = self._insert(statement, fast, part, source)
        mine = f"ingest_id = {part.ingest_id}"
        odd = self._count(f"narrow_rows WHERE {mine} AND event_key IS NULL")
        if odd > ODD_SHARE * total:
            return None
        if odd:
            self.connection.execute(f"DELETE FROM narrow_rows WHERE {mine} AND event_key IS NULL")
        clean = total - odd - Repeats(self.connection, part.ingest_id).drop()
        if not odd:
            return Loaded(records=total, new_rows=clean)
        also = {"bare": bare(statement), "counted": fast.counted}
        test = f" WHERE NOT ({stays_narrow(statement)} AND counted)"
        self.loader.stage(statement, [part], where=test, also=also)
        if self._count("staged") != odd:
            self.connection.execute("DROP TABLE staged")
            return None
        rest = self.loader.settle(statement, [part], source)[part.ingest_id]
        return Loaded(
            total,
            clean + rest.new_rows,
            rest.replaced,
            rest.skipped,
            rest.rejected,
            rest.incomplete,
            rest.mismatch,
            numbered=rest.numbered,
        )

    def _insert(self, statement: Statement, fast: Fast, part: Part, source: str) -> int:
        names = ", ".join(NARROW_MADE)
        reader = readers.structs(part.path, fast.columns, LONGEST, part.compression)
        origin = origin_of(self.connection, source, statement.form.name)
        self.connection.execute("SET preserve_insertion_order = false")
        try:
            with self._little_memory():
                done = self.connection.execute(
                    f"INSERT INTO narrow_rows (origin, ingest_id, {names}) "
                    f"SELECT {origin}, {part.ingest_id}, {names} FROM ({fast.select.replace('{reader}', reader)})"
                ).fetchone()
        except (
            duckdb.InvalidInputException,
            duckdb.IOException,
            duckdb.ConversionException,
            duckdb.OutOfRangeException,
            duckdb.OutOfMemoryException,
        ) as error:
            raise UnfitError(str(error).splitlines()[0]) from error
        return int(done[0]) if done else 0

    @contextmanager
    def _little_memory(self) -> Iterator[None]:
        """Have the engine write rows out as it goes: it keeps what it has written as long as there is room."""
        if self.loader.store.path is None:
            yield
            return
        threads = self.connection.execute("SELECT current_setting('threads')").fetchone()
        room = A_THREAD * int(threads[0] if threads else 1)
        self.connection.execute(f"SET memory_limit = '{room}MB'")
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):  # whatever is read next sets it again
                self.connection.execute(f"SET memory_limit = '{connection.MEMORY_LIMIT}'")

    def _count(self, what: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(row[0]) if row else 0
