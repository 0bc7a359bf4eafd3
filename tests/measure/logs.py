"""Small logs with prompts, and what to do with them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FORMAT = """\
name: own
about: a log of one's own
containers: [jsonl]
row:
  request_id: id
  occurred_at: at
  endpoint: endpoint
  requested_model: model
  user_id: user
  session_id: session
  finish_reason: finish
  service_tier: tier
  status: status
{prompt}
tokens: {{input: input, output: output, cache_read: cached, input_includes: [cache_read]}}
"""

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday."""

CALL: Mapping[str, object] = {"endpoint": "chat", "model": "gpt-4o", "input": 1000, "output": 100}


def call(seconds: float, **changes: object) -> dict[str, object]:
    """Return one record, so many seconds after the start."""
    at = START + timedelta(seconds=seconds)
    return {**CALL, "at": at.isoformat(), **changes}


def logged(folder: Path, calls: Sequence[Mapping[str, object]]) -> tuple[object, ...]:
    """Write a log and return the words that read it."""
    log, form = folder / "calls.jsonl", folder / "own.yaml"
    lines = (json.dumps({"id": f"c{number}", **one}) for number, one in enumerate(calls))
    log.write_text("\n".join(lines) + "\n", "utf-8")
    # A log has prompts, or blocks that were hashed before.
    hashed = any("blocks" in one for one in calls)
    prompt = "  prefix_hashes: blocks" if hashed else "text: prompt"
    form.write_text(FORMAT.format(prompt=prompt), "utf-8")
    return log, "--log-format", form


def result(run: Any, *words: object) -> dict[str, Any]:
    """Return what `measure --json` found."""
    done = run("measure", *words, "--json")
    assert done.code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found


def estimates(found: Mapping[str, Any], estimator: str, **where: object) -> list[dict[str, Any]]:
    """Return the estimates of one estimator that have these values."""
    return [
        one
        for one in found["estimates"]
        if one["estimator"] == estimator
        and all(one[name] == value for name, value in where.items())
    ]


def estimate(found: Mapping[str, Any], estimator: str, **where: object) -> dict[str, Any]:
    """Return the one estimate with these values."""
    (one,) = estimates(found, estimator, **where)
    return one


def detail(found: Mapping[str, Any], table: str, **where: object) -> dict[str, Any]:
    """Return the one row of a table of details with these values."""
    rows = [
        row
        for row in found["details"][table]
        if all(row[name] == value for name, value in where.items())
    ]
    (one,) = rows
    return one
