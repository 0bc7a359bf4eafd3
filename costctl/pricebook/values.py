"""Scalars of price files: prices, moments, weekdays and hours, each with the form it accepts."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from costctl.pricebook.facts import Block, Moment, Place
from costctl.pricebook.tables import PRICE_CLASSES
from costctl.yaml_file import NUMBER, Reader
from costctl.yaml_tree import Node

MINUTES = 1440
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MAX_DECIMALS = 9
_MAX_DIGITS = 12


def place(reader: Reader, node: Node | None = None) -> Place:
    """Return the file and line of a node, or of the mapping itself."""
    return Place(reader.problems.path, (node or reader.node).line)


def shown(node: Node) -> str:
    """Return a node as an error message quotes it."""
    return repr(node.text) if node.text is not None else f"a {node.kind}"


def price(reader: Reader, key: str) -> Decimal | None:
    """Return a price per million; `free` is 0, and 0 itself is refused."""
    node = reader.get(key)
    if node is None:
        reader.bad(reader.node, f"{key} is empty; leave the class out, or write free")
        return None
    problem = price_problem(node)
    if problem:
        reader.bad(node, f"{key}: {shown(node)}: {problem}")
        return None
    return Decimal(0) if node.text == "free" else Decimal(node.text or "")


def price_problem(node: Node) -> str:
    """Return what is wrong with a price, or an empty text."""
    text = node.text
    if text == "free":
        return ""
    if text is None or not NUMBER.fullmatch(text):
        return 'no price; write digits in quotes, such as "2.50", or free'
    if not node.quoted:
        return f'quote it: "{text}"'
    whole, _, decimals = text.partition(".")
    if len(decimals) > _MAX_DECIMALS:
        return f"more than {_MAX_DECIMALS} decimals per million"
    if len(whole) > _MAX_DIGITS:
        return f"more than {_MAX_DIGITS} digits before the point"
    return "" if Decimal(text) else "a price is above 0; write free where the vendor says so"


def block(reader: Reader, key: str) -> Block | None:
    """Return the prices of one service tier: a mapping of classes, or `free` for all of them."""
    node = reader.get(key)
    if node is None:
        reader.bad(reader.node, f"{key} is empty; leave it out, or write free")
        return None
    if node.text == "free":
        return Block(dict.fromkeys(PRICE_CLASSES, Decimal(0)), place(reader, node))
    inner = reader.mapping(key)
    if inner is None:
        return None
    figures = {}
    for name in inner.keys():  # noqa: SIM118 - a Reader is no mapping
        if name in PRICE_CLASSES:
            figures[name] = price(inner, name)
    inner.done(also=PRICE_CLASSES)
    if not inner.keys():
        reader.bad(node, f"{key} states no price; leave it out, or write free")
    return Block({k: v for k, v in figures.items() if v is not None}, place(reader, node))


def moment(reader: Reader, key: str, *, required: bool = False) -> Moment:
    """Return a UTC day or timestamp; None where it is null, which `required` still wants written."""
    node = (reader.node.entries or {}).get(key)
    reader.asked.add(key)
    if node is None:
        if required:
            reader.bad(reader.node, f"{key} is missing; write a day such as 2026-11-23, or null")
        return None
    if node.is_null:
        return None
    found = parse_moment(node.text or "")
    if found is None:
        reader.bad(
            node, f"{key}: {shown(node)} is no time; write 2026-11-23 or 2026-11-23T16:00:00Z"
        )
    return found


def parse_moment(text: str) -> Moment:
    """Return `2026-11-23` or `2026-11-23T16:00:00Z` as naive UTC; None for anything else."""
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - UTC by definition
        except ValueError:
            continue
        # strptime also takes 2026-1-2, which no price file should hold
        return found if found.strftime(form) == text else None
    return None


def days(reader: Reader, key: str) -> tuple[date, ...]:
    """Return a list of days."""
    node = reader.get(key)
    if node is None:
        return ()
    found = []
    for entry in node.items if node.items is not None else (node,):
        parsed = parse_moment(entry.text or "")
        if parsed is None:
            reader.bad(entry, f"{key}: {shown(entry)} is no day; write 2026-11-23")
        else:
            found.append(parsed.date())
    return tuple(sorted(set(found)))


def whole(reader: Reader, key: str, *, required: bool = False) -> int | None:
    """Return a positive whole number."""
    node = reader.get(key, required=required)
    if node is None:
        return None
    if node.text is None or not re.fullmatch(r"[1-9][0-9]{0,14}", node.text):
        reader.bad(node, f"{key}: {shown(node)} is no whole number above 0, such as 272001")
        return None
    return int(node.text)


def factor(reader: Reader, key: str) -> Decimal | None:
    """Return a factor on prices: a quoted decimal above 0."""
    node = reader.get(key)
    if node is None:
        return None
    problem = price_problem(node) if node.text != "free" else "no factor"
    if problem:
        reader.bad(node, f'{key}: {shown(node)}: {problem}; a factor is written "1.10"')
        return None
    return Decimal(node.text or "")


def weekdays(reader: Reader, key: str) -> tuple[int, ...]:
    """Return ISO weekdays, 1 for Monday; all seven where nothing is stated."""
    texts = reader.texts(key, tuple("1234567"))
    wrong = [text for text in texts if text not in set("1234567")]
    if wrong:
        node = reader.get(key)
        reader.bad(node or reader.node, f"{key}: {wrong[0]!r} is no weekday; write 1 (Monday) to 7")
    return tuple(sorted({int(text) for text in texts if text in set("1234567")}))


def hours(reader: Reader, key: str) -> tuple[tuple[int, int], ...]:
    """Return half-open ranges of minutes of the day from `HH:MM-HH:MM`; the end may be 24:00."""
    node = reader.get(key, required=True)
    if node is None:
        return ()
    found = []
    for entry in node.items if node.items is not None else (node,):
        match = _HOURS.fullmatch(entry.text or "")
        span = _span(match) if match else None
        if span is None:
            form = "write 09:00-12:00; over midnight is two entries"
            reader.bad(entry, f"{key}: {shown(entry)} is no range of hours; {form}")
        else:
            found.append(span)
    return tuple(sorted(found))


def _span(match: re.Match[str]) -> tuple[int, int] | None:
    start, end = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
    return (start, end) if start < end <= MINUTES else None


def zone(reader: Reader, key: str) -> str | None:
    """Return the name of a time zone that exists."""
    text = reader.text(key, required=True)
    if text is None:
        return None
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError, ValueError):
        node = reader.get(key)
        reader.bad(
            node or reader.node,
            f"{key}: {text!r} is no time zone; write an IANA name such as Asia/Shanghai",
        )
        return None
