"""A log format, compiled to the statement that reads it."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from costctl.formats._base import Format, Identity
from costctl.record import BY_NAME, PLACEHOLDER_IDS, PROVENANCE, USAGE
from costctl.store.compile_direct import read_directly
from costctl.store.compile_identity import (
    BREAK,
    EARLIEST,
    LATEST,
    MOST_INPUT,
    MOST_OUTPUT,
    any_cost,
    any_counts,
    any_time,
    content_key,
    known_id,
)
from costctl.store.compile_paths import Documents
from costctl.store.compile_rows import UNSTORED, Layers, Rows
from costctl.store.compile_tree import lit
from costctl.store.compile_values import NULL_TEXT, Values
from costctl.store.compile_watch import stranger, want_watched
from costctl.store.schema import NARROW
from costctl.vocabulary import OF_WHICH, TOKEN_CLASSES

CONTENT = (
    "endpoint",
    "requested_model",
    "occurred_at",
    "input_uncached",
    "output",
    "logged_cost_usd",
)
"""Columns that every content identity has; the others only where they are not at their default."""

LONG_ID = 16
"""Characters of an id that is longer than every placeholder, spaces around it included."""


@dataclass(frozen=True)
class Statement:
    """What reads a format.

    Attributes:
        documents: the documents of a record.
        layers: its columns.
        columns: stored column -> SQL over the layers, without identity and provenance.
        key: SQL of `event_key`; NULL where only an occurrence number can tell equal rows apart is never the case:
            its last bit says whether an equal row is the same call (1) or another one (0).
        content: whether the identity is the content for every record.
        stranger: SQL of the test that a line may be of another format; empty where that is not asked.
    """

    form: Format
    documents: Documents
    values: Values
    layers: Layers
    columns: dict[str, str]
    key: str
    content: bool
    stranger: str = ""


def compile_format(
    form: Format, *, tz: str = "UTC", direct: bool = False, watched: bool = False
) -> Statement:
    """Return the pieces of SQL that read a format.

    Args:
        form: the format.
        tz: the zone of times that carry none.
        direct: for a reader that gives each line as a struct, see `loading_direct`; raises `NeedsWholeError` where the
            format asks for more.
        watched: also tell which lines may be of another format, for a format that is `watchable`.
    """
    documents = Documents(form, direct=direct)
    if direct:
        read_directly(documents)
    if watched:
        want_watched(documents)
    values = Values(documents, form.constants.get("tz", tz))
    rows = Rows(form, values)
    layers = rows.layers()
    columns = _columns(form, rows, layers)
    return Statement(
        form,
        documents,
        values,
        layers,
        columns,
        _key(form, rows, columns, values),
        not form.identity.key,
        stranger(documents, values) if watched else "",
    )


def _columns(form: Format, rows: Rows, layers: Layers) -> dict[str, str]:
    columns = {
        n: f"c_{n}"
        for n in rows.columns
        if not n.startswith(("tags.", "units.")) and n not in UNSTORED
    }
    if "c_tags" in layers.typed:
        columns["tags"] = "c_tags"
    if "c_units" in layers.typed:
        columns["units"] = "c_units"
    columns |= {n: f"k_{n}" for n in _classes_filled(layers)}
    total = " + ".join(f"k_{n}" for n in TOKEN_CLASSES)
    units = " OR c_units IS NOT NULL" if "units" in columns else ""
    columns |= {
        "status": "k_status",
        "tier": "k_tier",
        "cache_hit": "k_hit",
        "tokens_known": "(k_counted OR k_hit OR k_status = 'error')",
        "billable": f"(NOT k_hit AND (({total}) > 0{units}))",
        "time_assumed_utc": "(naive AND c_occurred_at IS NOT NULL)"
        if "occurred_at" in columns
        else "false",
    }
    for name in ("status", "cache_hit"):
        if layers.classes[columns[name]] == BY_NAME[name].default:
            del columns[name]
    if form.constants.get("granularity") == "bucket":
        # A bucket without a count has an unknown one; a request is one.
        columns.setdefault("requests", "CAST(NULL AS BIGINT)")
    elif "requests" in columns:
        columns["requests"] = "coalesce(c_requests, 1)"
    _money(columns)
    if form.assumed:
        columns["assumed"] = "[" + ", ".join(lit(name) for name in form.assumed) + "]"
    return columns


def _classes_filled(layers: Layers) -> list[str]:
    """Return the token classes to store: where a format never fills one, nothing is asked for each record."""
    names = (*TOKEN_CLASSES, *OF_WHICH)
    return [n for n in names if n in CONTENT or layers.classes[f"k_{n}"] != "0"]


def _money(columns: dict[str, str]) -> None:
    """Keep USD apart from other currencies; what states no currency is USD."""
    if "logged_cost" in columns or "logged_cost_currency" in columns:
        amount = columns.get("logged_cost", columns.get("logged_cost_usd", "NULL"))
        currency = f"upper(coalesce({columns.get('logged_cost_currency', NULL_TEXT)}, 'USD'))"
        columns["logged_cost"] = amount
        columns["logged_cost_currency"] = f"CASE WHEN {amount} IS NOT NULL THEN {currency} END"
        columns["logged_cost_usd"] = f"CASE WHEN {currency} = 'USD' THEN {amount} END"


def _key(form: Format, rows: Rows, columns: dict[str, str], values: Values) -> str:
    scope = form.identity.scope or form.name
    by_content = _by_content(form, scope, rows, columns)
    if not form.identity.key:
        return by_content
    parts = _identity_parts(form.identity, values)
    by_key = (
        f"(md5_number(concat({lit(scope + chr(31) + 'id')}, {', '.join(parts)})) | 1::UHUGEINT)"
    )
    if form.merge == "sum_last":
        return by_key
    filled = " OR ".join(f"{part_text(e, values)} IS NOT NULL" for e in form.identity.key)
    return f"CASE WHEN {filled} THEN {by_key} ELSE {by_content} END"


def part_text(expression: object, values: Values) -> str:
    """Return one part of a key; a placeholder is no id."""
    text = values.text(expression)  # type: ignore[arg-type]
    words = ", ".join(lit(word) for word in PLACEHOLDER_IDS)
    # A long text is no placeholder: nearly every id is told so.
    return f"CASE WHEN strlen({text}) > {LONG_ID} THEN {text} WHEN lower(trim({text})) IN ({words}) THEN NULL ELSE {text} END"


def _identity_parts(identity: Identity, values: Values) -> list[str]:
    return [
        f"{lit(chr(31))}, coalesce({part_text(e, values)}, {lit(chr(30))})" for e in identity.key
    ]


def _by_content(form: Format, scope: str, rows: Rows, columns: dict[str, str]) -> str:
    """Return the identity by content; its last bit says whether an equal row must be the same call."""
    said = {n: sql for n, sql in columns.items() if n not in PROVENANCE | _fixed(form)}
    texts = [said.get("endpoint", NULL_TEXT), BREAK, said.get("requested_model", NULL_TEXT), BREAK]
    evidence = ["false"]
    if "request_id" in rows.columns:
        known = known_id("c_request_id", PLACEHOLDER_IDS)
        texts.append(f"CASE WHEN {known} THEN c_request_id END")
        evidence.append(known)
    if "occurred_at" in said:
        evidence.append("coalesce(epoch_us(c_occurred_at) % 1000000 <> 0, false)")
    lanes = []
    numbers = [
        any_time(said.get("occurred_at")),
        any_counts(said.get("input_uncached", "0"), said.get("output", "0")),
        any_cost(said.get("logged_cost_usd", "CAST(NULL AS DECIMAL(38, 18))")),
    ]
    for text, lane in numbers:
        texts.append(text)
        if lane is not None:
            lanes.append(lane)
    texts += _more(said)
    key = content_key(scope, texts, lanes)
    return f"(({key} & ~(1::UHUGEINT)) | CAST(({' OR '.join(evidence)}) AS UHUGEINT))"


def _more(said: dict[str, str]) -> list[str]:
    """Return the texts of columns that are not at their default."""
    texts = []
    for column in USAGE:
        if column.name in said and column.name not in CONTENT:
            value = said[column.name]
            shown = f"concat({BREAK}, {lit(f'{column.name}=')}, {_shown(column.sql_type, value)})"
            texts.append(
                f"CASE WHEN {value} IS DISTINCT FROM {column.default} THEN {shown} ELSE '' END"
            )
    return texts


def _shown(sql_type: str, value: str) -> str:
    """Return a value as something that joins a text: no list does as it is, and a 128-bit number takes its time."""
    if sql_type.endswith("[]"):
        return f"CAST({value} AS VARCHAR)"
    return f"CAST({value} AS UUID)" if sql_type == "UHUGEINT" else value


def _fixed(form: Format) -> set[str]:
    """Return the assumed columns that hold a constant: they say nothing about which call a record is."""
    fixed = {n for n, e in form.row.items() if e and all(v.constant is not None for v in e)}
    return (fixed | set(form.constants)) & set(form.assumed)


def stays_narrow(statement: Statement) -> str:
    """Return the test over staged columns that the fast way takes a record."""
    parts = ["kind = 'row'", "NOT mismatch", "(event_key & 1::UHUGEINT) = 1", "NOT bare"]
    for name in statement.columns:
        if _is_rare(name):
            parts.append(f"{name} IS NOT DISTINCT FROM {BY_NAME[name].default}")  # noqa: PERF401 - one line a column
    parts += [f"coalesce({test}, false)" for test in _of_plain_size(statement.columns)]
    return " AND ".join(parts)


def _of_plain_size(columns: Container[str]) -> Iterator[str]:
    """Yield the tests that numbers fit into their bits of an identity, and the cost into a narrow row."""
    most = {"input_uncached": MOST_INPUT, "output": MOST_OUTPUT}
    yield from (f"{name} <= {limit}" for name, limit in most.items())
    if "occurred_at" in columns:
        yield f"occurred_at BETWEEN {EARLIEST} AND {LATEST}"
    if "logged_cost_usd" in columns:
        yield NARROW.has_room("logged_cost_usd")


def _is_rare(name: str) -> bool:
    return name in BY_NAME and not BY_NAME[name].common and name != "assumed"


def bare(statement: Statement) -> str:
    """Return the test that a record has none of the texts that the format knows."""
    names = [n for n in statement.layers.raw if n.startswith(("n_", "x_"))]
    return " AND ".join(f"{n} IS NULL" for n in names) or "false"
