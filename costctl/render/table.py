"""Terminal tables: numbers to the right and never cut, text folded where the terminal is narrow."""

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from costctl.render.cells import Drawn, drawn, is_text
from costctl.render.head import scope_line
from costctl.render.style import Style, clean
from costctl.table import Column, Envelope, Kind, Report, Table

GAP = 2
COMFORTABLE = 32
"""Text columns are folded to this before a column is left out."""

NARROWEST = 10
"""Text columns are folded to no less than this; then the table is wider than the terminal."""

ANY_WIDTH = 100_000

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
    page.say(scope_line(envelope, " · " if style.unicode else " | "), "dim")
    for table in report.tables:
        page.gap()
        page.say(table.title, "bold")
        if table.rows or table.total:
            page.draw(_fitted(table, envelope.currency, style))
        elif not table.notes:
            page.say("(nothing)")
        for note in table.notes:
            page.say(note)
    page.gap()
    for line in report.foot:
        page.say(line)
    return page.text()


class _Page:
    """What has been drawn so far."""

    def __init__(self, style: Style) -> None:
        self.console = _console(style)
        self.width = style.width or ANY_WIDTH
        self.file = StringIO()
        self.console.file = self.file

    def say(self, line: str, style: str = "") -> None:
        if line:
            self.console.print(Text(clean(line), style=style), width=self.width)

    def draw(self, grid: Grid) -> None:
        self.console.print(grid)

    def gap(self) -> None:
        self.console.print()

    def text(self) -> str:
        lines = [line.rstrip() for line in self.file.getvalue().split("\n")]
        return "\n".join(_once(lines)).strip("\n") + "\n"


def _fitted(table: Table, currency: str, style: Style) -> Grid:
    """Return the drawn table; columns that only wide terminals have room for go first."""
    shown = drawn(table, currency, "\N{EN DASH}" if style.unicode else "-")
    picked = list(range(len(table.columns)))
    widths = _widths(shown)
    if style.width:
        _fold(widths, picked, table.columns, style.width, COMFORTABLE)
        spare = [index for index in picked if table.columns[index].wide_only]
        while spare and _total(widths, picked) > style.width:
            picked.remove(spare.pop())
        _fold(widths, picked, table.columns, style.width, NARROWEST)
    return _grid(shown, picked, widths, style)


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
            Text(shown.total[index]) if shown.total else "",
            justify="left" if text else "right",
            width=widths[index],
            no_wrap=not text,
            overflow="fold",
        )
    for row in shown.rows:
        grid.add_row(*(_cell(row[index], shown.columns[index]) for index in picked))
    return grid


def _cell(text: str, column: Column) -> Text:
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
