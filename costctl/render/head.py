"""The line that says over which data, in which zone and at which prices an answer holds."""

from datetime import datetime

from costctl.table import Envelope
from costctl.words import counted


def scope_line(envelope: Envelope, separator: str = " · ") -> str:
    """Return the line; empty where neither usage nor prices were read."""
    return separator.join(scope_parts(envelope))


def scope_parts(envelope: Envelope) -> list[str]:
    """Return the parts of the line."""
    return [*_data(envelope), *_prices(envelope)]


def _data(envelope: Envelope) -> list[str]:
    rows = envelope.data.get("rows")
    if not isinstance(rows, int):
        return []
    first, last = envelope.data.get("first"), envelope.data.get("last")
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return [
            counted(rows, "row"),
            f"as of {envelope.as_of:%Y-%m-%d %H:%M} UTC",
            f"days in {envelope.tz}",
        ]
    span = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    zone = [f"days in {envelope.tz}"] if envelope.tz != "UTC" else []
    return [span, *zone, counted(rows, "row")]


def _prices(envelope: Envelope) -> list[str]:
    version = envelope.pricing.get("version")
    if not version:
        return []
    digest = envelope.pricing.get("sha256")
    return [f"prices {version} ({digest})" if digest else f"prices {version}"]
