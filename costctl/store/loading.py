"""From files to rows, the thorough way: staged, folded, counted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from costctl.errors import CostctlError
from costctl.store import billing, connection, readers
from costctl.store.compile import Statement
from costctl.store.compile_stage import stage_select
from costctl.store.connection import Store
from costctl.store.counting import Counter, count_staged
from costctl.store.loading_direct import DirectStage, direct_select
from costctl.store.macros import macros_for
from costctl.store.merge import Merge, Settled
from costctl.store.readers import LONGEST, Part
from costctl.store.schema import LAYOUTS

_REFUSED = "SELECT ingest_id, rn, reason FROM staged WHERE kind = 'rejected' ORDER BY 1, 2, sub"
_COUNTS = """
    SELECT ingest_id, count(*), count(*) FILTER (kind = 'skipped'), arg_max(incomplete, rn),
        count(*) FILTER (kind = 'row' AND mismatch), {lines}, max(rn)
    FROM staged GROUP BY 1
"""
_LINES = "count(DISTINCT rn) FILTER (kind = 'row' OR reason IS NOT NULL)"
"""Lines that gave records, where a file holds several formats."""


Strangers = Mapping[int, tuple[Sequence[int], bool]]
"""The numbers of the records of each file that may be of another format, and whether it has no others."""

Watch = Callable[[Strangers], Collection[int]]
"""Says which files are to be left out."""


@dataclass(frozen=True)
class Loaded:
    """What became of the records of one file.

    Attributes:
        rejected: (record number, reason or None) of the refused ones.
        incomplete: a page says that more pages are missing.
        mismatch: records whose parts exceed the whole that should include them.
        lines: lines that gave records, in a file of several formats.
        documents: JSON documents read; 0 where each gave one record.
        numbered: rows that only their number among equals may tell apart.
    """

    records: int = 0
    new_rows: int = 0
    replaced: int = 0
    skipped: int = 0
    rejected: tuple[tuple[int, str | None], ...] = ()
    incomplete: bool = False
    mismatch: int = 0
    lines: int = 0
    documents: int = 0
    numbered: int = 0


class UnfitError(CostctlError):
    """Files for which a quick way is not right, though it was tried: what it did has to be taken back."""


class Loader:
    """Loads files of one format at a time into an open store, within the caller's transaction."""

    def __init__(self, store: Store, counter: Counter | None = None) -> None:
        self.store = store
        self.counter = counter
        self.connection = store.connection
        self.longest = LONGEST
        row = self.connection.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
        self.key = str(row[0]) if row else ""

    def load(
        self,
        statement: Statement,
        parts: Sequence[Part],
        source: str,
        *,
        endpoint: str | None = None,
        watch: Watch | None = None,
    ) -> dict[int, Loaded]:
        """Read files and fold their records into the store, those of the files that `watch` names left out.

        Errors: `CostctlError` when the engine cannot read a file, such as a broken gzip stream.
        """
        if endpoint is not None or not self._stage_directly(statement, parts):
            self.stage(statement, parts, endpoint)
        left_out = watch(self._strangers()) if watch is not None and statement.stranger else ()
        if left_out:
            self.connection.execute(
                "DELETE FROM staged WHERE ingest_id IN (SELECT unnest($ids))",
                {"ids": list(left_out)},
            )
            parts = [part for part in parts if part.ingest_id not in left_out]
        if self.counter is not None and self._counts(statement):
            count_staged(self.connection, self.counter)
        return self.settle(statement, parts, source)

    def _strangers(self) -> Strangers:
        found = self.connection.execute(
            "SELECT ingest_id, list(DISTINCT rn ORDER BY rn) FILTER (stranger), bool_and(stranger) "
            "FROM staged GROUP BY 1 HAVING bool_or(stranger)"
        ).fetchall()
        return {ingest_id: (numbers, nothing_else) for ingest_id, numbers, nothing_else in found}

    def _counts(self, statement: Statement) -> bool:
        """Return whether logged text is to be counted."""
        form = statement.form
        return self.counter is not None and bool(form.text) and form.to == "usage"

    def stage(
        self,
        statement: Statement,
        parts: Sequence[Part],
        endpoint: str | None = None,
        where: str = "",
        also: Mapping[str, str] | None = None,
    ) -> None:
        """Read records into the temp table `staged`; `where` is a test over its columns, and those of `also`.

        Errors: `CostctlError` when the engine cannot read a file.
        """
        select = self._thorough(statement, parts, endpoint, also)
        for macro in macros_for(select):
            self.connection.execute(macro)
        with self._in_order(), readers.readable():
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM ({select}){where}"
            )
        self._require_all(parts)
        if len(parts) > 1:
            self.connection.execute(
                "UPDATE staged SET rn = rn - b.base FROM (SELECT ingest_id, min(rn) - 1 AS base FROM staged GROUP BY 1) b "
                "WHERE staged.ingest_id = b.ingest_id"
            )

    def _require_all(self, parts: Sequence[Part]) -> None:
        """Refuse records of several files in one that are not as many as was counted: one may be taken for another's."""
        last = parts[-1]
        if not last.records:
            return
        found = self.connection.execute("SELECT coalesce(max(rn), 0) FROM staged").fetchone()
        if found and found[0] != last.first + last.records - 1:
            raise UnfitError(
                f"{found[0]} records where {last.first + last.records - 1} were counted"
            )

    def _thorough(
        self,
        statement: Statement,
        parts: Sequence[Part],
        endpoint: str | None = None,
        also: Mapping[str, str] | None = None,
    ) -> str:
        relation = readers.relation(parts, longest=self.longest)
        if statement.form.to == "billing":
            return billing.stage_select(statement.form, relation, tz=statement.values.tz)
        return stage_select(
            statement,
            relation,
            key=self.key,
            endpoint=endpoint,
            with_text=self._counts(statement),
            also=also,
        )

    @contextmanager
    def _in_order(self) -> Iterator[None]:
        """Have rows stand in the order in which they are read, with all the memory there is for them."""
        self.connection.execute("SET preserve_insertion_order = true")
        self.connection.execute(f"SET memory_limit = '{connection.MEMORY_LIMIT}'")
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):
                self.connection.execute("SET preserve_insertion_order = false")

    def _stage_directly(self, statement: Statement, parts: Sequence[Part]) -> bool:
        """Read records on all cores, if the format and the files allow; return whether they are staged."""
        select = direct_select(
            statement,
            parts,
            key=self.key,
            longest=self.longest,
            with_text=self._counts(statement),
        )
        if select is None:
            return False
        direct = DirectStage(self.connection, statement.form, parts)
        with self._in_order(), readers.readable():
            unsure = direct.stage(select)
        if unsure is None:
            return False
        if unsure:
            with TemporaryDirectory(prefix="costctl-") as folder:
                copied = replace(
                    parts[0],
                    place=str(direct.copy_lines(unsure, Path(folder))),
                    compression="none",
                    records=0,
                )
                with readers.readable():
                    direct.put_in(self._thorough(statement, [copied]), unsure)
        direct.share_out()
        return True

    def forget_staged(self) -> None:
        """Drop the rows that what is staged has brought earlier."""
        for layout in LAYOUTS:
            self.connection.execute(
                f"DELETE FROM {layout.table} WHERE event_key IN (SELECT event_key FROM staged WHERE kind = 'row')"
            )

    def settle(self, statement: Statement, parts: Sequence[Part], source: str) -> dict[int, Loaded]:
        """Fold what is staged into the store, and count what became of it."""
        settled = self._merged(statement, source)
        bad: dict[int, list[tuple[int, str | None]]] = {part.ingest_id: [] for part in parts}
        for ingest_id, number, reason in self.connection.execute(_REFUSED).fetchall():
            bad[ingest_id].append((number, reason))
        lines = _LINES if statement.form.lines is not None else "0"
        counts = self.connection.execute(_COUNTS.replace("{lines}", lines)).fetchall()
        self.connection.execute("DROP TABLE staged")
        loaded = {part.ingest_id: Loaded() for part in parts}
        for ingest_id, records, skipped, incomplete, mismatch, taken, documents in counts:
            done = settled.get(ingest_id, Settled())
            loaded[ingest_id] = Loaded(
                records,
                done.new_rows,
                done.replaced,
                skipped,
                tuple(bad[ingest_id]),
                bool(incomplete),
                mismatch,
                taken,
                documents,
                done.numbered,
            )
        return loaded

    def _merged(self, statement: Statement, source: str) -> dict[int, Settled]:
        """Fold what is staged into the store; return the outcome per file."""
        form = statement.form
        if form.to == "billing":
            lines = billing.insert(self.connection, source)
            return {ingest_id: Settled(count) for ingest_id, count in lines.items()}
        return Merge(
            self.connection,
            form.merge,
            leaf=(form.identity.scope or form.name) if form.leaf else None,
            source=source,
            source_format=form.name,
        ).run()
