"""Makes the logs of the benchmarks: the same ones on every machine, kept in the folder for the next run.

python benchmarks/logs.py lesson FILE ROWS
python benchmarks/logs.py claude FOLDER ROWS
python benchmarks/logs.py claude_file FILE ROWS
python benchmarks/logs.py rollup FILE
"""

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 10, 1, tzinfo=UTC)
ENDPOINTS = (
    ("rag_query", "gpt-4o-2024-05-13", 1850, 320),
    ("document_summary", "gpt-4o-2024-05-13", 3200, 800),
    ("intent_classifier", "gpt-4o-2024-05-13", 120, 15),
    ("embedding", "text-embedding-3-large", 85, 0),
)
CLAUDE_MODELS = (
    "claude-sonnet-4-5-20250929",
    "claude-opus-4-1-20250805",
    "claude-haiku-4-5-20251001",
)
CLAUDE_SHARES = (0.5, 0.2, 0.3)
ROLLUP_MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4o-2024-05-13")


def lesson(path: str, rows: str) -> None:
    """Write flat usage records in the order of time, some 215 bytes each."""
    with Path(path).open("w", encoding="utf-8") as out:
        out.writelines(lesson_lines(random.Random(1), int(rows)))


def more_lesson(path: str, rows: str) -> None:
    """Append records that are not among the first ones."""
    with Path(path).open("a", encoding="utf-8") as out:
        out.writelines(lesson_lines(random.Random(2), int(rows)))


def lesson_lines(draw: random.Random, rows: int) -> Iterator[str]:
    """Yield records; formatted by hand, since `json.dumps` would take most of the time."""
    at = START
    step = 28 * 86_400_000_000 // max(rows, 1)
    for number in range(rows):
        endpoint, model, prompt, output = ENDPOINTS[number & 3]
        prompt += draw.randint(-50, 50)
        output = max(0, output + draw.randint(-10, 10)) if output else 0
        at += timedelta(microseconds=draw.randint(1, 2 * step))
        yield (
            f'{{"request_id": "req_{draw.getrandbits(64):016x}", "endpoint": "{endpoint}", "model": "{model}", '
            f'"prompt_tokens": {prompt}, "completion_tokens": {output}, "total_tokens": {prompt + output}, '
            f'"estimated_cost_usd": {prompt * 5e-6 + output * 15e-6!r}, "timestamp": "{at.replace(tzinfo=None).isoformat()}"}}\n'
        )


def claude(folder: str, rows: str) -> None:
    """Write a tree of Claude Code sessions: 10 projects, 20 requests a session, 30 days."""
    draw = random.Random(3)
    for session in range(int(rows) // 20):
        name = f"session-{session:06d}"
        path = Path(folder) / "projects" / f"project-{session % 10}" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (
            json.dumps(claude_record(draw, name, number), separators=(",", ":"))
            for number in range(20)
        )
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def claude_file(path: str, rows: str) -> None:
    """Write the same kind of records as one file."""
    draw = random.Random(3)
    with Path(path).open("w", encoding="utf-8") as out:
        for number in range(int(rows)):
            record = claude_record(draw, f"session-{number // 20:06d}", number % 20)
            out.write(json.dumps(record, separators=(",", ":")) + "\n")


def claude_record(draw: random.Random, session: str, number: int) -> dict[str, object]:
    """Return one answer as the agent's session file keeps it."""
    at = START + timedelta(milliseconds=draw.randrange(30 * 86_400_000))
    written = draw.randint(0, 3000)
    usage = {
        "input_tokens": draw.randint(5, 2000),
        "output_tokens": draw.randint(5, 1500),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": draw.randint(0, 40_000),
        "service_tier": "standard",
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
    }
    message = {
        "id": f"msg_{session}_{number}",
        "type": "message",
        "role": "assistant",
        "model": draw.choices(CLAUDE_MODELS, CLAUDE_SHARES)[0],
        "content": [{"type": "text", "text": "x" * 80}],
        "stop_reason": "end_turn",
        "usage": usage,
    }
    return {
        "type": "assistant",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
        "sessionId": session,
        "requestId": f"req_{session}_{number}",
        "version": "2.1.0",
        "cwd": "/home/user/project",
        "isSidechain": False,
        "uuid": f"{session}-{number}",
        "message": message,
    }


def rollup(path: str) -> None:
    """Write a month of daily sums of ten endpoints on five models each."""
    draw = random.Random(4)
    lines = ["occurred_at,endpoint,model,requests,input_uncached,output"]
    for day in range(30):
        for endpoint in range(10):
            for model in ROLLUP_MODELS:
                requests = draw.randint(500, 5000)
                at = (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
                lines.append(
                    f"{at},endpoint_{endpoint},{model},{requests},"
                    f"{requests * draw.randint(100, 3000)},{requests * draw.randint(10, 800)}"
                )
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
