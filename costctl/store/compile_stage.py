"""The statement that reads any record of a format, layer by layer, with line numbers, refusals and skips."""

from collections.abc import Collection, Mapping

from costctl.formats._base import Expression, Format
from costctl.store.compile import Statement
from costctl.store.compile_paths import (
    Document,
    Documents,
    NeedsWholeError,
    structure,
)
from costctl.store.compile_tree import lit, pointer, quoted
from costctl.store.compile_unfold import exploded, keyed_lists
from costctl.store.compile_values import Values

KINDS = "ENUM('row', 'skipped', 'rejected', 'unsure')"
"""What becomes of a record, as the type of its column."""

COPY_PAUSE = 1_000_000
"""Microseconds between two records that nobody writes in one go."""


def stage_select(
    statement: Statement,
    source: str,
    *,
    key: str,
    endpoint: str | None = None,
    with_text: bool = False,
    also: Mapping[str, str] | None = None,
) -> str:
    """Return the statement over `source`.

    A record that a direct statement cannot tell has the kind `unsure`: the thorough statement tells it.

    Args:
        statement: the compiled format.
        source: SQL of a relation (ingest_id, rn, doc), where doc is JSON and NULL where the line is none; of a direct
            statement a reader of structs, whose records then have neither file nor number yet.
        key: secret for hashes of prompt text.
        endpoint: SQL over the typed layer that overrides the endpoint.
        with_text: also give the prompt as `prompt_text`.
        also: more columns, as SQL over the layers.
    """
    direct = statement.documents.levels[0].direct
    ctes = [_structs(statement.documents, source) if direct else _records(source)]
    last = document_layers(statement.form, statement.documents, ctes)
    for number, columns in enumerate(_copies(statement)):
        last = layer(ctes, f"copies{number}", last, columns, window=True)
    last = layer(ctes, "words", last, statement.values.columns(), window=True)
    # The prompt is looked up once: the engine plans every place where it stands.
    prompt = {"x_prompt": _prompt(statement)} if _hashes(statement, key) or with_text else {}
    last = layer(ctes, "raw", last, statement.layers.raw | prompt | _tests(statement), window=True)
    last = layer(ctes, "typed", last, statement.layers.typed)
    last = layer(ctes, "classes", last, statement.layers.classes)
    columns = dict(statement.columns)
    if endpoint is not None:
        columns["endpoint"] = endpoint
    columns |= _hashes(statement, key)
    if with_text:
        columns["prompt_text"] = "x_prompt"
    if statement.form.newest:
        columns["newest"] = statement.values.text(statement.form.newest)
    if statement.stranger:
        columns["stranger"] = statement.stranger
    if statement.form.leaf is not None:
        columns |= {"leaf_id": "leaf_id", "leaf_parent": "leaf_parent"}
    columns |= also or {}
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    kind = _kind(statement.documents.unsure if direct else ())
    return (
        f"WITH {', '.join(ctes)} SELECT ingest_id, rn, sub, {kind} AS kind, CASE WHEN is_object THEN reason END AS reason, "
        f"k_mismatch AS mismatch, part AS incomplete, {statement.key} AS event_key, {listed} FROM {last}"
    )


def _kind(unsure: Collection[str]) -> str:
    """Return what becomes of a record; a number and no text, since each step asks it of every record."""
    whens = {
        " OR ".join(dict.fromkeys(unsure)): "unsure",
        "NOT is_object": "rejected",
        "NOT kept": "skipped",
        "reason IS NOT NULL": "rejected",
    }
    told = " ".join(f"WHEN {test} THEN {lit(kind)}" for test, kind in whens.items() if test)
    return f"CAST(CASE {told} ELSE 'row' END AS {KINDS})"


def _records(source: str) -> str:
    return (
        "l AS (SELECT ingest_id, rn, CAST(0 AS BIGINT) AS sub, coalesce(json_type(doc) = 'OBJECT', false) AS is_object, "
        f"CASE WHEN json_type(doc) = 'OBJECT' THEN doc END AS d_0 FROM ({source}))"
    )


