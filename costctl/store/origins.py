"""The source and format that narrow rows share, each pair under a number."""

import duckdb

from costctl.store import schema


def origin_of(connection: duckdb.DuckDBPyConnection, source: str, source_format: str) -> int:
    """Return the number of a source and format; a new pair gets one, and the view of narrow rows is told."""
    origins = connection.execute("FROM origins ORDER BY origin").fetchall()
    for number, *pair in origins:
        if pair == [source, source_format]:
            return int(number)
    made = (len(origins) + 1, source, source_format)
    connection.execute("INSERT INTO origins VALUES (?, ?, ?)", made)
    connection.execute(schema.narrow_view([*origins, made]))
    return made[0]
