"""Writes the sample month: October 2026 of a made-up assistant with four endpoints.

    python examples/sample_logs.py [FOLDER]

The first 29 days are hourly sums (`rollup`), as a gateway would export them; the last two days are the application's own
request logs, in the three containers that applications write: JSON lines, logger lines and SQLite. The same seed
gives the same records on every run. Nothing in it comes from a real system.

What hides in the month, for the reports to find:

- `intent_classifier` answers one word on gpt-4o, the dearest model of the house;
- more than half of `rag_query` is pinned to gpt-4o-2024-05-13, which costs twice its successor;
- `document_summary` sends whole documents, some of them very long;
- `embedding` sends one item a request;
- the gateway answers some questions from its cache: no provider call, but a logged cost;
- `rag-canary-v2` is a deployment that no price table knows;
- the applications log costs with two-year-old prices, and price every unknown model as gpt-4o;
- calls fail now and then, and often on the afternoon of the 14th;
- people ask the same questions again and again.
"""

import csv
import gzip
import io
import json
import math
import random
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20261001
MONTH = datetime(2026, 10, 1, tzinfo=UTC)
ROLLUP_DAYS = 29
JSONL_DAY = MONTH + timedelta(days=29)
MIXED_DAY = MONTH + timedelta(days=30)
OUTAGE = (datetime(2026, 10, 14, 13, tzinfo=UTC), datetime(2026, 10, 14, 16, tzinfo=UTC))

WEEKDAYS = (1.10, 1.16, 1.18, 1.14, 1.02, 0.34, 0.28)  # Monday first
HOURS = (2, 1, 1, 1, 1, 2, 4, 10, 22, 32, 35, 33, 26, 30, 35, 34, 29, 22, 15, 11, 9, 7, 5, 3)
GROWTH_A_DAY = 0.004
HIT_SHARE = 0.11
ERROR_SHARE = 0.006
OUTAGE_SHARE = 0.35

OLD_PRICES = {"text-embedding-3-large": (0.13e-6, 0.0)}  # what the applications believe
OLD_GPT_4O = (5e-6, 15e-6)


@dataclass(frozen=True)
class Endpoint:
    """A feature of the application.

    Attributes:
        name: as logged.
        a_day: requests on an average day.
        models: model and its share of the requests.
        prompt, output: median tokens of a request.
        spread: of the tokens; the higher, the longer the longest prompts.
        cached: whether the gateway's cache stands before it.
    """

    name: str
    a_day: float
    models: tuple[tuple[str, float], ...]
    prompt: int
    output: int
    spread: float
    cached: bool = False


ENDPOINTS = (
    Endpoint(
        "rag_query",
        18_200,
        (("gpt-4o-2024-05-13", 0.56), ("gpt-4o", 0.433), ("rag-canary-v2", 0.007)),
        1_780,
        305,
        0.28,
        cached=True,
    ),
    Endpoint("document_summary", 5_150, (("gpt-4o", 1.0),), 2_600, 720, 0.65),
    Endpoint("intent_classifier", 23_300, (("gpt-4o", 1.0),), 117, 15, 0.22),
    Endpoint("embedding", 23_300, (("text-embedding-3-large", 1.0),), 80, 0, 0.35),
)

VERBS = ("reset", "change", "cancel", "find", "export", "renew", "share", "delete")
THINGS = ("my password", "the invoice", "a licence", "our contract", "the report", "my seat")
WHERE = (
    "",
    " in the app",
    " on the phone",
    " for my team",
    " before Friday",
    " without admin rights",
)


def main(arguments: list[str]) -> None:
    """Write the month into a folder, by default `sample_logs/month` in this repository."""
    beside = Path(__file__).parents[1] / "sample_logs" / "month"
    folder = Path(arguments[0]) if arguments else beside
    draw = random.Random(SEED)
    write_rollup(folder / "rollup" / "01-29.csv", hourly_sums(draw))
    write_jsonl(folder / "lesson_jsonl" / "30.jsonl.gz", calls(draw, JSONL_DAY))
    saturday = list(calls(draw, MIXED_DAY))
    embeddings = [call for call in saturday if call["endpoint"] == "embedding"]
    others = [call for call in saturday if call["endpoint"] != "embedding"]
    write_log(folder / "lesson_log" / "31.log.gz", others)
    write_sqlite(folder / "lesson_sqlite" / "31.db", embeddings)


def hourly_sums(draw: random.Random) -> Iterator[dict[str, object]]:
    """Yield the sums of each hour, endpoint, model and outcome."""
    for hour in range(24 * ROLLUP_DAYS):
        at = MONTH + timedelta(hours=hour)
        for endpoint in ENDPOINTS:
            for model, share in endpoint.models:
                expected = expected_calls(endpoint, at) * share
                count = max(0, round(draw.gauss(expected, math.sqrt(expected))))
                yield from outcomes(draw, endpoint, model, at, count)


def expected_calls(endpoint: Endpoint, at: datetime) -> float:
    """Return the mean number of calls in the hour that begins then."""
    growth = 1 + GROWTH_A_DAY * (at - MONTH).days
    return endpoint.a_day * growth * WEEKDAYS[at.weekday()] * HOURS[at.hour] / sum(HOURS)


