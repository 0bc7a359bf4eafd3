"""CSV: the main table, complete and unrounded, with machine names; safe to open in a spreadsheet."""

import csv
import io
import re

from costctl.render.cells import is_text, machine
from costctl.render.style import UNSAFE, Style, clean
from costctl.table import Cell, Column, Envelope, Report

FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES = re.compile(r"([\t\n\r]+)")


def render(report: Report, _envelope: Envelope, _style: Style) -> str:
    """Return the rows of the main table; its total is left out, since it is no row."""
    if not report.tables:
        return ""
    table = report.tables[0]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow(
            [_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        )
    return out.getvalue()


def _cell(value: Cell, column: Column) -> str:
    text = machine(value, column.kind)
    return safe(text) if isinstance(value, str) or is_text(column) else text


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula and no terminal for a command."""
    if UNSAFE.search(text):
        text = "".join(part if LINES.fullmatch(part) else clean(part) for part in LINES.split(text))
    return f"'{text}" if text.startswith(FORMULA) else text
