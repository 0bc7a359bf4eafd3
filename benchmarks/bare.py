"""The other side of each comparison: the least that a program must do, without any of our code.

Each function is run in a process of its own: `python benchmarks/bare.py NAME ARGUMENT...`.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

LESSON_COLUMNS = {
    "request_id": "VARCHAR",
    "endpoint": "VARCHAR",
    "model": "VARCHAR",
    "prompt_tokens": "BIGINT",
    "completion_tokens": "BIGINT",
    "total_tokens": "BIGINT",
    "estimated_cost_usd": "DOUBLE",
    "timestamp": "TIMESTAMP",
}

CLAUDE_COLUMNS = {
    "type": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "sessionId": "VARCHAR",
    "requestId": "VARCHAR",
    "cwd": "VARCHAR",
    "message": "STRUCT(id VARCHAR, model VARCHAR, usage STRUCT(input_tokens BIGINT, output_tokens BIGINT, "
    "cache_creation_input_tokens BIGINT, cache_read_input_tokens BIGINT, service_tier VARCHAR, "
    "cache_creation STRUCT(ephemeral_5m_input_tokens BIGINT, ephemeral_1h_input_tokens BIGINT)))",
}


def duckdb_load(log: str, database: str) -> None:
    """Load lesson records into a table with a declared type each, and no check of anything."""
    _load(log, database, LESSON_COLUMNS)


def duckdb_load_claude(log: str, database: str) -> None:
    """Load the records of a coding agent the same way: the fields that tell usage, nested as they are."""
    _load(log, database, CLAUDE_COLUMNS)


def _load(log: str, database: str, columns: dict[str, str]) -> None:
    import duckdb  # noqa: PLC0415 - each function brings its own engine

    Path(database).unlink(missing_ok=True)
    with duckdb.connect(database) as connection:
        connection.execute(
            "CREATE TABLE usage AS SELECT * FROM read_ndjson($log, columns = $columns)",
            {"log": log, "columns": columns},
        )


def duckdb_group(database: str) -> None:
    """Open a costctl database and sum its plain rows by endpoint and model."""
    import duckdb  # noqa: PLC0415 - as above

    with duckdb.connect(database, read_only=True) as connection:
        rows = connection.execute(
            "SELECT endpoint, requested_model, count(*), sum(input_uncached), sum(output), "
            "sum(logged_cost_usd) FROM usage_narrow GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    if not rows:
        raise SystemExit("no rows: nothing was measured")
    for row in rows:
        print(*row)


def polars_group(log: str) -> None:
    """Sum lesson records by endpoint and model, straight from the log."""
    import polars as pl  # noqa: PLC0415 - as above

    kinds = {
        "prompt_tokens": pl.Int64,
        "completion_tokens": pl.Int64,
        "estimated_cost_usd": pl.Float64,
    }
    schema = {name: kinds.get(name, pl.String) for name in LESSON_COLUMNS} | {
        "total_tokens": pl.Int64
    }
    sums = pl.col("prompt_tokens", "completion_tokens", "estimated_cost_usd").sum()
    print(
        pl.scan_ndjson(log, schema=schema)
        .group_by("endpoint", "model")
        .agg(pl.len(), sums)
        .collect()
    )


def python_group(log: str) -> None:
    """Do the same in plain Python: a line, a record, a sum."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0, 0.0])
    with Path(log).open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            group = sums[record["endpoint"], record["model"]]
            group[0] += 1
            group[1] += record["prompt_tokens"]
            group[2] += record["completion_tokens"]
            group[3] += record["estimated_cost_usd"]
    for key, group in sorted(sums.items()):
        print(*key, *group)


def import_typer() -> None:
    """Import typer and nothing else: the least that our kind of program costs."""
    import typer  # noqa: F401, PLC0415 - its import is the work


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
