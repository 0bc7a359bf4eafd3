"""Price files as text: new lines are written where they belong, everything else stays as it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from costctl.pricebook.digest import plain_number
from costctl.pricebook.upstream import Offered, PriceKey

_FLOW = re.compile(r"^(?P<head>.*\{.*[^{\s])(?P<tail>\s*\}\s*(#.*)?)$")
_CHECKED = re.compile(r"checked: [0-9-]+")
_RETRIEVED = re.compile(r"(retrieved: [0-9-]+)")
_DAY = 1440

Prices = Mapping[PriceKey, Mapping[str, Decimal]]


@dataclass
class PriceText:
    """The lines of a file, with edits that are applied at once, from the last to the first.

    Attributes:
        lines: as read, without line ends.
        inserts: line number -> lines to put after it, in the order in which they were added.
        replaced: line number -> its new text.
    """

    lines: list[str]
    inserts: dict[int, list[str]] = field(default_factory=dict)
    replaced: dict[int, str] = field(default_factory=dict)

    def line(self, number: int) -> str:
        """Return a line by its number, as edited so far."""
        return self.replaced.get(number, self.lines[number - 1])

    def indent(self, number: int) -> int:
        """Return how far a line is set in."""
        text = self.line(number)
        return len(text) - len(text.lstrip(" "))

    def end_of_item(self, number: int) -> int:
        """Return the number of the last line of the list item that begins on a line."""
        depth = self.indent(number)
        last = number
        for later in range(number + 1, len(self.lines) + 1):
            text = self.lines[later - 1].strip()
            if not text or text.startswith("#"):
                continue
            if self.indent(later) <= depth:
                break
            last = later
        return last

    def insert(self, after: int, lines: Iterable[str]) -> None:
        """Put lines after a line."""
        self.inserts.setdefault(after, []).extend(lines)

    def holds_mapping(self, number: int) -> bool:
        """Return whether a line ends with a mapping that keys can be added to."""
        return _FLOW.match(self.line(number)) is not None

    def add_to_mapping(self, number: int, key: str, value: str) -> None:
        """Add a key to a mapping of one line."""
        added = rf"\g<head>, {key}: {value}\g<tail>"
        self.replaced[number] = _FLOW.sub(added, self.line(number))

    def set_checked(self, start: int, day: date) -> bool:
        """Write the day of the last look into the source of the period that begins on a line."""
        for number in range(start, self.end_of_item(start) + 1):
            text = self.line(number)
            if "source: {" in text and "retrieved: " in text:
                found = _CHECKED.search(text)
                self.replaced[number] = (
                    _CHECKED.sub(f"checked: {day}", text, count=1)
                    if found
                    else _RETRIEVED.sub(rf"\1, checked: {day}", text, count=1)
                )
                return True
        return False

    def text(self) -> str:
        """Return the edited file."""
        found = []
        for number in range(1, len(self.lines) + 1):
            found.append(self.line(number))
            found += self.inserts.get(number, [])
        return "\n".join(found) + "\n"


def block(figures: Mapping[str, Decimal]) -> str:
    """Return prices as price files write them."""
    return "{" + ", ".join(f"{name}: {quoted(price)}" for name, price in figures.items()) + "}"


def quoted(price: Decimal) -> str:
    """Return a price in quotes, or the word free."""
    return f'"{plain_number(price)}"' if price else "free"


@dataclass(frozen=True)
class PeriodText:
    """What a new period says.

    Attributes:
        start: None for an open start.
        first_seen: for an open start.
        regions: factors of regions that differ from the provider's.
    """

    start: date | None
    prices: Prices
    url: str
    retrieved: date
    first_seen: date | None = None
    window: Offered | None = None
    regions: Mapping[str, Decimal] = field(default_factory=dict)
    ack: Sequence[str] = ()

    def lines(self, indent: int) -> list[str]:
        """Return the period as an item of a list that is set in so far."""
        inner = " " * (indent + 2)
        found = [f"{' ' * indent}- from: {self.start or 'null'}"]
        found += [f"{inner}first_seen: {self.first_seen}"] if self.first_seen else []
        found += self._blocks(inner, None)
        found += self._windows(inner)
        if self.regions:
            factors = ", ".join(
                f"{name}: {{uplift: {quoted(f)}}}" for name, f in self.regions.items()
            )
            found.append(f"{inner}regions: {{{factors}}}")
        found += [f"{inner}ack: [{', '.join(self.ack)}]"] if self.ack else []
        source = f'{{url: "{self.url}", retrieved: {self.retrieved}, confidence: medium}}'
        return [*found, f"{inner}source: {source}"]

    def _blocks(self, inner: str, window: str | None) -> list[str]:
        held = {key: figures for key, figures in self.prices.items() if key.window == window}
        found = [
            f"{inner}{key.tier}: {block(f)}" for key, f in held.items() if not key.min_prompt_tokens
        ]
        sizes = sorted({key.min_prompt_tokens for key in held if key.min_prompt_tokens})
        found += [f"{inner}tiers:"] if sizes else []
        for size in sizes:
            found += prompt_tier(
                inner, size, {k.tier: f for k, f in held.items() if k.min_prompt_tokens == size}
            )
        return found

    def _windows(self, inner: str) -> list[str]:
        offered = self.window
        if offered is None or offered.window is None:
            return []
        found = [f"{inner}windows:"]
        days: dict[tuple[str, ...], list[int]] = {}
        for day in range(7):
            spans = [
                (max(a - day * _DAY, 0), min(b - day * _DAY, _DAY)) for a, b in offered.window.spans
            ]
            hours = tuple(f"{_clock(a)}-{_clock(b)}" for a, b in spans if a < b)
            if hours:
                days.setdefault(hours, []).append(day + 1)
        for number, (hours, weekdays) in enumerate(days.items()):
            name = offered.window.name if not number else f"{offered.window.name}_{number + 1}"
            quoted_hours = ", ".join(f'"{span}"' for span in hours)
            found += [
                f"{inner}  - name: {name}",
                f"{inner}    weekdays: {weekdays}",
                f"{inner}    tz: UTC",
                f"{inner}    hours: [{quoted_hours}]",
                *self._blocks(f"{inner}    ", offered.window.name),
            ]
        return found


def prompt_tier(inner: str, size: int, blocks: Mapping[str, Mapping[str, Decimal]]) -> list[str]:
    """Return a long-prompt tier as an item under `tiers`."""
    return [
        f"{inner}  - min_prompt_tokens: {size}",
        f"{inner}    mode: whole_request",
        *(f"{inner}    {tier}: {block(figures)}" for tier, figures in blocks.items()),
    ]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def model_lines(
    offered: Offered, name: str, aliases: Sequence[str], period: PeriodText, indent: int
) -> list[str]:
    """Return a new model as an item of `models`."""
    inner = " " * (indent + 2)
    found = ["", f"{' ' * indent}- id: {scalar(name)}", f"{inner}kind: {offered.kind}"]
    found += [f"{inner}retires_on: {offered.retires_on}"] if offered.retires_on else []
    if offered.prompt_cache_min_tokens:
        found.append(f"{inner}prompt_cache: {{min_tokens: {offered.prompt_cache_min_tokens}}}")
    found += [f"{inner}aliases: [{', '.join(map(scalar, aliases))}]"] if aliases else []
    return [*found, f"{inner}prices:", *period.lines(indent + 4)]


def scalar(text: str) -> str:
    """Return a name as YAML reads it back: plain where that is safe, else in quotes."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]*", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
