"""Rows of a file that the store has already, or that stand twice in the file.

Rows are alike only if their identity by content is, and then their time is too. Most logs are written in the order of time:
rows whose times rise from each to the next cannot repeat, nor can two runs of such rows whose times do not overlap. Only the
keys of the others are compared, and where these are many, those of one time with each other: memory does not grow with
the file.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise

import duckdb

KEYS_AT_ONCE = 1 << 19
"""Keys among which repeats are looked for at once."""

RUN = 1024
"""Neighbouring rows whose times are looked at together."""

STRETCHES = 1 << 12
"""Stretches of rising times, at most, that a log in the order of time falls into: each thread reads every other part of it."""

SLICES = 64
"""Parts of equal time whose rows are counted to find such ranges."""


class Repeats:
    """Looks for repeats among the rows that an ingest has just brought by identities of content alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, ingest_id: int) -> None:
        self.connection = connection
        self.mine = f"ingest_id = {ingest_id}"

    def drop(self) -> int:
        """Remove repeats; return how many."""
        first, last = self._row(
            "SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)) "
            f"FROM narrow_rows WHERE {self.mine}"
        )
        if first is None:
            return 0
        dropped = self._drop_known(_between(first, last))
        if self._has_repeats(first, last):
            once = f"SELECT min(rowid) FROM narrow_rows WHERE {self.mine} GROUP BY event_key"
            dropped += self._delete(f"rowid NOT IN ({once})")
        return dropped

    def _drop_known(self, span: str) -> int:
        """Remove rows that the store has already."""
        others = f"FROM usage WHERE NOT ({self.mine}) AND {span}"
        if not self._row(f"SELECT EXISTS ({others})")[0]:
            return 0
        # The keys of the file are held and those of the store pass by: there may be many more of them.
        mine = f"SELECT event_key FROM narrow_rows WHERE {self.mine}"
        found = self._row(
            f"CREATE OR REPLACE TEMP TABLE known AS SELECT event_key {others} AND event_key IN ({mine})"
        )
        dropped = self._delete("event_key IN (FROM known)") if found[0] else 0
        self.connection.execute("DROP TABLE known")
        return dropped

    def _has_repeats(self, first: int, last: int) -> bool:
        if self._rises(first, last):
            return False
        runs = self._unproven()
        if len(runs) * RUN > KEYS_AT_ONCE:
            return any(self._stands_twice(part) for part in self._parts(first, last))
        listed = ", ".join(map(str, runs))
        some = (
            f"SELECT event_key FROM narrow_rows WHERE {self.mine} AND rowid // {RUN} IN ({listed})"
        )
        return bool(runs) and self._stands_twice(f"event_key IN ({some})")

    def _rises(self, first: int, last: int) -> bool:
        """Return whether the rows are stretches of rising times of which no two overlap."""
        step = (last - first) // STRETCHES + 1
        cuts = self.connection.execute(
            "SELECT place, earlier, moment FROM (SELECT rowid AS place, epoch_us(occurred_at) AS moment, "
            f"lag(epoch_us(occurred_at)) OVER () AS earlier FROM narrow_rows WHERE {self.mine}) "
            f"WHERE (moment - earlier BETWEEN 1 AND {step}) IS NOT TRUE LIMIT {2 * STRETCHES}"
        ).fetchall()
        if not cuts:
            return True
        (end,) = self._row(
            f"SELECT epoch_us(max(occurred_at)) FROM narrow_rows WHERE {self.mine} AND rowid >= {cuts[-1][0]}"
        )
        starts = [moment for _, _, moment in cuts]
        ends = [*(earlier for _, earlier, _ in cuts[1:]), end]
        # Only what was read first has nothing before it.
        if len(cuts) == 2 * STRETCHES or None in starts or None in ends:
            return False
        stretches = sorted(zip(starts, ends, strict=True))
        return all(one[1] < other[0] for one, other in pairwise(stretches))

    def _unproven(self) -> Collection[int]:
        """Return the runs that must be compared: all but those that rise within and overlap with no other one kept."""
        # A row counts as rising only behind a row of its own run.
        runs = self.connection.execute(
            f"SELECT rowid // {RUN} AS run, epoch_us(min(occurred_at)) AS first, epoch_us(max(occurred_at)) AS last, "
            f"count(*) - 1 = count(*) FILTER (occurred_at > earlier AND rowid // {RUN} = behind // {RUN}) AS rises "
            "FROM (SELECT rowid, occurred_at, lag(occurred_at) OVER () AS earlier, lag(rowid) OVER () AS behind "
            f"FROM narrow_rows WHERE {self.mine}) GROUP BY 1 ORDER BY last"
        ).fetchall()
        end = None
        left = []
        for run, first, last, rises in runs:
            if rises and (end is None or first > end):
                end = last
            else:
                left.append(run)
        return left

    def _parts(self, first: int, last: int) -> Iterator[str]:
        """Yield tests that part the rows of the file, each with no more keys than fit into memory at once."""
        step = (last - first) // SLICES + 1
        slices = self.connection.execute(
            f"SELECT (epoch_us(occurred_at) - {first}) // {step} AS slice, count(*) "
            f"FROM narrow_rows WHERE {self.mine} GROUP BY 1 ORDER BY 1"
        ).fetchall()
        start = rows = 0
        for number, count in slices:
            if rows and rows + count > KEYS_AT_ONCE:
                yield from _by_key(_slices(first, step, start, number), rows)
                start, rows = number, 0
            rows += count
        yield from _by_key(_slices(first, step, start, SLICES), rows)

    def _stands_twice(self, part: str) -> bool:
        row = self._row(
            "SELECT count(*) > count(DISTINCT event_key) "
            f"FROM narrow_rows WHERE {self.mine} AND {part}"
        )
        return bool(row[0])

    def _delete(self, which: str) -> int:
        return int(self._row(f"DELETE FROM narrow_rows WHERE {self.mine} AND {which}")[0])

    def _row(self, sql: str) -> tuple:  # type: ignore[type-arg]
        return self.connection.execute(sql).fetchone() or (None, None)


def _by_key(part: str, rows: int) -> Iterator[str]:
    """Part rows of one slice by the first bits of their keys, where they are too many."""
    bits = (rows // (KEYS_AT_ONCE + 1)).bit_length()
    for number in range(1 << bits):
        yield f"{part} AND event_key >> {128 - bits} = {number}" if bits else part


def _slices(first: int, step: int, start: int, stop: int) -> str:
    return _between(first + start * step, first + stop * step - 1)


def _between(first: int, last: int) -> str:
    # Plain numbers and no parameters: only so the engine skips what lies outside.
    return f"occurred_at BETWEEN make_timestamp({first}) AND make_timestamp({last})"
