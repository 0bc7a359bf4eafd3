"""Reading the whole price table of a run."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from costctl.pricebook.book import Book
from costctl.pricebook.layers import Findings, read_stack
from costctl.pricebook.merge import merge
from costctl.pricebook.references import check_references
from costctl.pricebook.settings import PricingSettings


def open_book(layers: Sequence[Path], settings: PricingSettings, known_on: date | None) -> Book:
    """Read, merge and validate every price file of a run."""
    book = merge(read_stack(layers, settings), known_on)
    findings = Findings()
    check_references(book, findings)
    findings.raise_if_any()
    return book
