"""Logger output: a prefix of any form, then a Python dict or a JSON object."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence

NEEDED = "prompt_tokens"
DEEPEST = 4
"""How many opening braces of a line are tried; a prefix rarely has one of its own."""

TEXT_OR_WORD = re.compile(r"'([^']*)'|[A-Za-z]\w+")
WORDS = {"True": "true", "False": "false", "None": "null"}


def records(
    lines: Iterable[str], needed: Sequence[str] = (NEEDED,)
) -> Iterator[tuple[int, str, str | None]]:
    """Yield (line number, line, JSON text or None) per line; None where the line holds no usage record.

    A record has one of the needed keys.
    A dict representation is read with `ast.literal_eval`, which evaluates literals only.
    """
    for number, line in enumerate(lines, start=1):
        yield number, line, _record(line, needed)


def _record(line: str, needed: Sequence[str]) -> str | None:
    if not any(name in line for name in needed):
        return None
    start = -1
    for _ in range(DEEPEST):
        start = line.find("{", start + 1)
        if start < 0:
            return None
        found = _object(line[start:].rstrip(), needed)
        if found is not None:
            return found
    return None


def _object(text: str, needed: Sequence[str]) -> str | None:
    value = _literal(text)
    if not isinstance(value, dict):
        return None
    if any(name in value for name in needed):
        return json.dumps(value, default=str, allow_nan=True)
    message = value.get("message")
    return _record(message, needed) if isinstance(message, str) else None


def _literal(text: str) -> object:
    """Return what the text says as JSON, or else as a Python literal; text after the last brace is dropped."""
    end = text.rfind("}") + 1
    if not end:
        return None
    try:
        return json.loads(text[:end])
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_as_json(text[:end]))
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text[:end])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _as_json(text: str) -> str:
    """Return the usual form of a Python literal as JSON, which is read ten times faster.

    Raises `ValueError` for what might mean something else in JSON: escapes, and texts in double quotes.
    """
    if '"' in text or "\\" in text:
        raise ValueError
    return TEXT_OR_WORD.sub(_json_token, text)


def _json_token(found: re.Match[str]) -> str:
    text = found[1]
    if text is not None:
        return f'"{text}"'
    try:
        return WORDS[found[0]]
    except KeyError:
        raise ValueError from None  # such as the `null` of JSON, which is none of Python's words
