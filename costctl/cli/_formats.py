"""The known formats as the list shows them."""

from collections.abc import Sequence
from pathlib import Path

from costctl.formats import load_formats
from costctl.formats.describe import recognised_by
from costctl.ingest.declared import declared_formats
from costctl.reports.formats import Known


def known_formats(configs: Sequence[Path]) -> list[Known]:
    """Return the built-in formats and the user's own in the order of detection."""
    entries, path = declared_formats(configs)
    return [
        Known(form.name, form.about, recognised_by(form), form.containers, form.to, form.user)
        for form in load_formats(entries, path)
    ]
