"""Which staged records become rows: repeats are folded, known rows are kept or replaced, all set-based."""

from dataclasses import dataclass

import duckdb

from costctl.record import BY_NAME, PROVENANCE, USAGE
from costctl.store.merge_rules import folded
from costctl.store.origins import origin_of
from costctl.store.schema import LAYOUTS, PARENT_KEYS, Layout
from costctl.vocabulary import OF_WHICH, TOKEN_CLASSES

SAID_BY_ALL = (*TOKEN_CLASSES, *OF_WHICH, "status", "cache_hit")
"""What every record says of a call: none where its format fills none, though a known row, read by other settings, has some."""

DEEPEST = 100
"""Records of a tree that may enclose each other."""


@dataclass(frozen=True)
class Settled:
    """What became of the staged records of one file.

    Attributes:
        numbered: written rows that may have an equal which is another call.
    """

    new_rows: int = 0
    replaced: int = 0
    numbered: int = 0


class Merge:
    """Folds the temp table `staged` into `usage` by one format's rule.

    `leaf` is the scope of the ids of a format whose records make a tree, None for all others.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rule: str,
        *,
        leaf: str | None,
        source: str,
        source_format: str,
    ) -> None:
        self.connection = connection
        self.rule = rule
        self.leaf = leaf
        if leaf is not None:
            connection.execute("ALTER TABLE staged ADD COLUMN parent_key UHUGEINT")
        self.names = {"source": source, "source_format": source_format}
        present = {row[0] for row in connection.execute("DESCRIBE staged").fetchall()}
        self.dated = "newest" in present
        self.columns = [
            c.name
            for c in USAGE
            if c.name in present and c.name not in {"ingest_id", "source_line", "event_key"}
        ]

    def run(self) -> dict[int, Settled]:
        """Fold, insert and replace; return the outcome per file."""
        if self.leaf is not None:
            self._point_to_parents()
            self._drop_enclosing()
        self._number_equal_rows()
        self._fold()
        outcome = self._outcome()
        self._write()
        if self.leaf is not None:
            self._drop_parents()
        self.connection.execute("DROP VIEW IF EXISTS folded")
        for name in ("folded_repeats", "repeated", "known"):
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        return outcome

    def _key_of(self, leaf_id: str) -> str:
        """Return the event key of the record with an id of the tree, as the compiled identity makes it."""
        return f"(md5_number(concat($scope, chr(31), 'id', chr(31), {leaf_id})) | 1::UHUGEINT)"

    def _point_to_parents(self) -> None:
        """Note what encloses a call: what is yet to come, at the end of its chain, else the nearest call of this run."""
        self.connection.execute(
            "UPDATE staged SET parent_key = p.parent_key FROM ("
            f"WITH RECURSIVE known AS (SELECT leaf_id, bool_or(kind = 'row') AS is_call FROM staged GROUP BY 1), "
            "up(leaf_id, id, depth) AS ("
            "SELECT leaf_id, leaf_parent, 1 FROM staged WHERE kind = 'row' AND leaf_parent IS NOT NULL "
            "UNION SELECT up.leaf_id, s.leaf_parent, depth + 1 FROM up JOIN staged s ON s.leaf_id = up.id "
            f"WHERE s.leaf_parent IS NOT NULL AND depth < {DEEPEST}) "
            "SELECT up.leaf_id, coalesce(min(id) FILTER (k.leaf_id IS NULL AND NOT ends_with(id, chr(31))), "
            f"arg_min(id, depth) FILTER (is_call)) AS parent, {self._key_of('parent')} AS parent_key "
            "FROM up LEFT JOIN known k ON k.leaf_id = up.id GROUP BY 1) p "
            "WHERE staged.leaf_id = p.leaf_id AND kind = 'row' AND p.parent IS NOT NULL",
            {"scope": self.leaf},
        )

    def _drop_enclosing(self) -> None:
        """A call that encloses another call, of this run or an earlier one, repeats its usage: skip it."""
        self.connection.execute(
            "UPDATE staged SET kind = 'skipped' WHERE kind = 'row' AND leaf_id IN ("
            "WITH RECURSIVE up(id) AS ("
            "(SELECT leaf_parent FROM staged WHERE kind = 'row' AND leaf_parent IS NOT NULL "
            f"UNION SELECT leaf_id FROM staged WHERE {self._key_of('leaf_id')} IN "
            f"({PARENT_KEYS})) "
            "UNION SELECT s.leaf_parent FROM up JOIN staged s ON s.leaf_id = up.id WHERE s.leaf_parent IS NOT NULL"
            ") SELECT id FROM up)",
            {"scope": self.leaf},
        )

    def _number_equal_rows(self) -> None:
        """Give equal rows of one file that may be different calls a key each, by their number among equals."""
        maybe = "kind = 'row' AND (event_key & 1::UHUGEINT) = 0"
        if not self._is_any(f"staged WHERE {maybe}"):
            return
        # As UUID, because the engine writes a 128-bit number as decimal digits a thousand times slower.
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE numbered AS SELECT ingest_id, rn, sub, "
            "(md5_number(concat(CAST(event_key AS UUID), '#', number)) & ~(1::UHUGEINT)) AS event_key FROM ("
            "SELECT ingest_id, rn, sub, event_key, "
            "row_number() OVER (PARTITION BY ingest_id, event_key ORDER BY rn, sub) AS number "
            f"FROM staged WHERE {maybe}) WHERE number > 1"
        )
        self.connection.execute(
            "UPDATE staged SET event_key = n.event_key FROM numbered n "
            "WHERE staged.ingest_id = n.ingest_id AND staged.rn = n.rn AND staged.sub = n.sub"
        )
        self.connection.execute("DROP TABLE numbered")

    def _is_any(self, rows: str) -> bool:
        return self.connection.execute(f"SELECT EXISTS (FROM {rows})").fetchone() == (True,)

    def _fold(self) -> None:
        """Make `folded`: what each key is to become. A key that stands once, in none of the known rows, is as it is.

        What nothing repeats costs no plan of how to fold it.
        """
        run = self.connection.execute
        unsaid = [n for n in SAID_BY_ALL if n not in self.columns]
        self.has_known = self._know([*self.columns, *unsaid])
        given = list(self.columns)
        if self.has_known:
            given += [f"{BY_NAME[n].default} AS {n}" for n in unsaid]
            self.columns += unsaid
        listed, new = ", ".join(self.columns), ", ".join(given)
        keys = "SELECT event_key FROM staged WHERE kind = 'row'"
        if self.has_known:
            keys += " UNION ALL SELECT event_key FROM known"
        run(
            f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT event_key FROM ({keys}) GROUP BY 1 HAVING count(*) > 1"
        )
        view = "CREATE OR REPLACE TEMP VIEW folded AS SELECT ingest_id, rn, event_key,"
        if not self._is_any("repeated"):
            run(f"{view} {new} FROM staged WHERE kind = 'row'")
            return
        undated, dated = (", NULL AS newest", ", newest") if self.dated else ("", "")
        candidates = (
            f"SELECT ingest_id AS seq, ingest_id, rn, sub, event_key, {new}{dated} FROM staged "
            "SEMI JOIN repeated USING (event_key) WHERE kind = 'row'"
        )
        if self.has_known:
            candidates += f" UNION ALL SELECT 0, ingest_id, source_line, 0, event_key, {listed}{undated} FROM known"
        made = folded(candidates, self.rule, self.columns, dated=self.dated)
        run(f"CREATE OR REPLACE TEMP TABLE folded_repeats AS {made}")
        run(
            f"{view} {listed} FROM folded_repeats UNION ALL SELECT ingest_id, rn, event_key, {new} "
            "FROM staged ANTI JOIN repeated USING (event_key) WHERE kind = 'row'"
        )

    def _know(self, names: list[str]) -> bool:
        """Make `known`, the rows of the store that have a key of what is staged; return whether there are any."""
        if not any(self._is_any(layout.table) for layout in LAYOUTS):
            return False
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known AS SELECT event_key, ingest_id, source_line, {', '.join(names)} FROM usage "
            "SEMI JOIN (SELECT event_key FROM staged WHERE kind = 'row') USING (event_key)"
        )
        return self._is_any("known")

    def _outcome(self) -> dict[int, Settled]:
        """Count new and replaced rows per file, and leave out of `folded` what changes nothing."""
        if not self.has_known:
            return self._settled(
                "SELECT ingest_id, count(*), 0, count(*) FILTER ((event_key & 1::UHUGEINT) = 0) FROM folded GROUP BY 1"
            )
        said = [n for n in self.columns if n not in PROVENANCE]
        new, old = (", ".join(_stored(n, table) for n in said) for table in ("f.", "k."))
        self.connection.execute(
            "DELETE FROM folded_repeats WHERE event_key IN (SELECT f.event_key FROM folded_repeats f JOIN known k USING (event_key) "
            f"WHERE ({new}) IS NOT DISTINCT FROM ({old}))"
        )
        # A known row that changed may stay the row of its own file; the file that changed it is told.
        return self._settled(
            "SELECT CASE WHEN k.event_key IS NULL THEN f.ingest_id ELSE s.last END, "
            "count(*) FILTER (k.event_key IS NULL), count(*) FILTER (k.event_key IS NOT NULL), "
            "count(*) FILTER ((f.event_key & 1::UHUGEINT) = 0) "
            "FROM folded f LEFT JOIN (SELECT event_key FROM known) k USING (event_key) "
            "JOIN (SELECT event_key, max(ingest_id) AS last FROM staged WHERE kind = 'row' GROUP BY 1) s USING (event_key) "
            "GROUP BY 1"
        )

    def _settled(self, sql: str) -> dict[int, Settled]:
        return {row[0]: Settled(*row[1:]) for row in self.connection.execute(sql).fetchall()}

    def _write(self) -> None:
        replaced = "SELECT event_key FROM folded SEMI JOIN known USING (event_key)"
        for layout in LAYOUTS if self.has_known else ():
            self.connection.execute(f"DELETE FROM {layout.table} WHERE event_key IN ({replaced})")
        self._insert(self._smallest())

    def _smallest(self) -> Layout:
        """Return the first layout that has room for everything that the rows say."""
        *smaller, last = LAYOUTS
        return next((layout for layout in smaller if not self._overflows(layout)), last)

    def _overflows(self, layout: Layout) -> bool:
        # A question that ends at the first such row: of nested logs nearly every row is one.
        odd = " OR ".join(self._too_much_for(layout))
        found = self.connection.execute(f"SELECT EXISTS (FROM folded WHERE {odd})").fetchone()
        return bool(found and found[0])

    def _too_much_for(self, layout: Layout) -> list[str]:
        """Return the tests of what a row has no room for: other columns, a source of its own, too high a cost."""
        rare = [n for n in self.columns if n not in layout.names]
        tests = [f"{n} IS DISTINCT FROM {BY_NAME[n].default}" for n in rare]
        if layout.by_origin and "source" in self.columns:
            tests.append("source IS NOT NULL")
        if "logged_cost_usd" in self.columns:
            tests.append(f"NOT {layout.has_room('logged_cost_usd')}")
        return tests or ["false"]

    def _insert(self, layout: Layout) -> None:
        names = layout.stored
        parts = []
        for name in names:
            if name in {"ingest_id", "event_key"}:
                parts.append(name)
            elif name == "source_line":
                parts.append("rn")
            elif name == "origin":
                parts.append(str(origin_of(self.connection, *self.names.values())))
            elif name == "source" and "source" in self.columns:
                parts.append("coalesce(source, $source)")
            elif name in self.names:
                parts.append(f"${name}")
            elif name in self.columns:
                parts.append(_stored(name, ""))
            else:
                parts.append(BY_NAME[name].default)
        self.connection.execute(
            f"INSERT INTO {layout.table} ({', '.join(names)}) SELECT {', '.join(parts)} FROM folded",
            {name: text for name, text in self.names.items() if name in names},
        )

    def _drop_parents(self) -> None:
        """A stored call that encloses another stored one, read in another run, is no call of its own."""
        for layout in LAYOUTS:
            self.connection.execute(
                f"DELETE FROM {layout.table} WHERE event_key IN ({PARENT_KEYS})"
            )


def _stored(name: str, table: str) -> str:
    """Return a column as it is stored: a missing value is the default, but an unknown count stays unknown."""
    default = BY_NAME[name].default
    known = default == "NULL" or name == "requests"
    return f"{table}{name}" if known else f"coalesce({table}{name}, {default})"
