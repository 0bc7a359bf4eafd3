"""The macros of statements that read records."""

import re

from costctl.store import compile_tags

PREFIX_START = 4096
"""Characters of the first prefix step; each next step doubles."""

MACROS = f"""
CREATE OR REPLACE TEMP MACRO parsed_json(text) AS
    CASE WHEN text LIKE '{{%' OR text LIKE '[%' THEN try_cast(text AS JSON) END;
CREATE OR REPLACE TEMP MACRO plain_text(text) AS
    coalesce(CASE WHEN text LIKE '"%"' THEN json_extract_string(try_cast(text AS JSON), '$') END, text);
CREATE OR REPLACE TEMP MACRO parsed_text(text) AS coalesce(parsed_json(text), CASE WHEN text LIKE '"%' THEN
    coalesce(parsed_json(plain_text(text)), try_cast('{{' || text || '}}' AS JSON)) END);
CREATE OR REPLACE TEMP MACRO sse_events(text) AS list_filter(
    list_transform(regexp_extract_all(text, '(?m)^data:\\s*(\\{{.*\\}})\\s*$', 1), lambda e: try_cast(e AS JSON)),
    lambda e: e IS NOT NULL);
CREATE OR REPLACE TEMP MACRO count_at(doc, place) AS try_cast(json_extract_string(doc, place) AS BIGINT);
CREATE OR REPLACE TEMP MACRO sse_whole(begun, ended) AS CASE WHEN begun IS NOT NULL THEN json_merge_patch(begun, json_object('stop_reason',
    json_extract_string(ended, '/delta/stop_reason'), 'usage', json_object(
    'output_tokens', count_at(ended, '/usage/output_tokens'),
    'input_tokens', coalesce(count_at(ended, '/usage/input_tokens'), count_at(begun, '/usage/input_tokens')),
    'cache_read_input_tokens', coalesce(count_at(ended, '/usage/cache_read_input_tokens'),
        count_at(begun, '/usage/cache_read_input_tokens')),
    'cache_creation_input_tokens', coalesce(count_at(ended, '/usage/cache_creation_input_tokens'),
        count_at(begun, '/usage/cache_creation_input_tokens'))))) END;
CREATE OR REPLACE TEMP MACRO sse_best(events) AS coalesce(
    json_extract(list_filter(events, lambda e: json_extract_string(e, '/response/usage') IS NOT NULL)[-1], '/response'),
    sse_whole(json_extract(list_filter(events, lambda e: json_extract_string(e, '/type') = 'message_start')[1], '/message'),
        list_filter(events, lambda e: json_extract_string(e, '/type') = 'message_delta')[-1]),
    list_filter(events, lambda e: json_extract_string(e, '/usage') IS NOT NULL)[-1],
    json_extract(list_filter(events, lambda e: json_extract_string(e, '/response/id') IS NOT NULL)[-1], '/response'),
    events[-1]);
CREATE OR REPLACE TEMP MACRO parsed_sse(text) AS coalesce(parsed_text(text), sse_best(sse_events(text)));
CREATE OR REPLACE TEMP MACRO object_at(doc, place) AS coalesce(
    CASE WHEN json_type(json_extract(doc, place)) = 'OBJECT' THEN json_extract(doc, place) END,
    parsed_text(json_extract_string(doc, place)));
CREATE OR REPLACE TEMP MACRO sum_map(pairs) AS map_from_entries(list_filter(
    list_transform(list_distinct(list_transform(pairs, lambda e: e.k)),
        lambda name: {{'k': name, 'v': CAST(CAST(list_sum(list_transform(list_filter(pairs, lambda e: e.k = name),
            lambda e: try_cast(e.v AS DECIMAL(38, 9)))) AS HUGEINT) AS VARCHAR)}}),
    lambda e: e.k IS NOT NULL));
CREATE OR REPLACE TEMP MACRO keyed_hash(secret, text) AS sha256(secret || text);
CREATE OR REPLACE TEMP MACRO prefix_steps(secret, text) AS CASE WHEN text IS NOT NULL THEN list_transform(
    list_filter(list_transform(range(24), lambda i: CAST({PREFIX_START} * pow(2, i) AS BIGINT)), lambda n: n <= length(text)),
    lambda n: sha256(secret || left(text, n))) END;
"""

_NAME = re.compile(r"TEMP MACRO (\w+)\(")


def _each() -> dict[str, str]:
    texts = (compile_tags.MACROS + MACROS).split(";\n")
    return {found[1]: text for text in texts if (found := _NAME.search(text))}


def macros_for(statement: str) -> list[str]:
    """Return what makes the macros that a statement calls, those that others call first.

    Each costs the engine a millisecond, and most formats need few. A rollback takes them back, so they are made
    for every statement anew.
    """
    made: dict[str, str] = {}
    _collect(statement, _each(), made)
    return list(made.values())


def _collect(text: str, known: dict[str, str], made: dict[str, str]) -> None:
    for name, sql in known.items():
        if name not in made and f"{name}(" in text:
            _collect(sql.replace(f"{name}(", "", 1), known, made)
            made[name] = sql
