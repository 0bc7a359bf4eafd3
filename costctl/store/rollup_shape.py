"""What pricing has to look at: which tokens there are, and what the prices in use do."""

import re
from typing import NamedTuple

from costctl.store.connection import Store

TERMS = {
    "input": "n.input_uncached",
    "cache_read": "n.cache_read",
    "cache_write": "(n.cache_write - n.cache_write_long)",
    "cache_write_long": "n.cache_write_long",
    "output": "(n.output - n.reasoning)",
    "reasoning": "n.reasoning",
    "audio_input": "n.audio_input",
    "audio_output": "n.audio_output",
    "image_input": "n.image_input",
    "image_output": "n.image_output",
}
"""Price class -> the tokens that it bills."""

_WHOLE = {"cache_write_long": ("cache_write",), "reasoning": ("output",)}
"""Part of a class -> that class, which may be nothing but that part."""

TOKENS = {
    name: (*re.findall(r"n\.(\w+)", tokens), *_WHOLE.get(name, ()))
    for name, tokens in TERMS.items()
}
"""Price class -> the columns of tokens that are filled where it is."""

_BELOW_LIST = " OR ".join(f"{name} <> list_{name}" for name in ("request", *TERMS))


class Shape(NamedTuple):
    """What pricing has to look at: the rest would cost time and change nothing.

    Attributes:
        classes: price classes that some group of `rolled` has tokens for.
        units: some row has billed things which are not tokens.
        windowed: some price in use has day windows.
        discounts: some price in use is below its list price.
        buckets: some row is a sum that its source made.
    """

    classes: tuple[str, ...] = tuple(TERMS)
    units: bool = True
    windowed: bool = True
    discounts: bool = True
    buckets: bool = True


def shape_of(store: Store) -> Shape:
    """Return what the groups of `rolled` and the prices in use ask for."""
    flags = ", ".join(f"coalesce(bool_or({tokens} <> 0), false)" for tokens in TERMS.values())
    row = store.connection.execute(
        f"SELECT (SELECT coalesce(bool_or(windowed), false) FROM book), "
        f"EXISTS (FROM book_rates WHERE {_BELOW_LIST}), "
        f"count(n.units) > 0, coalesce(bool_or(n.bucket), false), {flags} FROM rolled AS n"
    ).fetchone()
    windowed, discounts, units, buckets, *filled = row or (True, True, True, True)
    classes = tuple(name for name, some in zip(TERMS, filled, strict=True) if some)
    return Shape(classes, bool(units), bool(windowed), bool(discounts), bool(buckets))
