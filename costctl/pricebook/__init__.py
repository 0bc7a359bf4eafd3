"""The price table: read from YAML, resolved, compiled to plain rows, and asked for prices.

Nothing here imports YAML until a price file is really read.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from costctl.pricebook.keys import Key, Resolution, Resolved
from costctl.pricebook.names import Names
from costctl.pricebook.resolve import resolve
from costctl.pricebook.settings import PricingSettings, shipped
from costctl.pricebook.tables import TABLES, CompiledBook

if TYPE_CHECKING:
    from costctl.pricebook.book import Book

__all__ = [
    "TABLES",
    "CompiledBook",
    "Key",
    "Names",
    "PricingSettings",
    "Resolution",
    "Resolved",
    "cache_key",
    "compile_book",
    "open_book",
    "resolve",
    "shipped",
]


def open_book(
    layers: Sequence[Path], settings: PricingSettings, known_on: date | None = None
) -> "Book":
    """Read, merge and validate every price file of a run.

    `layers` are the files or folders of the command line, lowest first; they lie above those of the settings.

    Errors: `CostctlError` that lists every problem as `path:line: what`; nothing is half loaded.
    """
    from costctl.pricebook.open import open_book as read  # noqa: PLC0415 - the one place that needs YAML

    return read(layers, settings, known_on)


def compile_book(book: "Book") -> CompiledBook:
    """Return the resolved table as plain rows.

    Errors: `CostctlError` for rates that need more than 18 decimals, and for discounts that contradict each other.
    """
    from costctl.pricebook.compile import compile_book as rows  # noqa: PLC0415 - as above

    return rows(book)


def cache_key(
    layers: Sequence[Path], settings: PricingSettings, known_on: date | None = None
) -> str:
    """Return what a compiled table is kept under: any change of a byte of any price file is another key."""
    from costctl.pricebook.cache import cache_key as key  # noqa: PLC0415 - only a command that prices pays for hashing

    return key(layers, settings, known_on)
