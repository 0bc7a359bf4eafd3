"""Counts for records that a log has the text of, but no counts."""

from collections.abc import Callable

import duckdb

Counter = Callable[[str, str | None], int]
"""Gives the tokens of a text for a model."""

COLUMN = "input_uncached"
MODELS = ("response_model", "requested_model", "deployment")


def count_staged(connection: duckdb.DuckDBPyConnection, counter: Counter) -> None:
    """Count the prompts of staged records without counts, mark them as assumed, and forget the texts."""
    run = connection.execute
    have = {row[0] for row in run("DESCRIBE staged").fetchall()}
    models = [name for name in MODELS if name in have]
    model = f"coalesce({', '.join(models)}, NULL)" if models else "NULL"
    found = run(
        f"SELECT ingest_id, rn, sub, prompt_text, {model} FROM staged "
        "WHERE kind = 'row' AND NOT tokens_known AND prompt_text IS NOT NULL"
    ).fetchall()
    run("ALTER TABLE staged DROP COLUMN prompt_text")
    if not found:
        return
    run("CREATE OR REPLACE TEMP TABLE counted (ingest_id INTEGER, rn BIGINT, sub BIGINT, n BIGINT)")
    connection.executemany(
        "INSERT INTO counted VALUES (?, ?, ?, ?)",
        [(*place, counter(text, name)) for *place, text, name in found],
    )
    if "assumed" not in have:
        run("ALTER TABLE staged ADD COLUMN assumed VARCHAR[]")
    run(
        f"UPDATE staged SET {COLUMN} = c.n, tokens_known = true, billable = c.n > 0, "
        f"assumed = list_append(coalesce(assumed, []), '{COLUMN}') FROM counted c "
        "WHERE staged.ingest_id = c.ingest_id AND staged.rn = c.rn AND staged.sub = c.sub"
    )
    run("DROP TABLE counted")
