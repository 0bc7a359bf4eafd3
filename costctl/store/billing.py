"""Lines of an invoice: read by the same declarations, kept apart from usage, each once."""

import duckdb

from costctl.formats._base import Expression, Format, Value
from costctl.record import BILLING, MONEY_LIMIT
from costctl.store.compile_paths import Documents
from costctl.store.compile_stage import document_layers, layer
from costctl.store.compile_tags import merged_map
from costctl.store.compile_tree import lit
from costctl.store.compile_values import MONEY, Values, of_our_time

PLAIN = tuple(
    name for name, _ in BILLING if name not in {"source", "ingest_id", "source_line", "tags"}
)
TYPES = dict(BILLING)
TIMES = ("period_start", "period_end")


def stage_select(form: Format, source: str, *, tz: str = "UTC") -> str:
    """Return the statement that reads billing lines from `source`, a relation (ingest_id, rn, doc)."""
    documents = Documents(form)
    values = Values(documents, form.constants.get("tz", tz))
    ctes = [
        (
            "l AS (SELECT ingest_id, rn, CAST(0 AS BIGINT) AS sub, "
            "coalesce(json_type(doc) = 'OBJECT', false) AS is_object, "
            f"CASE WHEN json_type(doc) = 'OBJECT' THEN doc END AS d_0 FROM ({source}))"
        )
    ]
    last = document_layers(form, documents, ctes)
    raw, typed, bad = _columns(form, values)
    raw["kept"] = _kept(form, documents, values)
    last = layer(ctes, "words", last, values.columns())
    last = layer(ctes, "raw", last, raw)
    whens = " ".join(f"WHEN {test} THEN {lit(why)}" for test, why in bad)
    typed["reason"] = f"CASE {whens} END"
    last = layer(ctes, "typed", last, typed)
    kind = (
        "CASE WHEN NOT is_object THEN 'rejected' WHEN NOT kept THEN 'skipped' "
        "WHEN reason IS NOT NULL THEN 'rejected' ELSE 'row' END"
    )
    names = [*PLAIN, "tags"]
    content = ", ".join(f"'|', coalesce(CAST(c_{name} AS VARCHAR), chr(30))" for name in names)
    return (
        f"WITH {', '.join(ctes)} SELECT ingest_id, rn, sub, {kind} AS kind, "
        "CASE WHEN is_object THEN reason END AS reason, false AS mismatch, part AS incomplete, "
        f"md5(concat({content})) AS content, {', '.join(f'c_{name} AS {name}' for name in names)} "
        f"FROM {last}"
    )


def _kept(form: Format, documents: Documents, values: Values) -> str:
    kept = [f"d_{documents.levels[-1].name} IS NOT NULL"]
    if form.keep is not None:
        kept.append(values.test(form.keep))
    if form.skip is not None:
        kept.append(f"NOT {values.test(form.skip)}")
    return " AND ".join(kept)


def _columns(
    form: Format, values: Values
) -> tuple[dict[str, str], dict[str, str], list[tuple[str, str]]]:
    raw: dict[str, str] = {}
    typed: dict[str, str] = {}
    bad = []
    for name in PLAIN:
        expression: Expression = form.row.get(name, ())
        if name in form.constants:
            expression = (*expression, Value(constant=form.constants[name]))
        kind = TYPES[name]
        if name in TIMES:
            stamp, _, said = (
                values.time(expression)
                if expression
                else ("CAST(NULL AS TIMESTAMP)", "false", "false")
            )
            raw |= {f"x_{name}": stamp, f"said_{name}": said}
            typed[f"c_{name}"] = f"x_{name}"
            bad.append((f"(said_{name} AND NOT {of_our_time(f'x_{name}')})", f"{name} is no time"))
            continue
        raw[f"x_{name}"] = values.text(expression)
        typed[f"c_{name}"] = _typed(name, kind)
        if kind != "VARCHAR":
            bad.append(
                (
                    f"(x_{name} IS NOT NULL AND try_cast(x_{name} AS {kind}) IS NULL)",
                    f"{name} is no number",
                )
            )
    bad.append(("x_cost IS NULL", "no cost"))
    bad.append((f"abs(try_cast(x_cost AS {MONEY})) > {MONEY_LIMIT}", "cost is absurd"))
    typed["c_tags"] = _tags(form, values)
    return raw, typed, bad


def _typed(name: str, kind: str) -> str:
    if name == "currency":
        # An amount without a currency is USD.
        return f"upper(coalesce(x_{name}, 'USD'))"
    return f"x_{name}" if kind == "VARCHAR" else f"try_cast(x_{name} AS {kind})"


def _tags(form: Format, values: Values) -> str:
    entries = {
        name.removeprefix("tags."): values.text(expression)
        for name, expression in form.row.items()
        if name.startswith("tags.")
    }
    texts = [values.documents.text(path) for path in form.tags]
    if not entries and not texts:
        return "CAST(NULL AS MAP(VARCHAR, VARCHAR))"
    return merged_map(entries, texts)


def insert(connection: duckdb.DuckDBPyConnection, source: str) -> dict[int, int]:
    """Move the lines in the temp table `staged` into `billing`; return how many were new per ingest.

    A line has no id. Equal lines of one export all count; the same export again, or one that overlaps it, adds only
    what is new, by the number of equal lines.
    """
    names = ", ".join([*PLAIN, "tags"])
    concat = ", ".join(
        f"'|', coalesce(CAST({name} AS VARCHAR), chr(30))" for name in [*PLAIN, "tags"]
    )
    known = (
        f"SELECT md5(concat({concat})) AS content, "
        f"row_number() OVER (PARTITION BY md5(concat({concat}))) AS number FROM billing"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT ingest_id, rn, "
        f"{names} FROM (SELECT *, row_number() OVER (PARTITION BY ingest_id, content ORDER BY rn, sub) "
        "AS number FROM staged WHERE kind = 'row') s "
        f"ANTI JOIN ({known}) k ON s.content = k.content AND s.number = k.number "
        "QUALIFY row_number() OVER (PARTITION BY s.content, s.number ORDER BY ingest_id) = 1"
    )
    connection.execute(
        f"INSERT INTO billing (source, ingest_id, source_line, {names}) "
        f"SELECT $source, ingest_id, rn, {names} FROM fresh",
        {"source": source},
    )
    rows = connection.execute("SELECT ingest_id, count(*) FROM fresh GROUP BY 1").fetchall()
    connection.execute("DROP TABLE fresh")
    return {row[0]: row[1] for row in rows}
