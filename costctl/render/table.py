"""Terminal tables: numbers to the right and never cut, text folded where the terminal is narrow."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from costctl.render.cells import Drawn, drawn, is_text, legend
from costctl.render.grid import GAP, Strip, cell_len, folded, grid, painted
from costctl.render.head import scope_parts
from costctl.render.style import Style, clean
from costctl.table import Column, Envelope, Kind, Report, Table

COMFORTABLE = 32
"""Text columns are folded to this before a column is left out."""

NARROWEST = 10
"""Text columns are folded to no less than this; then the table is wider than the terminal."""

ANY_WIDTH = 100_000
BULLET = "- "
COMMAND = "costctl "

COLOURS = {
    "PASS": "green",
    "WARN": "yellow",
    "FAIL": "red",
    "INCONCLUSIVE": "magenta",
    "SKIP": "dim",
}


def render(report: Report, envelope: Envelope, style: Style) -> str:
    """Return the whole report as a person reads it at a terminal."""
    page = _Page(style)
    for line in report.head:
        page.say(line)
    for line in _scope(envelope, style):
        page.say(line, "dim")
    for table in report.tables:
        page.gap()
        page.say(table.title, "bold")
        if table.rows or table.total:
            grid, meaning = _fitted(table, envelope.currency, style)
            page.draw(grid)
            page.say(meaning)
        elif not table.notes:
            page.say("(nothing)")
        for note in table.notes:
            page.say(note)
    page.gap()
    for line in report.foot:
        page.say(line)
    return page.text()


def _scope(envelope: Envelope, style: Style) -> list[str]:
    """Return what the answer is about, broken between its parts where it does not fit one line."""
    separator = " · " if style.unicode else " | "
    lines: list[str] = []
    for part in scope_parts(envelope):
        longer = f"{lines[-1]}{separator}{part}" if lines else part
        if lines and (style.width is None or len(longer) <= style.width):
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


class _Page:
    """What has been drawn so far."""

    def __init__(self, style: Style) -> None:
        self.color = style.color
        self.width = style.width or ANY_WIDTH
        self.lines: list[str] = []

    def say(self, line: str, paint: str = "") -> None:
        for part in wrapped(clean(line), self.width):
            self.lines.append(painted(part, paint, color=self.color))

    def draw(self, lines: Iterable[str]) -> None:
        self.lines += lines

    def gap(self) -> None:
        self.lines.append("")

    def text(self) -> str:
        return "\n".join(_once([line.rstrip() for line in self.lines])).strip("\n") + "\n"


def _fitted(table: Table, currency: str, style: Style) -> tuple[Iterable[str], str]:
    """Return the drawn table and what its columns mean; those that only wide terminals have room for go first."""
    shown = drawn(table, currency, "\N{EN DASH}" if style.unicode else "-")
    picked = list(range(len(table.columns)))
    widths = _widths(shown)
    if style.width:
        _fold(widths, picked, table.columns, style.width, COMFORTABLE)
        spare = [index for index in picked if table.columns[index].wide_only]
        while spare and _total(widths, picked) > style.width:
            picked.remove(spare.pop())
        _fold(widths, picked, table.columns, style.width, NARROWEST)
    strips = [_strip(shown, index, widths[index]) for index in picked]
    rule = "\N{BOX DRAWINGS LIGHT HORIZONTAL}" if style.unicode else "-"
    meaning = legend([table.columns[index] for index in picked])
    return grid(strips, rule, color=style.color), meaning


def wrapped(line: str, width: int) -> list[str]:
    """Return a line in pieces that fit; what follows a bullet is indented, and a command is never broken."""
    start = line.lstrip(" ")
    indent = len(line) - len(start)
    if len(line) <= width or start.startswith(COMMAND):
        return [line] if line else []
    indent += len(BULLET) if start.startswith(BULLET) else 0
    return textwrap.wrap(
        line,
        max(width, 20),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _widths(shown: Drawn) -> list[int]:
    rows = (*shown.rows, *([shown.total] if shown.total else []))
    return [
        max(cell_len(clean(column.title)), *(cell_len(row[index]) for row in rows), 1)
        for index, column in enumerate(shown.columns)
    ]


def _total(widths: Sequence[int], picked: Sequence[int]) -> int:
    return sum(widths[index] for index in picked) + GAP * (len(picked) - 1)


def _fold(
    widths: list[int], picked: Sequence[int], columns: Sequence[Column], room: int, least: int
) -> None:
    """Take what is missing from the widest text columns, one column of the terminal at a time."""
    texts = [
        index
        for index in picked
        if is_text(columns[index]) and columns[index].kind is not Kind.STATUS
    ]
    while _total(widths, picked) > room:
        widest = max(texts, key=lambda index: widths[index], default=None)
        if widest is None or widths[widest] <= least:
            return
        widths[widest] -= 1


def _strip(shown: Drawn, index: int, width: int) -> Strip:
    column = shown.columns[index]
    left = is_text(column)
    cells = [row[index] for row in shown.rows]
    total = shown.total[index] if shown.total else None
    return Strip(
        clean(column.title),
        [folded(cell, width) for cell in cells] if left else cells,
        folded(total, width) if left and total is not None else total,
        width,
        left,
        COLOURS if column.kind is Kind.STATUS else {},
    )


def _once(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with no more than one empty line in a row."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line
