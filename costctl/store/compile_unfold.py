"""Arrays of records unfolded to the records in them, and keyed lists as columns in which names are looked up."""

import json

from costctl.formats._base import Attributes, Explode, Path
from costctl.store.compile_direct import OTLP, entry_tree
from costctl.store.compile_paths import Document, Documents, attributes_column
from costctl.store.compile_tree import lit, quoted

PLACES = 1_000_000
"""Places of an array that have a number of their own in `sub`."""


def first_sub(levels: int) -> int:
    """Return what `sub` is for the first record of each line; no other has it."""
    return sum(PLACES**level for level in range(levels))


def exploded(explode: Explode, outer: Document, level: Document, last: str) -> list[str]:
    """Return the CTEs that unfold an array to its elements, and an object to its values.

    A record without either stays or vanishes.
    """
    name, known = level.name, outer.structs(explode.path.keys)
    if known is None:
        columns = f"{_items(explode, outer)} AS items_{name}"
    else:
        # What is no array may be an object, or nothing: only the whole document would tell.
        amiss = f"(s_{outer.name} IS NOT NULL AND {known} IS NULL) AS amiss_{name}"
        columns = (
            f"CASE WHEN len({known}) > 0 THEN {known} ELSE [NULL] END AS items_{name}, {amiss}"
        )
    unfolded = (
        f"unnest(items_{name}) AS {'s' if level.direct else 'd'}_{name}, "
        f"sub * {PLACES} + generate_subscripts(items_{name}, 1) AS sub"
    )
    return [
        f"i{name} AS (SELECT *, {columns} FROM {last})",
        f"e{name} AS (SELECT * EXCLUDE (sub), {unfolded} FROM i{name})",
    ]


def _items(explode: Explode, outer: Document) -> str:
    array = outer.value(explode.path.keys)
    found = f"json_transform({array}, '[\"JSON\"]')"
    none = "[CAST(NULL AS JSON)]"
    alone = f"[d_{outer.name}]" if explode.or_self else none
    inside = f"[{array}]" if explode.or_self else f"json_extract({array}, '$.*')"
    items = (
        f"CASE json_type({array}) WHEN 'ARRAY' THEN CASE WHEN len({found}) > 0 THEN {found} ELSE {none} END "
        f"WHEN 'OBJECT' THEN CASE WHEN len({inside}) > 0 THEN {inside} ELSE {none} END ELSE {alone} END"
    )
    known = outer.elements(explode.path.keys)
    if known is not None:
        # An array has been parsed with the document; only what is none is looked at again.
        items = f"CASE WHEN {known} IS NULL THEN {items} WHEN len({known}) > 0 THEN {known} ELSE {none} END"
    return items


def keyed_lists(documents: Documents, climbs: int) -> dict[str, str]:
    """Return the columns of the keyed lists in the documents that so many steps up lead to."""
    return {
        attributes_column(name): _keyed_list(documents, a)
        for name, a in documents.form.attributes.items()
        if a.list.up == climbs
    }


def _keyed_list(documents: Documents, attributes: Attributes) -> str:
    if attributes.objects:
        return _keyed_objects(documents, attributes)
    value = f"e.{quoted(attributes.value)}"
    if attributes.typed == "otlp":
        parts = (f"CAST({value}.{name} AS VARCHAR)" for name in OTLP)
        value = f"coalesce({', '.join(parts)})"
    found = documents.locate(attributes.list)
    entries = found[0].structs(found[1]) if found else None
    source = entries
    if entries is None:
        source = documents.value(attributes.list)
        shape = json.dumps([entry_tree(attributes).structure()])
        entries = f"json_transform({source}, {lit(shape)})"
    name = f"e.{quoted(attributes.key)}"
    if attributes.typed != "sum":
        # To look a name up among eight takes no longer than in a map of them, and to make the map takes three times as long.
        return f"struct_pack(k := list_transform({entries}, lambda e: {name}), v := list_transform({entries}, lambda e: {value}))"
    pairs = f"list_transform({entries}, lambda e: {{'k': {name}, 'v': {value}}})"
    # Few records have some of these lists: the others shall cost nothing.
    return f"CASE WHEN {source} IS NOT NULL THEN sum_map({pairs}) END"


def _keyed_objects(documents: Documents, attributes: Attributes) -> str:
    """Return the names and values of objects, one after another: of a name that occurs twice the first one is found."""
    maps = [_as_map(documents.value(path)) for path in attributes.objects]
    names = [f"map_keys({one})" for one in maps]
    if attributes.flat:
        record = _as_map(documents.value(Path(())))
        begins, size = lit(attributes.flat), len(attributes.flat) + 1
        named = f"CASE WHEN starts_with(n, {begins}) THEN substr(n, {size}) END"
        names.append(f"list_transform(map_keys({record}), lambda n: {named})")
        maps.append(record)
    values = [f"map_values({one})" for one in maps]
    return f"struct_pack(k := {_concat(names)}, v := {_concat(values)})"


def _as_map(json_sql: str) -> str:
    return f"json_transform({json_sql}, '\"MAP(VARCHAR, VARCHAR)\"')"


def _concat(lists: list[str]) -> str:
    return lists[0] if len(lists) == 1 else f"list_concat({', '.join(lists)})"