def _structs(documents: Documents, source: str) -> str:
    """Return the lines as structs; a line that is no object looks like one without any of the wanted fields."""
    names = [quoted(name) for name in documents.levels[0].tree.nodes]
    if not names:
        raise NeedsWholeError
    documents.unsure += [
        "nothing",
        *(f"amiss_{inner.name}" for inner in documents.levels[1:] if inner.direct),
    ]
    if documents.form.unwrap:
        documents.unsure.append(f"NOT ({_itself(documents.form, documents)})")
    nothing = " AND ".join(f"{name} IS NULL" for name in names)
    packed = ", ".join(f"{name} := {name}" for name in names)
    return (
        "l AS (SELECT CAST(0 AS INTEGER) AS ingest_id, CAST(0 AS BIGINT) AS rn, CAST(0 AS BIGINT) AS sub, true AS is_object, "
        f"({nothing}) AS nothing, struct_pack({packed}) AS s_0 FROM {source})"
    )


def layer(
    ctes: list[str], name: str, last: str, columns: dict[str, str], *, window: bool = False
) -> str:
    """Add a CTE that adds columns to the last one; return its name."""
    if not columns:
        return last
    listed = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
    clause = (
        " WINDOW in_file AS (PARTITION BY ingest_id ORDER BY rn, sub)"
        if window and "in_file" in listed
        else ""
    )
    ctes.append(f"{name} AS (SELECT *, {listed} FROM {last}{clause})")
    return name


def document_layers(form: Format, documents: Documents, ctes: list[str]) -> str:
    """Add the CTEs that make each document and its struct; return the name of the last."""
    last = "l"
    for number, level in enumerate(documents.levels):
        if level.name == "w":
            last = _unwrapped(form, documents, ctes, last, number)
        elif level.name != "u" and number > 0:
            outer = documents.levels[number - 1]
            ctes += exploded(form.explode[number - 1], outer, level, last)
            last = f"e{level.name}"
        if not level.direct:
            last = layer(ctes, f"s{level.name}", last, {f"s_{level.name}": structure(level)})
        for parsed in _parsed_of(documents, level):
            last = layer(ctes, f"dp{parsed.name}", last, {f"d_{parsed.name}": _parsed(parsed)})
            last = layer(ctes, f"sp{parsed.name}", last, {f"s_{parsed.name}": structure(parsed)})
        # What is asked of an enclosing document is asked before it is unfolded: once, not once for each of its parts.
        asked = _line_tests(form, documents) if number == 0 else {}
        climbs = len(documents.levels) - 1 - number
        last = layer(ctes, f"a{level.name}", last, asked | keyed_lists(documents, climbs))
    return last


def _line_tests(form: Format, documents: Documents) -> dict[str, str]:
    """Return whether a line is to be read at all, and whether it says that pages are missing."""
    values = Values(documents.from_level(0))
    return {
        "of_format": values.test(form.lines),
        "part": values.test(form.incomplete) if form.incomplete is not None else "false",
    }


def _parsed_of(documents: Documents, level: Document) -> list[Document]:
    """Return the parsed texts below a level, outer ones first."""
    found = []
    for parsed in documents.parsed:
        outer = parsed.outer
        while outer is not None and outer.outer is not None:
            outer = outer.outer
        if outer is level:
            found.append(parsed)
    return found


def _parsed(parsed: Document) -> str:
    assert parsed.outer is not None  # noqa: S101 - a parsed text stands in a document
    read = "parsed_sse" if parsed.sse else "parsed_text"
    texts = parsed.texts or ((parsed.outer, parsed.keys),)
    found = [f"{read}({document.text(keys)})" for document, keys in texts]
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"


