"""Small logs for tests of commands."""

import json
from collections.abc import Mapping
from pathlib import Path

CALL: Mapping[str, object] = {
    "request_id": "r1",
    "timestamp": "2026-11-01T00:00:00Z",
    "model": "gpt-4o-2024-05-13",
    "endpoint": "rag_query",
    "prompt_tokens": 1850,
    "completion_tokens": 320,
    "total_tokens": 2170,
    "cost_usd": 0.01,
}


def call(number: int, **changes: object) -> dict[str, object]:
    """Return one record of the lesson's logger; each number is a request of its own."""
    return {**CALL, "request_id": f"r{number}", **changes}


def log(path: Path, *records: Mapping[str, object] | str) -> Path:
    """Write records as JSON lines; a text is a line as it is."""
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
