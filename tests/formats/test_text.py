"""What people asked and what models answered stays out of the database, whatever log it comes in."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from costctl.formats import builtin, builtin_names
from costctl.store import Store
from tests.formats.cases import read

MARK = "Quokka-7Zx"
SAID = f"{MARK} asks where the invoice of {MARK} is. " * 200
CHAT = [{"role": "user", "content": SAID}]
AT = "2026-11-02T08:00:00Z"
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1793606400,
    "model": "gpt-4o",
    "choices": [{"message": {"role": "assistant", "content": SAID}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5},
}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
LITELLM = USAGE | {"model": "gpt-4o", "messages": CHAT, "response": ANSWER, "call_type": "x"}
MESSAGE = {"id": "m", "type": "message", "model": "claude-sonnet-4-5", "content": SAID} | {
    "usage": {"input_tokens": 10, "output_tokens": 5}
}
RECORDS: dict[str, dict[str, Any]] = {
    "azure_apim_llm_log": {"TimeGenerated": AT, "CorrelationId": "a", "PromptTokens": 10}
    | {"CompletionTokens": 5, "RequestMessages": json.dumps(CHAT), "ResponseMessages": SAID},
    "azure_apim_gateway_log": {"time": AT, "category": "GatewayLogs", "correlationId": "g"}
    | {
        "properties": {
            "backendUrl": "https://x.openai.azure.com/openai/deployments/d/chat/completions",
            "requestBody": json.dumps({"messages": CHAT}),
            "backendResponseBody": json.dumps(ANSWER),
        }
    },
    "bedrock_invocation": {"schemaType": "ModelInvocationLog", "timestamp": AT, "requestId": "b"}
    | {
        "modelId": "amazon.nova-lite-v1:0",
        "input": {"inputTokenCount": 10, "inputBodyJson": {"messages": CHAT}},
        "output": {"outputTokenCount": 5, "outputBodyJson": ANSWER},
    },
    "langfuse_observations": {"id": "l", "traceId": "t", "type": "GENERATION", "startTime": AT}
    | {"usageDetails": {"input": 10, "output": 5}, "input": CHAT, "output": SAID},
    "langsmith_runs": USAGE
    | {"id": "s", "trace_id": "t", "run_type": "llm", "start_time": AT, "error": None}
    | {"inputs": {"messages": CHAT}, "outputs": ANSWER},
    "litellm_payload": LITELLM | {"id": "p", "response_cost": 1, "startTime": 1793606400.0},
    "litellm_spendlogs": LITELLM | {"request_id": "q", "spend": 1, "startTime": AT},
    "portkey": {"id": "k", "created_at": AT, "ai_model": "gpt-4o", "req_units": 10, "res_units": 5}
    | {"request": {"messages": CHAT}, "response": ANSWER},
    "vertex_rr_log": {"logging_time": AT, "request_id": 1, "model": "gemini-2.5-pro"}
    | {
        "full_request": {"contents": [{"parts": [{"text": SAID}]}]},
        "full_response": {"usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5}},
    },
    "lesson_jsonl": USAGE | {"model": "gpt-4o", "timestamp": AT, "prompt": SAID, "answer": SAID},
    # These have no text to hash, and must lose it all the same.
    "claude_code": {"type": "assistant", "timestamp": AT, "sessionId": "s", "message": MESSAGE},
    "anthropic_messages": MESSAGE,
    "openai_response_objects": ANSWER,
}
CALL = {"request_id": "auto", "endpoint": "chat", "model": "gpt-4o", "prompt_tokens": 10}
CALL |= {"completion_tokens": 5, "timestamp": AT, "prompt": SAID}
OTHERS = ("llm_logs_db", "lesson_log", "lesson_sqlite")


def logs_db(path: Path) -> None:
    columns = "id, model, prompt, response, datetime_utc, input_tokens, output_tokens"
    with sqlite3.connect(path) as connection:
        for table in ("_llm_migrations", "conversations"):
            connection.execute(f"CREATE TABLE {table} (name)")
        connection.execute(f"CREATE TABLE responses ({columns})")
        row = ("r", "gpt-4o", SAID, SAID, AT, 10, 5)
        connection.execute("INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()


def usage_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE token_usage ({', '.join(CALL)})")
        row = tuple((CALL | {"endpoint": "table"}).values())
        connection.execute("INSERT INTO token_usage VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()


def database(tmp_path: Path, run: Callable[..., Any]) -> Path:
    """Read a log of each format, one of them with a broken line that quotes a prompt."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, record in RECORDS.items():
        (logs / f"{name}.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    logs_db(logs / "llm_logs_db.db")
    usage_table(logs / "usage.db")
    (logs / "app.log").write_text(f"INFO:cost.tracking:{CALL!r}\n", "utf-8")
    broken = [json.dumps({"messages": CHAT})[:-9], json.dumps([SAID])]
    broken.append(json.dumps(USAGE | {"model": "m", "timestamp": "never", "prompt": SAID}))
    with (logs / "lesson_jsonl.jsonl").open("a", encoding="utf-8") as log:
        log.write("".join(line + "\n" for line in broken))
    result = run("ingest", logs, "--count-tokens", "--db", "a.duckdb", "--json")
    files = json.loads(result.stdout)["result"]["files"]
    assert {file["format"]: file["new_rows"] for file in files} == dict.fromkeys(
        (*RECORDS, *OTHERS), 1
    )
    assert sum(file["rejected"] for file in files) == len(broken)
    return tmp_path / "a.duckdb"


def test_of_prompts_and_answers_only_hashes_enter_the_database(
    tmp_path: Path, run: Callable[..., Any]
):
    path = database(tmp_path, run)
    assert MARK.encode() not in path.read_bytes()
    # The file is compressed, so ask every value of every table as well.
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        assert len(tables) > 3
        for (table,) in tables:
            for row in connection.table(table).fetchall():
                assert MARK not in str(row), table
        found = connection.execute(
            "SELECT DISTINCT source_format FROM usage_wide WHERE request_hash IS NOT NULL"
        ).fetchall()
    hashed = {name for name in builtin_names() if builtin(name).text}
    assert {name for (name,) in found} == hashed


def test_a_log_that_leaves_the_text_out_has_no_prompts_that_repeat(tmp_path: Path):
    empty = LITELLM | {"spend": 1, "startTime": AT, "messages": "{}"}
    log = tmp_path / "spend.jsonl"
    lines = [json.dumps(empty | {"request_id": name}) + "\n" for name in "ab"]
    log.write_text("".join(lines), "utf-8")
    store, _ = read(log)
    hashes = store.connection.execute("SELECT request_hash FROM usage").fetchall()
    assert hashes == [(None,), (None,)]


@pytest.mark.parametrize(
    ("field", "flags"),
    [("prompt", ()), ("query", ()), ("asked", ("--map", "text=asked"))],
)
@pytest.mark.parametrize("named", [True, False], ids=["known", "mapped"])
def test_a_prompt_beside_the_counts_is_hashed_and_not_kept(run, tmp_path, field, flags, named):
    time, model = ("timestamp", "model") if named else ("at", "which")
    if not named:
        flags = (*flags, "--map", "occurred_at=at", "--map", "model=which")
    rows = [
        {time: f"2026-11-01T0{hour}:00:00Z", model: "gpt-4o", field: text}
        | {"prompt_tokens": 10, "completion_tokens": 1}
        for hour, text in enumerate(["Where is Rome?", "where is «Rome»", "Where is Rome?"])
    ]
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("ingest", "calls.jsonl", *flags).code == 0
    with Store.open(tmp_path / "costctl.duckdb") as store:
        found = store.connection.execute(
            "SELECT count(request_hash), count(DISTINCT request_hash), count(DISTINCT normalised_hash) FROM usage"
        ).fetchone()
    assert found == (3, 2, 1)
    assert b"Rome" not in (tmp_path / "costctl.duckdb").read_bytes()
