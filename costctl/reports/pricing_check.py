"""What validation found."""

from collections.abc import Sequence

from costctl.pricebook.tables import CompiledBook
from costctl.table import Column, Kind, Report, Table
from costctl.words import counted

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
    models, providers = counted(counts["models"], "model"), counted(counts["providers"], "provider")
    warned = counted(len(warnings), "warning")
    return Report(
        name="pricing-validate",
        tables=(Table("warnings", "", COLUMNS, rows),) if rows else (),
        result={
            "checked": checked,
            "errors": 0,
            "counts": counts,
            "rows": [{"code": code, "where": where, "message": what} for code, where, what in rows],
        },
        foot=(f"{checked}: no errors, {warned} ({models} of {providers} read)",),
    )


def _split(text: str) -> tuple[str, str]:
    """Return `path:line` and the rest of a message."""
    place, _, what = text.partition(": ")
    return place, what
