"""JSON lines: the rows of the result, one object a line, without an envelope."""

from collections.abc import Iterable, Mapping

from costctl.render.json import dumps
from costctl.render.style import Style
from costctl.table import Envelope, Report


def render(report: Report, _envelope: Envelope, style: Style) -> str:
    """Return one object a row."""
    return "".join(
        dumps(row, indent=False, ascii_only=not style.unicode) + "\n" for row in _rows(report)
    )


def _rows(report: Report) -> Iterable[object]:
    rows = report.result.get(report.rows_key)
    if isinstance(rows, (list, tuple)) and all(isinstance(row, Mapping) for row in rows):
        return rows
    if not report.tables:
        return (report.result,)
    table = report.tables[0]
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]