def _unwrapped(form: Format, documents: Documents, ctes: list[str], last: str, number: int) -> str:
    """Take what stands in a wrapper, unless the record itself is one of the format."""
    seen = documents.from_level(number - 1)
    outer = f"d_{seen.levels[-1].name}"
    inner = ", ".join(f"object_at({outer}, {pointer(p.keys)})" for p in form.unwrap)
    found = f"CASE WHEN NOT ({_itself(form, seen)}) THEN coalesce({inner}) END"
    last = layer(ctes, "dv", last, {"d_v": found})
    wrapper = f"CASE WHEN d_v IS NOT NULL THEN {outer} END"
    return layer(ctes, "du", last, {"d_w": wrapper, "d_u": f"coalesce(d_v, {outer})"})


def _itself(form: Format, documents: Documents) -> str:
    """Return the test that a record is one of the format, and no wrapper of one."""
    values = Values(documents)
    known = [values.test(form.keep)] if form.keep is not None else []
    rule = form.recognise
    if rule is not None:
        tests = [documents.present(p) for p in rule.has]
        if rule.has_any:
            tests.append("(" + " OR ".join(documents.present(p) for p in rule.has_any) + ")")
        tests += [values.test(rule.test)] if rule.test else []
        known += ["(" + " AND ".join(tests) + ")"] if tests else []
    return " OR ".join(known) or "false"


def _copies(statement: Statement) -> list[dict[str, str]]:
    """Return whether a record is another file's: what stands before the first pause of a file that begins so."""
    copies = statement.form.copies
    if copies is None:
        return []
    at = f"epoch_us(try_cast({statement.documents.text(copies.time)} AS TIMESTAMPTZ))"
    begins = f"first_value({statement.values.test(copies.when)}) OVER in_file"
    paused = f"coalesce({at} - lag({at} IGNORE NULLS) OVER in_file > {COPY_PAUSE}, false)"
    return [
        {"begins_copied": begins, "paused": paused},
        {
            "copied": "(begins_copied AND NOT bool_or(paused) OVER (in_file ROWS UNBOUNDED PRECEDING))"
        },
    ]


def _tests(statement: Statement) -> dict[str, str]:
    """Return whether a record is a call, and where it stands in a tree of records."""
    form, values, documents = statement.form, statement.values, statement.documents
    line = documents.levels[-1]
    kept = [f"{'s' if line.direct else 'd'}_{line.name} IS NOT NULL"]
    if form.lines is not None:
        kept.append("of_format")
    if form.keep is not None:
        kept.append(values.test(form.keep))
    if form.skip is not None:
        kept.append(f"NOT {values.test(form.skip)}")
    if form.copies is not None:
        kept.append("NOT copied")
    if form.changed is not None:
        text = documents.text(form.changed)
        kept.append(
            f"({text} IS NOT NULL AND {text} IS DISTINCT FROM lag({text} IGNORE NULLS) OVER in_file)"
        )
    tests = {"kept": " AND ".join(kept)}
    if form.leaf is not None:
        tests["leaf_id"] = _joined([values.text((part,)) for part in form.leaf.id])
        tests["leaf_parent"] = _joined([values.text((part,)) for part in form.leaf.parent])
    return tests


def _joined(texts: list[str]) -> str:
    """Return parts as one text, NULL where any is missing."""
    return " || chr(31) || ".join(texts)


def _hashes(statement: Statement, key: str) -> dict[str, str]:
    expression: Expression = statement.form.text
    if not expression or statement.form.to != "usage":
        return {}
    hashes = {
        "request_hash": f"keyed_hash({lit(key)}, x_prompt)",
        "normalised_hash": f"keyed_hash({lit(key)}, regexp_replace(lower(x_prompt), '[\\s\\pZ\\pP]+', '', 'g'))",
        "prefix_hashes": f"prefix_steps({lit(key)}, x_prompt)",
    }
    # A log that brings hashes of its own knows better where its prompts are cut.
    return {name: sql for name, sql in hashes.items() if name not in statement.columns}


def _prompt(statement: Statement) -> str:
    """Return the prompt; an empty object or list is what a log without text writes, and no prompt that repeats."""
    return f"nullif(nullif({statement.values.text(statement.form.text)}, '{{}}'), '[]')"
