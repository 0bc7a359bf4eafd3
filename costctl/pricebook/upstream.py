"""What a public price table says, in our words: prices per million by service tier and prompt size."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from costctl.errors import CostctlError

_DAY = 1440
_WEEK = 7 * _DAY
MAX_DECIMALS = 9


@dataclass(frozen=True)
class PriceKey:
    """Which price set of a model: service tier, prompt size it begins at, day window."""

    tier: str = "standard"
    min_prompt_tokens: int = 0
    window: str | None = None


@dataclass(frozen=True)
class OfferedWindow:
    """A day window, read in UTC: minutes of the week, half-open."""

    name: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Offered:
    """A model of a public table at one moment.

    Attributes:
        provider: in our words.
        name: as the table writes it.
        prices: per million, by price set and class.
        window: hours with prices of their own, if any.
        start: first day of these prices, where the table says so.
        aliases: exact further names.
    """

    provider: str
    name: str
    prices: Mapping[PriceKey, Mapping[str, Decimal]]
    kind: str = "chat"
    window: OfferedWindow | None = None
    start: date | None = None
    aliases: tuple[str, ...] = ()
    retires_on: date | None = None
    prompt_cache_min_tokens: int | None = None

    def moment(self, key: PriceKey, at: datetime) -> datetime:
        """Return the next moment at which a price set of this model holds."""
        if self.window is None:
            return at
        minute = (at.isoweekday() - 1) * _DAY + at.hour * 60 + at.minute
        inside = key.window is not None
        for later in range(_WEEK):
            one = (minute + later) % _WEEK
            if any(start <= one < end for start, end in self.window.spans) == inside:
                return at + timedelta(minutes=later)
        return at


@dataclass(frozen=True)
class OfferedTable:
    """A public table.

    Attributes:
        name: litellm or genai-prices.
        version: of its package; empty where a file does not say.
        url: where it is from.
        models: of the providers that we know.
        skipped: what was left out, each with its reason.
    """

    name: str
    version: str
    url: str
    models: tuple[Offered, ...]
    skipped: tuple[str, ...] = ()


def read_json(text: str, whose: str, form: str) -> object:
    """Return a table as JSON holds it, each figure with every digit that it writes.

    Errors: `CostctlError` when the text is no JSON; `form` says what it should be.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise CostctlError(f"not {whose} table: {error}", form) from error


@dataclass
class Skipped:
    """Collects what a reader leaves out."""

    lines: list[str] = field(default_factory=list)

    def price(self, value: Decimal, model: str, name: str) -> Decimal | None:
        """Return a price that our files can hold; a zero or a float artefact is left out and listed."""
        if value <= 0:
            self.lines.append(f"{model}: {name} is {value}: free and unknown look alike")
            return None
        plain = value.normalize()
        exponent = plain.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
            self.lines.append(f"{model}: {name} {plain:f} has more than {MAX_DECIMALS} decimals")
            return None
        return plain


def minutes(text: str) -> int:
    """Return the minute of the day of `HH:MM`."""
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def rest_of_week(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the minutes of the week outside the given ones."""
    found = []
    position = 0
    for start, end in sorted(spans):
        if start > position:
            found.append((position, start))
        position = max(position, end)
    if position < _WEEK:
        found.append((position, _WEEK))
    return tuple(found)
