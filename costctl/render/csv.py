"""CSV: the main table, complete and unrounded, with machine names; safe to open in a spreadsheet."""

import re
from collections.abc import Iterable

from costctl.render.cells import is_text, machine
from costctl.render.style import UNSAFE, Style, clean
from costctl.table import Cell, Column, Envelope, Report

NONE = "-"
"""A dash alone is no formula: so reports write that there is none."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
QUOTED = re.compile(r'[",\r\n\t]|^ | $|^::')
"""What stands in quotes; a line that begins with `::` would be a command to the runner of a pipeline."""

LINES = re.compile(r"([\t\n\r]+)")


def render(report: Report, _envelope: Envelope, _style: Style) -> str:
    """Return the rows of the main table; its total is left out, since it is no row."""
    if not report.tables:
        return ""
    table = report.tables[0]
    names = [column.name for column in table.columns]
    rows = (map(_cell, row, table.columns) for row in table.rows)
    return "".join(map(_line, (names, *rows)))


def _line(cells: Iterable[str]) -> str:
    # Not the csv module: before Python 3.13 it leaves a lone carriage return unquoted.
    line = ",".join(
        '"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell for cell in cells
    )
    return f"{line}\n" if line else '""\n'


def _cell(value: Cell, column: Column) -> str:
    text = machine(value, column.kind)
    return safe(text) if isinstance(value, str) or is_text(column) else text


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula and no terminal for a command."""
    if UNSAFE.search(text):
        text = "".join(part if LINES.fullmatch(part) else clean(part) for part in LINES.split(text))
    return f"'{text}" if text.startswith(FORMULA) and text != NONE else text
