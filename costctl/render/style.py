"""How output may look, and what text from logs may never do to a terminal."""

import re
from typing import NamedTuple

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Controls, direction marks, invisible and unpaired characters: they change what a reader sees elsewhere."""


class Style(NamedTuple):
    """What the place that shows the output can do.

    Attributes:
        width: columns to fit into; None: as wide as the content.
        color: whether colour codes are understood.
        unicode: whether more than ASCII can be shown.
    """

    width: int | None = None
    color: bool = False
    unicode: bool = True


def clean(text: str) -> str:
    """Return the text with every character that acts instead of being seen replaced."""
    return UNSAFE.sub(REPLACEMENT, text)
