"""The resolved price table: layers merged, names and inheritance settled, as known on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from costctl.pricebook.facts import (
    Model,
    Overrides,
    Period,
    Place,
    Pointer,
    Region,
)
from costctl.pricebook.timeline import Stretch

Held = Period | Pointer

GLOBAL = "global"
"""The region of list prices: figures without a region are its figures."""


@dataclass(frozen=True)
class Entry:
    """A name of a provider: what it costs, or means, from when to when."""

    name: str
    place: Place
    layer: int
    held: tuple[Stretch[Held], ...]
    model: Model | None = None


@dataclass(frozen=True)
class Provider:
    """A provider over all layers."""

    name: str
    place: Place
    layer: int
    names: tuple[str, ...]
    home: bool
    default_region: str
    strip_prefixes: tuple[str, ...]
    regions: Mapping[str, Region]
    entries: Mapping[str, Entry]

    def region_names(self) -> tuple[str, ...]:
        """Return every region that may have a price, the default one first."""
        return tuple(dict.fromkeys((self.default_region, GLOBAL, *sorted(self.regions))))


@dataclass(frozen=True)
class Book:
    """The price table that questions are asked of.

    Attributes:
        version: of the shipped table, or of the highest layer that has one.
        providers: by name.
        overrides: deployments, discounts and fixed lines of the user.
        known_on: leaves out what was not known on that day; None is all.
        shipped: the lowest layer is the table that comes with the program.
    """

    version: str
    providers: Mapping[str, Provider]
    overrides: Overrides = field(default_factory=Overrides)
    known_on: date | None = None
    shipped: bool = False

    def models(self) -> list[tuple[Provider, Entry]]:
        """Return every priced entry."""
        return [
            (provider, entry)
            for _, provider in sorted(self.providers.items())
            for _, entry in sorted(provider.entries.items())
            if entry.model
        ]
