"""Files as a relation of records: (ingest_id, rn, doc), read by the engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from costctl.errors import CostctlError
from costctl.store.compile_tree import lit, quoted
from costctl.store.engine_errors import FULL

LONGEST = 1 << 24
"""Bytes of the longest record that is read without asking for larger buffers."""

LONGEST_EVER = 1 << 27
"""Bytes of the longest record that is read at all: every thread has two such buffers, within the memory limit."""

TAG = "tag."

NOT_THE_LOGS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.InterruptException,
    duckdb.TransactionException,
)
"""What the engine raises over a statement; over a damaged log it may raise anything else."""


@dataclass(frozen=True)
class Part:
    """A file to read now.

    Attributes:
        ingest_id: the run over this file.
        place: where the bytes are, as text; for a spooled file not where the user's are.
        kind: jsonl, csv, parquet.
        compression: none, gzip, zstd.
        names: columns of a CSV, as its records shall call them.
        first: number of its first record, where several parts are one file.
        records: how many it has; 0 where the file is its alone.
    """

    ingest_id: int
    place: str
    kind: str = "jsonl"
    compression: str = "none"
    delimiter: str = ","
    names: tuple[str, ...] = ()
    first: int = 1
    records: int = 0

    @property
    def path(self) -> Path:
        """Return where the bytes are."""
        return Path(self.place)


def relation(parts: Sequence[Part], *, longest: int = LONGEST) -> str:
    """Return the SQL of (ingest_id, rn, doc) over files of one kind; rn counts records over all of them."""
    first = parts[0]
    if first.records:
        return _bundle(parts, longest)
    listed = "[" + ", ".join(lit(part.place) for part in parts) + "]"
    ids = ", ".join(f"({lit(part.place)}, {part.ingest_id})" for part in parts)
    if first.kind == "csv":
        docs = _csv(first, listed)
    elif first.kind == "parquet":
        docs = f"SELECT filename, row_number() OVER () AS rn, to_json(t) AS doc FROM (SELECT * FROM read_parquet({listed}, filename = true)) t"
    else:
        docs = f"SELECT filename, row_number() OVER () AS rn, json AS doc FROM {objects(listed, first.compression, longest)}"
    if len(parts) == 1:
        return f"SELECT {first.ingest_id} AS ingest_id, rn, doc FROM ({docs})"
    return f"SELECT f.ingest_id, l.rn, l.doc FROM ({docs}) l JOIN (VALUES {ids}) f(path, ingest_id) ON l.filename = f.path"


def _bundle(parts: Sequence[Part], longest: int) -> str:
    """Return the records of one file that is several, each with its own."""
    docs = objects(f"[{lit(parts[0].place)}]", parts[0].compression, longest)
    starts = ", ".join(f"({part.first}, {part.ingest_id})" for part in parts)
    return (
        f"SELECT f.ingest_id, l.rn, l.doc FROM (SELECT row_number() OVER () AS rn, json AS doc FROM {docs}) l "
        f"ASOF JOIN (VALUES {starts}) f(first, ingest_id) ON l.rn >= f.first"
    )


def objects(listed: str, compression: str, longest: int) -> str:
    """Return the reader of JSON lines as documents; a line that is none gives NULL."""
    return (
        f"read_ndjson_objects({listed}, ignore_errors = true, filename = true, compression = {lit(compression)}, "
        f"maximum_object_size = {longest})"
    )


def structs(path: Path, columns: str, longest: int, compression: str = "none") -> str:
    """Return the reader of JSON lines as structs of text leaves; a line that is none gives NULLs."""
    return (
        f"read_ndjson({lit(str(path))}, columns = {{{columns}}}, ignore_errors = true, records = true, "
        f"compression = {lit(compression)}, maximum_object_size = {longest})"
    )


def _csv(part: Part, listed: str) -> str:
    columns = ", ".join(f"{lit(name)}: 'VARCHAR'" for name in part.names)
    plain = [name for name in part.names if not name.lower().startswith(TAG)]
    tags = [name for name in part.names if name.lower().startswith(TAG)]
    packed = [f"{quoted(name)} := {quoted(name)}" for name in plain]
    if tags:
        inner = ", ".join(f"{quoted(name[len(TAG) :])} := {quoted(name)}" for name in tags)
        packed.append(f"tags := struct_pack({inner})")
    return (
        f"SELECT filename, row_number() OVER () AS rn, to_json(struct_pack({', '.join(packed)})) AS doc "
        f"FROM read_csv({listed}, columns = {{{columns}}}, auto_detect = false, header = true, delim = {lit(part.delimiter)}, "
        f"quote = '\"', escape = '\"', null_padding = false, store_rejects = true, "
        f"compression = {lit(part.compression)}, filename = true, max_line_size = {LONGEST})"
    )


@contextmanager
def readable() -> Iterator[None]:
    """Turn what the engine says about a log that it cannot read into an error about that log alone."""
    try:
        yield
    except NOT_THE_LOGS:
        raise
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        if any(words in text for words in FULL):
            raise
        if any(words in text for words in ("GZIP", "Data corruption", "ZSTD")):
            raise CostctlError(
                f"cut off or damaged: {text.removeprefix('IO Error: ')}",
                hint="copy the file again",
                code="unreadable_log",
            ) from error
        code = "record_too_long" if "maximum_object_size" in str(error) else "unreadable_log"
        raise CostctlError(text, code=code) from error


def head(connection: duckdb.DuckDBPyConnection, part: Part, count: int) -> list[str | None]:
    """Return the first records of a file as JSON texts; None where a line is no JSON."""
    with readable():
        rows = connection.execute(
            f"SELECT CAST(doc AS VARCHAR) FROM ({relation([part])}) LIMIT {count}"
        ).fetchall()
    return [row[0] for row in rows]


def first_text(
    connection: duckdb.DuckDBPyConnection, path: Path, compression: str, size: int
) -> bytes:
    """Return the first lines of a compressed text."""
    with readable():
        rows = connection.execute(
            "SELECT line FROM read_csv(?, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\x01', "
            f"quote = '', escape = '', compression = {lit(compression)}, strict_mode = false, ignore_errors = true, "
            f"max_line_size = {LONGEST}) LIMIT 400",
            [str(path)],
        ).fetchall()
    return "\n".join(row[0] or "" for row in rows).encode()[:size] + b"\n"


def csv_rejects(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, str]]:
    """Return (path, line, reason) of the CSV lines refused since the last call."""
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"
    ).fetchone()
    if not there or not there[0]:
        return []
    rows = connection.execute(
        "SELECT s.file_path, e.line, first(e.error_message) FROM reject_errors e JOIN reject_scans s "
        "USING (scan_id, file_id) GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    connection.execute("DROP TABLE reject_errors")
    connection.execute("DROP TABLE reject_scans")
    return [(row[0], row[1], str(row[2]).splitlines()[0]) for row in rows]
