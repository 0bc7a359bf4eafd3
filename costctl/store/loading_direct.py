"""From files to staged records, the direct way: the reader gives each line as a struct, on all cores.

A line that it cannot tell (no object, no array where records should be, or one in which only an unread field would tell
whether it is a call) is read again by the thorough statement. Both give the same rows.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from costctl.formats._base import Format
from costctl.sources import lines
from costctl.store import readers
from costctl.store.compile import Statement, compile_format
from costctl.store.compile_paths import NeedsWholeError
from costctl.store.compile_stage import stage_select
from costctl.store.compile_unfold import first_sub
from costctl.store.macros import macros_for
from costctl.store.readers import Part

MOST_UNSURE = 20_000
"""Lines that are looked for one by one; with more, the file is read thoroughly."""

FROM = 1 << 20
"""Bytes from which on a second way to read is worth planning."""

READ = ("none", "gzip")
"""How lines may be packed that are to be looked up one by one."""


def direct_select(
    thorough: Statement, parts: Sequence[Part], *, key: str, longest: int, with_text: bool
) -> str | None:
    """Return the statement that reads files directly as the thorough one would, None where only that one can.

    The order of records must not matter to it, since no number is counted while it reads.
    """
    form, first = thorough.form, parts[0]
    one_file = all(part.place == first.place for part in parts)
    if not _is_large(first.path):
        return None
    if form.to != "usage" or first.kind != "jsonl" or first.compression not in READ or not one_file:
        return None
    try:
        watched = bool(thorough.stranger)
        statement = compile_format(form, tz=thorough.values.tz, direct=True, watched=watched)
        columns = statement.documents.levels[0].tree.columns()
        reader = readers.structs(first.path, columns, longest, first.compression)
        select = stage_select(statement, reader, key=key, with_text=with_text)
    except NeedsWholeError:
        return None
    return None if " OVER " in select else select


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size >= FROM
    except OSError:  # gone since it was found: whoever reads it tells
        return False


class DirectStage:
    """Fills the temp table `staged` in the order of the lines, then gives each record its file and number."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, form: Format, parts: Sequence[Part]
    ) -> None:
        self.connection = connection
        self.form = form
        self.parts = parts

    def stage(self, select: str) -> list[int] | None:
        """Read the files; return the numbers of unsure records, None where there are too many or lines are amiss."""
        run = self.connection.execute
        for macro in macros_for(select):
            run(macro)
        run(f"CREATE OR REPLACE TEMP TABLE staged AS {select}")
        last = self.parts[-1]
        first = first_sub(len(self.form.explode))
        rows, total, unsure, start, end = run(
            f"SELECT count(*), count(*) FILTER (sub = {first}), count(*) FILTER (kind = 'unsure'), "
            "coalesce(min(rowid), 0), coalesce(max(rowid), -1) FROM staged"
        ).fetchall()[0]
        amiss = last.records and total != last.first + last.records - 1
        if unsure > MOST_UNSURE or amiss or end - start + 1 != rows:
            return None
        # The rows stand in the order of the file, as they were read; within a transaction their numbers begin anywhere.
        if self.form.explode:
            # A filtered count as a window takes the engine a hundred times as long.
            counted = f"count(CASE WHEN sub = {first} THEN 1 END) OVER (ORDER BY rowid ROWS UNBOUNDED PRECEDING)"
            run(
                f"UPDATE staged SET rn = line, ingest_id = {last.ingest_id} "
                f"FROM (SELECT rowid AS place, {counted} AS line FROM staged) WHERE staged.rowid = place"
            )
        else:
            run(f"UPDATE staged SET rn = rowid - {start} + 1, ingest_id = {last.ingest_id}")
        if not unsure:
            return []
        found = run("SELECT DISTINCT rn FROM staged WHERE kind = 'unsure' ORDER BY 1").fetchall()
        return [row[0] for row in found]

    def copy_lines(self, numbers: Sequence[int], folder: Path) -> Path:
        """Write records as a file of their own, one a line."""
        first, target = self.parts[0], folder / "unsure.jsonl"
        with target.open("wb") as out:
            for _, _, raw in lines.locate(first.path, first.compression, numbers):
                out.write(raw.rstrip(b"\r\n") + b"\n")
        return target

    def put_in(self, select: str, numbers: Sequence[int]) -> None:
        """Stage records again by a thorough statement over their copies."""
        run = self.connection.execute
        for macro in macros_for(select):
            run(macro)
        run("DELETE FROM staged WHERE rn IN (SELECT unnest($numbers))", {"numbers": list(numbers)})
        run(
            f"INSERT INTO staged BY NAME SELECT * REPLACE (list_extract($numbers, rn) AS rn) FROM ({select})",
            {"numbers": list(numbers)},
        )

    def share_out(self) -> None:
        """Give the records of several files their own file and their number in it."""
        if len(self.parts) == 1:
            return
        ids = [part.ingest_id for part in self.parts]
        firsts = [part.first for part in self.parts]
        counts = [part.records for part in self.parts]
        self.connection.execute(
            "UPDATE staged SET ingest_id = p.id, rn = p.number FROM (SELECT id, unnest(range(first, first + count)) AS place, "
            "unnest(range(1, count + 1)) AS number FROM (SELECT unnest($ids) AS id, unnest($firsts) AS first, unnest($counts) AS count)) p "
            "WHERE staged.rn = p.place",
            {"ids": ids, "firsts": firsts, "counts": counts},
        )
