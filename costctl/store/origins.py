"""The source and format that rows share, each pair under a number."""

import duckdb

from costctl.store import schema


def origin_of(connection: duckdb.DuckDBPyConnection, source: str, source_format: str) -> int:
    """Return the number of a source and format; a new pair gets one, and the views of rows by origin are told."""
    origins = connection.execute("FROM origins ORDER BY origin").fetchall()
    for number, *pair in origins:
        if pair == [source, source_format]:
            return int(number)
    made = (len(origins) + 1, source, source_format)
    connection.execute("INSERT INTO origins VALUES (?, ?, ?)", made)
    connection.execute(schema.origin_views([*origins, made]))
    return made[0]
