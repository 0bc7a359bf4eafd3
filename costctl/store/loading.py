"""From files to rows: a fast way for clean flat records, a thorough way for all others."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import duckdb

from costctl.errors import CostctlError
from costctl.store import billing, readers
from costctl.store.compile import Statement, stays_narrow
from costctl.store.compile_fast import Fast
from costctl.store.compile_rows import MACROS as ROW_MACROS
from costctl.store.compile_stage import MACROS as STAGE_MACROS
from costctl.store.compile_stage import stage_select
from costctl.store.connection import Store
from costctl.store.counting import Counter, count_staged
from costctl.store.merge import Merge, Settled
from costctl.store.readers import LONGEST, Part
from costctl.store.schema import NARROW

ODD_SHARE = 0.2
"""Where more records than this need a closer look, the fast way is not worth its first pass."""


@dataclass(frozen=True)
class Loaded:
    """What became of the records of one file.

    Attributes:
        rejected: (record number, reason or None) of the refused ones.
        incomplete: a page says that more pages are missing.
        mismatch: records whose parts exceed the whole that should include them.
        lines: lines that gave records, in a file of several formats.
        documents: JSON documents read; 0 where each gave one record.
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


@dataclass(frozen=True)
class Span:
    """What a file's rows in the store say about themselves.

    Attributes:
        nameless: rows with neither id nor time.
    """

    first: datetime | None = None
    last: datetime | None = None
    tokens_unknown: int = 0
    nameless: int = 0


