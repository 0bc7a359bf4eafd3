"""JSON that is not one value a line: arrays, pretty-printed and concatenated objects, and tables of rows."""

import json
import re
from collections.abc import Iterator

WHITE = re.compile(r"[ \t\r\n]*")
BREAKS = re.compile(r"[\r\n]+")
TABLES = re.compile(r'\s*\{\s*"tables"\s*:\s*\[')
"""How the answer of a query begins: `{"tables": [{"columns": [{"name": ...}], "rows": [[...]]}]}`."""


def records(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the values of a text as `values` does, and of the answer of a query each row as an object."""
    for line, document, reason in values(text):
        rows = _rows(document) if not reason and TABLES.match(document) else None
        if rows is None:
            yield line, document, reason
        for row in rows or ():
            yield line, json.dumps(row, ensure_ascii=False), ""


def _rows(document: str) -> list[dict[str, object]] | None:
    """Return the rows of all tables, None where they are none."""
    try:
        tables = json.loads(document)["tables"]
        return [
            dict(zip([column["name"] for column in table["columns"]], row, strict=False))
            for table in tables
            for row in table["rows"]
        ]
    except (KeyError, TypeError):
        return None


def values(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, value as it stands on one line, reason) per top-level value or array element.

    The text of a value is a slice of the source, so numbers keep their digits. Where the text breaks off or is
    no JSON, the last item carries what is left and a reason; the reason is empty otherwise.
    """
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    at, line, counted = 0, 1, 0
    in_array = False
    while True:
        at = _white(text, at)
        # Objects cut out of an array keep their commas.
        if text[at : at + 1] == ",":
            at = _white(text, at + 1)
        if in_array and text[at : at + 1] == "]":
            in_array, at = False, at + 1
            continue
        if at >= len(text):
            if in_array:
                yield line, text[-200:], "array breaks off"
            return
        line += text.count("\n", counted, at)
        counted = at
        if text[at] == "[" and not in_array:
            in_array, at = True, at + 1
            continue
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield line, text[at : at + 200], "not JSON"
            return
        yield line, BREAKS.sub(" ", text[at:end]), ""
        at = end


def _white(text: str, at: int) -> int:
    found = WHITE.match(text, at)
    return found.end() if found else at
