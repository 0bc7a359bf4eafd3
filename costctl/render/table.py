"""Terminal tables: numbers to the right and never cut, text folded where the terminal is narrow."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from costctl.render.cells import Drawn, drawn, is_text, legend
from costctl.render.head import scope_parts
from costctl.render.style import Style, clean
from costctl.table import Column, Envelope, Kind, Report, Table

GAP = 2
COMFORTABLE = 32
"""Text columns are folded to this before a column is left out."""

NARROWEST = 10
"""Text columns are folded to no less than this; then the table is wider than the terminal."""

ANY_WIDTH = 100_000
BULLET = "- "
COMMAND = "costctl "
BREAKS = re.compile(r"[-_/:.@ ]")

COLOURS = {
    "PASS": "green",
    "WARN": "yellow",
    "FAIL": "red",
    "INCONCLUSIVE": "magenta",
    "SKIP": "dim",
}
RULES = Box("    \n    \n ── \n    \n    \n ── \n    \n    \n")
ASCII_RULES = Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)


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
        self.console = _console(style)
        self.width = style.width or ANY_WIDTH
        self.file = StringIO()
        self.console.file = self.file

    def say(self, line: str, style: str = "") -> None:
        for part in wrapped(clean(line), self.width):
            self.console.print(Text(part, style=style), width=ANY_WIDTH)

    def draw(self, grid: Grid) -> None:
        self.console.print(grid)

    def gap(self) -> None:
        self.console.print()

    def text(self) -> str:
        lines = [line.rstrip() for line in self.file.getvalue().split("\n")]
        return "\n".join(_once(lines)).strip("\n") + "\n"


def _fitted(table: Table, currency: str, style: Style) -> tuple[Grid, str]:
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
    return _grid(shown, picked, widths, style), legend([table.columns[index] for index in picked])


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


def _grid(shown: Drawn, picked: Sequence[int], widths: Sequence[int], style: Style) -> Grid:
    grid = Grid(
        box=RULES if style.unicode else ASCII_RULES,
        show_edge=False,
        show_footer=shown.total is not None,
        padding=(0, GAP - 1, 0, 0),
        pad_edge=False,
        header_style="bold",
        footer_style="bold",
    )
    for index in picked:
        column = shown.columns[index]
        text = is_text(column)
        grid.add_column(
            Text(clean(column.title)),
            _cell(shown.total[index], column, widths[index]) if shown.total else "",
            justify="left" if text else "right",
            width=widths[index],
            no_wrap=not text,
            overflow="fold",
        )
    for row in shown.rows:
        grid.add_row(*(_cell(row[index], shown.columns[index], widths[index]) for index in picked))
    return grid


def _cell(text: str, column: Column, width: int) -> Text:
    if is_text(column):
        text = folded(text, width)
    return Text(text, style=COLOURS.get(text, "") if column.kind is Kind.STATUS else "")


def _console(style: Style) -> Console:
    return Console(
        width=ANY_WIDTH,
        height=1,
        force_terminal=style.color,
        color_system="standard" if style.color else None,
        no_color=not style.color,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )


def _once(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with no more than one empty line in a row."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line
