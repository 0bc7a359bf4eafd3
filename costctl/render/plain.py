"""Plain text: one record a line, cells parted by tabs, rounded as in tables, nothing cut."""

from costctl.render.cells import drawn
from costctl.render.style import Style
from costctl.table import Envelope, Report


def render(report: Report, envelope: Envelope, _style: Style) -> str:
    """Return the main table with its header; a report without a table gives its lines."""
    if not report.tables:
        return "".join(f"{line}\n" for line in (*report.head, *report.foot))
    table = drawn(report.tables[0], envelope.currency)
    lines = ["\t".join(column.name for column in table.columns), *map("\t".join, table.rows)]
    return "".join(f"{line}\n" for line in lines)
