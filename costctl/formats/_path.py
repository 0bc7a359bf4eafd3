"""The path grammar: `usage.input`, `data[0].id`, `"a.b".c`, `data[*].id`, `^time`, `^^resource.id`, `@gen_ai.system`, `.`."""

import re
from collections.abc import Iterable

from costctl.formats._base import EACH, Path

STEP = re.compile(r'(?:^|\.)(?:"([^"]+)"|([^."\[\]]+))|\[(\d+|\*)\]')


class BadPathError(ValueError):
    """The text is no path; its message says why."""


def parse_path(text: str, prefixes: Iterable[str] = ()) -> Path:
    """Return the path that a text writes.

    Errors: `BadPathError`.
    """
    rest = text.strip()
    for prefix in sorted(prefixes, key=len, reverse=True):
        if rest.startswith(prefix):
            name = rest[len(prefix) :]
            if not name:
                raise BadPathError(f"{text!r} has no name after {prefix}")
            return Path((name,), attributes=prefix)
    up = len(rest) - len(rest.lstrip("^"))
    rest = rest[up:]
    if rest == "." or (up and not rest):
        return Path((), up)
    return Path(_keys(rest, text), up)


def _keys(rest: str, text: str) -> tuple[str | int, ...]:
    keys: list[str | int] = []
    position = 0
    while position < len(rest):
        found = STEP.match(rest, position)
        if not found or (position == 0 and rest[0] == "."):
            raise BadPathError(f'{text!r} is no path; write a.b, a[0].b, or quote a key: "a.b".c')
        quoted, plain, index = found.groups()
        if index is None:
            keys.append(quoted or plain)
        else:
            keys.append(EACH if index == "*" else int(index))
        position = found.end()
    if not keys:
        raise BadPathError("the path is empty")
    return tuple(keys)