def outcomes(
    draw: random.Random, endpoint: Endpoint, model: str, at: datetime, count: int
) -> Iterator[dict[str, object]]:
    """Yield the rows of one hour and model: answered, from the cache, failed."""
    errors = min(count, round(count * error_share(at) * draw.uniform(0.4, 1.6)))
    hits = round((count - errors) * HIT_SHARE * draw.uniform(0.8, 1.2)) if endpoint.cached else 0
    for requests, status, hit in (
        (count - errors - hits, "ok", False),
        (hits, "ok", True),
        (errors, "error", False),
    ):
        if requests:
            prompt, output = (0, 0) if status == "error" else sums(draw, endpoint, requests)
            yield {
                "occurred_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "endpoint": endpoint.name,
                "model": model,
                "status": status,
                "cache_hit": str(hit).lower(),
                "requests": requests,
                "input_uncached": prompt,
                "output": output,
                "logged_cost_usd": believed_cost(model, prompt, output),
            }


def error_share(at: datetime) -> float:
    """Return how many of the calls fail then."""
    return OUTAGE_SHARE if OUTAGE[0] <= at < OUTAGE[1] else ERROR_SHARE


def sums(draw: random.Random, endpoint: Endpoint, requests: int) -> tuple[int, int]:
    """Return the tokens of so many requests, in and out."""
    mean = math.exp(endpoint.spread**2 / 2)
    wobble = mean * draw.gauss(1, endpoint.spread / math.sqrt(requests))
    return round(requests * endpoint.prompt * wobble), round(requests * endpoint.output * wobble)


def believed_cost(model: str, prompt: int, output: int) -> str:
    """Return what the application thinks that the call cost."""
    dollars_in, dollars_out = OLD_PRICES.get(model, OLD_GPT_4O)
    return f"{prompt * dollars_in + output * dollars_out:.8f}"


def calls(draw: random.Random, day: datetime) -> list[dict[str, object]]:
    """Return one day's requests in the order of time."""
    found = []
    for hour in range(24):
        at = day + timedelta(hours=hour)
        for endpoint in ENDPOINTS:
            expected = expected_calls(endpoint, at)
            count = max(0, round(draw.gauss(expected, math.sqrt(expected))))
            found += [call(draw, endpoint, at) for _ in range(count)]
    return sorted(found, key=lambda call: str(call["timestamp"]))


def call(draw: random.Random, endpoint: Endpoint, hour: datetime) -> dict[str, object]:
    """Return one request as the application logs it."""
    models = [model for model, _ in endpoint.models]
    model = draw.choices(models, [share for _, share in endpoint.models])[0]
    failed = draw.random() < error_share(hour)
    hit = endpoint.cached and not failed and draw.random() < HIT_SHARE
    length = 0.0 if failed else draw.lognormvariate(0, endpoint.spread)
    prompt, output = round(endpoint.prompt * length), round(endpoint.output * length)
    # The last minute of a day stays empty, so that "the end of the month" can be said in minutes.
    seconds = draw.uniform(0, 3540 if hour.hour == 23 else 3600)  # noqa: PLR2004 - the last hour
    record: dict[str, object] = {
        "request_id": f"req_{draw.getrandbits(40):010x}",
        "endpoint": endpoint.name,
        "model": model,
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "estimated_cost_usd": float(believed_cost(model, prompt, output)),
        "timestamp": (hour + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "status": "error" if failed else "ok",
        "cache_hit": hit,
    }
    if endpoint.name in {"rag_query", "intent_classifier"}:
        record["prompt"] = question(draw)
    return record


def question(draw: random.Random) -> str:
    """Return a question; a few are asked most of the time."""
    rank = int(draw.paretovariate(0.9)) - 1
    verb, rank = VERBS[rank % len(VERBS)], rank // len(VERBS)
    thing, rank = THINGS[rank % len(THINGS)], rank // len(THINGS)
    where, rank = WHERE[rank % len(WHERE)], rank // len(WHERE)
    case = f" (case {rank})" if rank else ""
    return f"How do I {verb} {thing}{where}?{case}"


def write_rollup(path: Path, rows: Iterator[dict[str, object]]) -> None:
    """Write hourly sums as CSV."""
    first = next(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(first), lineterminator="\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(rows)
    save(path, text.getvalue().encode())


def write_jsonl(path: Path, records: list[dict[str, object]]) -> None:
    """Write one JSON object a line."""
    lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
    save(path, "".join(lines).encode())


def write_log(path: Path, records: list[dict[str, object]]) -> None:
    """Write what `logger.info(vars(record))` writes, between the lines of other loggers."""
    lines = []
    for number, record in enumerate(records):
        lines.append(f"INFO:cost.tracking:{record}\n")
        if number % 250 == 0:
            lines.append(
                'INFO:httpx:HTTP Request: POST https://example.com/chat "HTTP/1.1 200 OK"\n'
            )
    save(path, "".join(lines).encode())


def save(path: Path, content: bytes) -> None:
    """Write a file, packed when its name ends in .gz, with nothing of today in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(content, compresslevel=9, mtime=0) if path.suffix == ".gz" else content
    path.write_bytes(packed)


def write_sqlite(path: Path, records: list[dict[str, object]]) -> None:
    """Write the table `token_usage`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    columns = list(records[0])
    marks = ", ".join("?" * len(columns))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"CREATE TABLE token_usage ({', '.join(columns)})")
        rows = (tuple(record.values()) for record in records)
        connection.executemany(f"INSERT INTO token_usage VALUES ({marks})", rows)  # noqa: S608 - marks only
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
