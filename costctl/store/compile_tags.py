"""Tags and units of a record: lists of keys and values that become one map."""

from collections.abc import Mapping, Sequence

from costctl.store.compile_tree import lit


def entry(key: str, value: str) -> str:
    """Return a list of one key and value, or an empty one where the value is NULL."""
    return f"list_filter([{{'k': {key}, 'v': {value}}}], lambda e: e.v IS NOT NULL)"


def fixed_map(entries: Mapping[str, str]) -> str:
    """Return values under fixed keys as a map, NULL where all are NULL; what no record has costs nothing."""
    if len(entries) == 1:
        ((key, value),) = entries.items()
        return f"CASE WHEN {value} IS NOT NULL THEN MAP([{lit(key)}], [{value}]) END"
    listed = ", ".join(
        f"{{'k': {lit(key)}, 'v': {value}}}" for key, value in sorted(entries.items())
    )
    some = " OR ".join(f"{value} IS NOT NULL" for value in entries.values())
    return (
        f"CASE WHEN {some} THEN map_from_entries(list_filter([{listed}], "
        "lambda e: e.v IS NOT NULL)) END"
    )


def merged_map(entries: Mapping[str, str], texts: Sequence[str]) -> str:
    """Return values under fixed keys, and tags, as one map; a key that occurs twice gets its values sorted and joined.

    Each text holds tags as a JSON map (nested keys joined by dots) or list (`key:value`, `key=value`, bare words).
    """
    lists = [entry(lit(key), value) for key, value in entries.items()]
    if len(texts) == 1:
        lists.append(f"tag_entries({texts[0]})")
    elif texts:
        # The engine plans what to do with a text only once.
        listed = ", ".join(texts)
        lists.append(f"flatten(list_transform([{listed}], lambda tags: tag_entries(tags)))")
    return f"tag_map(list_concat({', '.join(lists)}))" if len(lists) > 1 else f"tag_map({lists[0]})"


MACROS = """
CREATE OR REPLACE TEMP MACRO tag_pair(word) AS CASE
    WHEN regexp_matches(word, '^[^:=]+[:=]')
    THEN {'k': regexp_extract(word, '^([^:=]+)[:=]', 1), 'v': regexp_extract(word, '^[^:=]+[:=](.*)$', 1)}
    ELSE {'k': word, 'v': 'true'} END;
CREATE OR REPLACE TEMP MACRO json_at(doc, key) AS
    json_extract(doc, '/' || replace(replace(key, '~', '~0'), '/', '~1'));
CREATE OR REPLACE TEMP MACRO flat_1(doc, prefix) AS
    list_transform(CAST(json_keys(doc) AS VARCHAR[]), lambda a: {'k': prefix || a, 'j': json_at(doc, a)});
CREATE OR REPLACE TEMP MACRO flat_more(list) AS
    flatten(list_transform(list, lambda e: CASE WHEN json_type(e.j) = 'OBJECT'
        THEN list_transform(CAST(json_keys(e.j) AS VARCHAR[]), lambda b: {'k': e.k || '.' || b, 'j': json_at(e.j, b)}) ELSE [e] END));
CREATE OR REPLACE TEMP MACRO json_words(doc) AS CAST(json_extract_string(doc, '$[*]') AS VARCHAR[]);
CREATE OR REPLACE TEMP MACRO tag_entries_of(doc) AS CASE json_type(doc)
    WHEN 'OBJECT' THEN list_filter(
        list_transform(flat_more(flat_more(flat_1(doc, ''))), lambda e: {'k': e.k, 'v': json_extract_string(e.j, '$')}),
        lambda e: e.v IS NOT NULL AND e.v NOT IN ('', '{}', '[]'))
    WHEN 'ARRAY' THEN list_transform(list_filter(json_words(doc), lambda w: w IS NOT NULL AND w <> ''), lambda w: tag_pair(w))
    ELSE CAST([] AS STRUCT(k VARCHAR, v VARCHAR)[]) END;
CREATE OR REPLACE TEMP MACRO tag_entries(text) AS
    tag_entries_of(CASE WHEN text LIKE '{%' OR text LIKE '[%' THEN try_cast(text AS JSON) ELSE CAST('0' AS JSON) END);
CREATE OR REPLACE TEMP MACRO tag_map(entries) AS list_transform([entries], lambda es: CASE WHEN len(es) > 0 THEN map_from_entries(
    list_transform(list_sort(list_distinct(list_transform(es, lambda e: e.k))), lambda name: {
        'k': name,
        'v': array_to_string(list_sort(list_distinct(
            list_transform(list_filter(es, lambda e: e.k = name), lambda e: e.v))), ',')})) END)[1];
"""
