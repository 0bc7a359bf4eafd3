"""Values that only budget files have: thresholds, durations, periods, scopes."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from costctl.budgets.model import PERIODS, Level, Period
from costctl.errors import nearest
from costctl.vocabulary import DIMENSIONS, Condition
from costctl.yaml_file import NUMBER, Reader, share_of
from costctl.yaml_tree import Node

DURATION = re.compile(r"([1-9][0-9]*)([hdw])")
HOURS = {"h": 1, "d": 24, "w": 168}
MOST = Decimal(10)
"""1000 %: a larger share of a limit is a slip of the pen."""


def amount(reader: Reader, key: str) -> Decimal | None:
    """Return money that must be there; 0 is allowed, null is not."""
    node = (reader.node.entries or {}).get(key)
    if node is not None and node.is_null:
        reader.asked.add(key)
        reader.bad(node, f"{key}: {node.text or 'null'!r} is no amount; write one such as 3200.00")
        return None
    return reader.number(key, required=True)


def level(reader: Reader, key: str) -> Level | None:
    """Return a threshold: `"80%"` of the limit, or money."""
    node = reader.get(key)
    if node is None:
        return None
    text = node.text or ""
    if NUMBER.fullmatch(text):
        return Level(Decimal(text), of_limit=False, line=node.line)
    share = share_of(text) if text.endswith("%") else None
    if share is None:
        reader.bad(node, f'{key}: {shown(node)} is no threshold; write "80%" or 1400.00')
        return None
    if share > MOST:
        reader.bad(node, f"{key}: {text} is above 1000%; write a share of the limit such as 80%")
        return None
    return Level(share, of_limit=True, line=node.line)


def ratio(reader: Reader, key: str, *, shares: bool) -> Decimal | None:
    """Return a threshold of a unit metric: a share where the metric is one, else a number."""
    if not shares:
        return reader.number(key)
    value = reader.share(key)
    node = reader.get(key)
    if value is not None and node is not None and value > 1:
        reader.bad(node, f'{key}: {shown(node)} is above 1; write 0.4 or "40%"')
        return None
    return value


def duration(reader: Reader, key: str, default: timedelta | None) -> timedelta | None:
    """Return a length of time such as 36h, 7d or 2w."""
    node = reader.get(key)
    if node is None:
        return default
    found = DURATION.fullmatch(node.text or "")
    if found is None:
        reader.bad(node, f"{key}: {shown(node)} is no length of time; write 36h, 7d or 2w")
        return default
    return timedelta(hours=int(found[1]) * HOURS[found[2]])


def count(reader: Reader, key: str, default: int) -> int:
    """Return a whole number."""
    node = reader.get(key)
    if node is None:
        return default
    if not NUMBER.fullmatch(node.text or "") or "." in (node.text or ""):
        reader.bad(node, f"{key}: {shown(node)} is no whole number; write one such as 500")
        return default
    return int(node.text or "")


def match(reader: Reader) -> tuple[Condition, ...]:
    """Return the scope of a budget: keys are AND, a list is OR, `!` negates."""
    scope = reader.mapping("match")
    if scope is None:
        return ()
    conditions = []
    for key in scope.keys():  # noqa: SIM118 - a method of the reader, in order of lines
        patterns = scope.texts(key)
        if not known_dimension(key):
            node = scope.node.entries[key] if scope.node.entries else scope.node
            near = nearest(key, DIMENSIONS)
            reader.bad(node, f"match.{key}: no such dimension{near}; tags are tag.<key>")
        elif patterns:
            conditions.append(Condition(key, patterns))
        else:
            reader.bad(scope.node, f"match.{key}: no pattern; write a name, a glob or a list")
    return tuple(conditions)


def known_dimension(name: str) -> bool:
    """Return whether usage can be grouped and filtered by this."""
    return name in DIMENSIONS or (name.startswith("tag.") and name != "tag.")


def period(reader: Reader) -> Period:
    """Return a period by name or by its two ends."""
    node = reader.get("period")
    if node is None:
        return Period("month")
    if node.entries is None:
        name = reader.text("period", "month", choices=PERIODS)
        return Period(name or "month")
    ends = reader.mapping("period")
    since, until = (moment(ends, key) for key in ("from", "to")) if ends else (None, None)
    if ends:
        ends.done()
    if since and until and until <= since:
        reader.bad(node, f"period: to ({until:%Y-%m-%d}) must be after from ({since:%Y-%m-%d})")
    return Period("from-to", since, until)


def moment(reader: Reader, key: str) -> datetime | None:
    """Return a local time from a day or a day and time."""
    node = reader.get(key, required=True)
    if node is None:
        return None
    try:
        if len(node.text or "") == len("2026-11-01"):
            return datetime.combine(date.fromisoformat(node.text or ""), time())
        found = datetime.fromisoformat(node.text or "")
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        reader.bad(node, f"{key}: {shown(node)} is no day; write 2026-11-01 or 2026-11-01T06:00")
        return None
    return found


def shown(node: Node) -> str:
    """Return what stands in the file, for a message."""
    return repr(node.text) if node.text is not None else f"a {node.kind}"
