"""What validation found."""

from collections.abc import Sequence

from costctl.pricebook.tables import CompiledBook
from costctl.table import Column, Kind, Report, Table

COLUMNS = (
    Column("code", "Warning", Kind.TEXT),
    Column("where", "Where", Kind.TEXT),
    Column("message", "What", Kind.TEXT),
)


def validate_report(
    warnings: Sequence[tuple[str, str]], compiled: CompiledBook, checked: str
) -> Report:
    """Return the warnings with their place, and how much was read."""
    rows = tuple((code, *_split(text)) for code, text in warnings)
    counts = {
        name: len(compiled.rows[table])
        for name, table in (
            ("providers", "price_providers"),
            ("models", "price_models"),
            ("names", "price_names"),
            ("price_sets", "price_periods"),
        )
    }
    held = f"{counts['models']:,} models of {counts['providers']} providers"
    word = "warning" if len(warnings) == 1 else "warnings"
    return Report(
        name="pricing-validate",
        tables=(Table("warnings", "", COLUMNS, rows),) if rows else (),
        result={
            "checked": checked,
            "errors": 0,
            "counts": counts,
            "rows": [{"code": code, "where": where, "message": what} for code, where, what in rows],
        },
        foot=(f"{checked}: no errors, {len(warnings)} {word} ({held} read)",),
    )


def _split(text: str) -> tuple[str, str]:
    """Return `path:line` and the rest of a message."""
    place, _, what = text.partition(": ")
    return place, what
