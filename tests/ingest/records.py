"""Records of the flat logger, as tests write them."""

import json
from collections.abc import Iterable
from pathlib import Path

WEEK = (
    ("rag_query", "gpt-4o-2024-05-13", 45_200, 1_850, 320),
    ("document_summary", "gpt-4o-2024-05-13", 12_800, 3_200, 800),
    ("intent_classifier", "gpt-4o-2024-05-13", 58_000, 120, 15),
    ("embedding", "text-embedding-3-large", 58_000, 85, 0),
)
"""Endpoint, model, calls, prompt and completion tokens of a call."""

WEEK_USD = {
    "rag_query": "635.06",
    "document_summary": "358.4",
    "intent_classifier": "47.85",
    "embedding": "0.6409",
}
"""Calls x (prompt x input price + completion x output price), at 5 / 15 and 0.13 USD per 1M."""


def record(number: int = 1, **changes: object) -> dict[str, object]:
    """Return one call; each number is a call of its own."""
    return {
        "request_id": f"r{number}",
        "endpoint": "rag_query",
        "model": "gpt-4o-2024-08-06",
        "prompt_tokens": 100 + number,
        "completion_tokens": 10,
        "total_tokens": 110 + number,
        "estimated_cost_usd": 0.001,
        "timestamp": f"2026-11-01T12:{number // 60 % 60:02d}:{number % 60:02d}",
        **changes,
    }


def write(path: Path, records: Iterable[object]) -> Path:
    """Write JSON lines; a text is a line as it is."""
    lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def file_of(result) -> dict:
    """Return what `ingest --json` says about its only file."""
    (found,) = json.loads(result.stdout)["result"]["files"]
    return found


def total_of(result) -> dict:
    """Return the total of `breakdown --json`."""
    return json.loads(result.stdout)["result"]["total"]
