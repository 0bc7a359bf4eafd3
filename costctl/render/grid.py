"""Columns side by side: text to the left, numbers to the right, as many lines to a row as its cells have."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

GAP = 2
CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35"}
PLAIN = re.compile("[ -~\N{EN DASH}\N{REPLACEMENT CHARACTER}]*")
BREAKS = re.compile(r"[-_/:.@ ]")


class Strip(NamedTuple):
    """A column as it is drawn.

    Attributes:
        cells: one text per row; its lines fit the width.
        total: below the second rule.
        left: text begins at the left and may be folded; numbers end at the right.
        paints: a cell's text -> its colour.
    """

    title: str
    cells: Sequence[str]
    total: str | None
    width: int
    left: bool
    paints: dict[str, str]


def cell_len(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if PLAIN.fullmatch(text):
        return len(text)
    from rich.cells import cell_len as wide  # noqa: PLC0415 - dear, and most text is plain

    return wide(text)


def painted(text: str, *paints: str, color: bool) -> str:
    """Return text in a weight and a colour, where colour codes are understood."""
    codes = ";".join(CODES[paint] for paint in paints if paint)
    return f"\x1b[{codes}m{text}\x1b[0m" if color and codes and text else text


def folded(text: str, width: int) -> str:
    """Return text in lines of at most so many columns, broken after a sign of its own where one is near."""
    lines = []
    rest = text
    while cell_len(rest) > width:
        fits = next(n for n in range(len(rest), 0, -1) if n == 1 or cell_len(rest[:n]) <= width)
        near = [found.end() for found in BREAKS.finditer(rest, 0, fits) if found.end() > fits // 2]
        cut = near[-1] if near else fits
        lines.append(rest[:cut])
        rest = rest[cut:]
    return "\n".join([*lines, rest])


def grid(strips: Sequence[Strip], rule: str, *, color: bool) -> Iterator[str]:
    """Yield the lines of a table: titles, a rule, its rows, and where there is a total another rule and the total."""
    if not strips:
        yield ""
        return
    ruled = rule * (sum(strip.width for strip in strips) + GAP * (len(strips) - 1))
    titles = [_words(strip.title, strip.width) for strip in strips]
    height = max(len(lines) for lines in titles)
    bottom = [[""] * (height - len(lines)) + lines for lines in titles]
    yield from _row(strips, bottom, "bold", color=color)
    yield ruled
    for number in range(len(strips[0].cells)):
        cells = [strip.cells[number].split("\n") for strip in strips]
        yield from _row(strips, cells, "", color=color)
    totals = [strip.total for strip in strips if strip.total is not None]
    if totals:
        yield ruled
        yield from _row(strips, [total.split("\n") for total in totals], "bold", color=color)


def _words(title: str, width: int) -> list[str]:
    """Return a title in lines that fit, broken between words where that is possible."""
    lines = [""]
    for word in title.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
            continue
        pieces = folded(word, width).split("\n")
        lines[len(lines) if lines[-1] else 0 :] = pieces
    return lines


def _row(
    strips: Sequence[Strip], cells: Sequence[Sequence[str]], weight: str, *, color: bool
) -> Iterator[str]:
    """Yield the lines of a row; a weight covers its padding too."""
    pad = painted(" ", weight, color=color) + " " * (GAP - 1)
    for line in zip_longest(*cells, fillvalue=""):
        pieces = [
            painted(_aligned(text, strip), weight, strip.paints.get(text, ""), color=color)
            for text, strip in zip(line, strips, strict=True)
        ]
        yield pad.join(pieces)


def _aligned(text: str, strip: Strip) -> str:
    room = " " * (strip.width - cell_len(text))
    return text + room if strip.left else room + text
