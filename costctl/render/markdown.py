"""Markdown: every table, for a pull request or a wiki; text from logs stays text."""

import re
from collections.abc import Iterator

from costctl.render.cells import drawn, is_text, legend
from costctl.render.head import scope_line
from costctl.render.style import Style, clean
from costctl.table import Column, Envelope, Report, Table

COMMAND = "costctl "
BULLET = "- "
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$^])")
LEADING = re.compile(r"^(\s*\d*)([-+.)])(?=\s)")
MENTION = re.compile(r"@(?=\w)")
BACKTICKS = re.compile(r"`+")


def render(report: Report, envelope: Envelope, _style: Style) -> str:
    """Return the whole report."""
    blocks: list[str] = []
    blocks += [_prose(line) for line in (*report.head, scope_line(envelope)) if line.strip()]
    for table in report.tables:
        blocks += _table(table, envelope.currency)
    blocks += [_prose(line) for line in report.foot if line.strip()]
    warnings = (*envelope.warnings, *report.warnings)
    blocks += (
        ["\n".join(f"- Warning: {escaped(warning.message)}" for warning in warnings)]
        if warnings
        else []
    )
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Return a line that reads as written: no markup, no link, no mention, no HTML."""
    plain = LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", clean(text)))
    return MENTION.sub("@\u200b", plain.replace("://", ":\u200b//"))


def _prose(line: str) -> str:
    """Return a line of its own: a bullet stays one, a command can be copied."""
    text = line.strip()
    if text.startswith(COMMAND):
        return code(text)
    if text.startswith(BULLET):
        return BULLET + escaped(text.removeprefix(BULLET))
    return escaped(text)


def hint(text: str) -> str:
    """Return a hint of ours, in which what stands between backticks is code; it holds no text from logs."""
    parts = text.split("`")
    return "".join(code(part) if number % 2 else escaped(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """Return a code span that holds any text, also within a table."""
    text = clean(text).replace("|", "\\|")
    longest = max((len(run) for run in BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def _table(table: Table, currency: str) -> Iterator[str]:
    shown = drawn(table, currency)
    if table.title:
        yield f"### {escaped(table.title)}"
    lines = [
        _line(escaped(column.title) for column in table.columns),
        _line("---" if is_text(column) else "---:" for column in table.columns),
        *(_line(_cells(table.columns, row)) for row in shown.rows),
    ]
    if shown.total is not None:
        lines.append(_line(_bold(table.columns, shown.total)))
    if table.columns:
        yield "\n".join(lines)
    notes = (legend(table.columns), *table.notes)
    if any(notes):
        yield "\n".join(f"- {_prose(note).removeprefix(BULLET)}" for note in notes if note)


def _cells(columns: tuple[Column, ...], row: tuple[str, ...]) -> Iterator[str]:
    for column, cell in zip(columns, row, strict=True):
        yield code(cell) if is_text(column) else cell


def _bold(columns: tuple[Column, ...], row: tuple[str, ...]) -> Iterator[str]:
    for column, cell in zip(columns, row, strict=True):
        text = escaped(cell) if is_text(column) else cell
        yield f"**{text}**" if text else ""


def _line(cells: Iterator[str] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