class Loader:
    """Loads files of one format at a time into an open store, within the caller's transaction."""

    def __init__(self, store: Store, counter: Counter | None = None) -> None:
        self.store = store
        self.counter = counter
        self.connection = store.connection
        self.longest = LONGEST
        for macro in (ROW_MACROS + STAGE_MACROS).split(";\n"):
            if macro.strip():
                self.connection.execute(macro)
        row = self.connection.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
        self.key = str(row[0]) if row else ""

    def load(
        self,
        statement: Statement,
        parts: Sequence[Part],
        source: str,
        *,
        endpoint: str | None = None,
    ) -> dict[int, Loaded]:
        """Read files thoroughly and fold their records into the store.

        Errors: `CostctlError` when the engine cannot read a file, such as a broken gzip stream.
        """
        self._stage(statement, parts, endpoint, where="")
        if self.counter is not None and self._counts(statement):
            count_staged(self.connection, self.counter)
        return self._settle(statement, parts, source)

    def _counts(self, statement: Statement) -> bool:
        """Return whether logged text is to be counted."""
        form = statement.form
        return self.counter is not None and bool(form.text) and form.to == "usage"

    def _stage(
        self, statement: Statement, parts: Sequence[Part], endpoint: str | None, where: str
    ) -> None:
        run = self.connection.execute
        relation = readers.relation(parts, longest=self.longest)
        if statement.form.to == "billing":
            select = billing.stage_select(statement.form, relation, tz=statement.values.tz)
        else:
            select = stage_select(
                statement,
                relation,
                key=self.key,
                endpoint=endpoint,
                with_text=self._counts(statement),
            )
        run("SET preserve_insertion_order = true")
        try:
            run(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM ({select}){where}")
        except (
            duckdb.InvalidInputException,
            duckdb.IOException,
            duckdb.ConversionException,
        ) as error:
            code = "record_too_long" if "maximum_object_size" in str(error) else "unreadable_log"
            raise CostctlError(str(error).splitlines()[0], code=code) from error
        finally:
            with suppress(duckdb.TransactionException):
                run("SET preserve_insertion_order = false")
        if len(parts) > 1:
            run(
                "UPDATE staged SET rn = rn - b.base FROM (SELECT ingest_id, min(rn) - 1 AS base FROM staged GROUP BY 1) b "
                "WHERE staged.ingest_id = b.ingest_id"
            )

    def _settle(
        self, statement: Statement, parts: Sequence[Part], source: str
    ) -> dict[int, Loaded]:
        run = self.connection.execute
        form = statement.form
        if form.to == "billing":
            settled = {
                n: Settled(lines) for n, lines in billing.insert(self.connection, source).items()
            }
        else:
            settled = Merge(
                self.connection,
                form.merge,
                leaf=(form.identity.scope or form.name) if form.leaf else None,
                source=source,
                source_format=form.name,
            ).run()
        taken = "0"
        if form.lines is not None:
            taken = "count(DISTINCT rn) FILTER (kind = 'row' OR reason IS NOT NULL)"
        counts = run(
            "SELECT ingest_id, count(*), count(*) FILTER (kind = 'skipped'), arg_max(incomplete, rn), "
            f"count(*) FILTER (kind = 'row' AND mismatch), {taken}, max(rn) FROM staged GROUP BY 1"
        ).fetchall()
        refused = run(
            "SELECT ingest_id, rn, reason FROM staged WHERE kind = 'rejected' ORDER BY 1, 2, sub"
        ).fetchall()
        run("DROP TABLE staged")
        bad: dict[int, list[tuple[int, str | None]]] = {part.ingest_id: [] for part in parts}
        for ingest_id, number, reason in refused:
            bad[ingest_id].append((number, reason))
        loaded = {part.ingest_id: Loaded() for part in parts}
        for ingest_id, records, skipped, incomplete, mismatch, lines, documents in counts:
            done = settled.get(ingest_id)
            loaded[ingest_id] = Loaded(
                records,
                done.new_rows if done else 0,
                done.replaced if done else 0,
                skipped,
                tuple(bad[ingest_id]),
                bool(incomplete),
                mismatch,
                lines,
                documents,
            )
        return loaded

    def load_fast(self, statement: Statement, fast: Fast, part: Part, source: str) -> Loaded | None:
        """Read one file of flat JSON lines in one pass; return None where only the thorough way is right."""
        reader = readers.structs(part.path, fast.columns, LONGEST)
        names = [
            c.name
            for c in NARROW
            if c.name not in {"ingest_id", "source_line", "source", "source_format"}
        ]
        run = self.connection.execute
        run("SET preserve_insertion_order = false")
        try:
            done = run(
                f"INSERT INTO usage_narrow (ingest_id, source, source_format, {', '.join(names)}) "
                f"SELECT {part.ingest_id}, $source, $form, {', '.join(names)} FROM ({fast.select.replace('{reader}', reader)})",
                {"source": source, "form": statement.form.name},
            ).fetchone()
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return None
        total = int(done[0]) if done else 0
        mine = f"ingest_id = {part.ingest_id}"
        odd = self._count(f"usage_narrow WHERE {mine} AND event_key IS NULL")
        if odd > ODD_SHARE * total:
            return None
        repeated = self._drop_repeats(mine)
        clean = total - odd - repeated
        if not odd:
            return Loaded(records=total, new_rows=clean)
        run(f"DELETE FROM usage_narrow WHERE {mine} AND event_key IS NULL")
        self._stage(statement, [part], None, where=f" WHERE NOT ({stays_narrow(statement)})")
        if self._count("staged") != odd:
            run("DROP TABLE staged")
            return None
        rest = self._settle(statement, [part], source)[part.ingest_id]
        return Loaded(
            total,
            clean + rest.new_rows,
            rest.replaced,
            rest.skipped,
            rest.rejected,
            rest.incomplete,
            rest.mismatch,
        )

    def forget(self, ingest_id: int) -> None:
        """Take back what the one-pass way wrote of a file."""
        self.connection.execute(f"DELETE FROM usage_narrow WHERE ingest_id = {ingest_id}")

    def _drop_repeats(self, mine: str) -> int:
        """Remove rows of this file that stand in the store already or twice in the file; return how many."""
        run = self.connection.execute
        repeated = 0
        others = self._count(f"usage WHERE NOT {mine}")
        if others:
            done = run(
                f"DELETE FROM usage_narrow WHERE {mine} AND event_key IN ("
                f"SELECT event_key FROM usage WHERE NOT ({mine}) AND event_key IS NOT NULL)"
            ).fetchone()
            repeated += int(done[0]) if done else 0
        found = run(
            f"SELECT count(event_key) - count(DISTINCT event_key) FROM usage_narrow WHERE {mine}"
        ).fetchone()
        if found and found[0]:
            run(
                f"DELETE FROM usage_narrow WHERE {mine} AND rowid NOT IN "
                f"(SELECT min(rowid) FROM usage_narrow WHERE {mine} AND event_key IS NOT NULL GROUP BY event_key) "
                "AND event_key IS NOT NULL"
            )
            repeated += int(found[0])
        return repeated

    def _count(self, what: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(row[0]) if row else 0

    def spans(self, ids: Sequence[int]) -> dict[int, Span]:
        """Return span and unknown counts of the rows that files brought."""
        rows = self.connection.execute(
            "SELECT ingest_id, min(occurred_at), max(occurred_at), count(*) FILTER (NOT tokens_known), "
            "count(*) FILTER (occurred_at IS NULL AND (event_key & 1::UHUGEINT) = 0) FROM usage WHERE ingest_id BETWEEN ? AND ? GROUP BY 1",
            [min(ids), max(ids)],
        ).fetchall()
        return {row[0]: Span(*row[1:]) for row in rows}
