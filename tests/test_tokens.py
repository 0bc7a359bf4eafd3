"""Counting without a network, and only where it was asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from costctl import tokens
from tests.formats.cases import read


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    tokens.encoding.cache_clear()
    return tmp_path


def test_a_vocabulary_is_unpacked_once_under_the_name_that_is_looked_for(folder: Path):
    path = tokens.unpacked("o200k_base")
    assert path.name == "fb374d419588a4632f3f557e76b4b70aebbca790"
    before = path.stat().st_mtime_ns
    assert tokens.unpacked("o200k_base").stat().st_mtime_ns == before
    assert folder in path.parents


def test_known_texts_have_their_known_counts():
    assert tokens.count("hello world", "gpt-4o") == 2
    assert tokens.count("hello world", "text-embedding-3-large") == 2
    assert tokens.count("tiktoken is great!", "gpt-4") == 6


def test_a_control_token_in_a_text_is_text():
    assert tokens.count("<|endoftext|>", "gpt-4o") > 1


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-2024-08-06", "o200k_base"),
        ("azure/gpt-4.1", "o200k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        (None, "o200k_base"),
    ],
)
def test_a_model_counts_with_its_vocabulary(model: str | None, name: str):
    assert tokens.encoding_name(model) == name


def test_only_what_a_model_reads_is_counted():
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello world"}]}
    assert tokens.count_prompt(json.dumps(request), "gpt-4o") == 2


def logged(tmp_path: Path) -> Path:
    record: dict[str, Any] = {
        "category": "GatewayLogs",
        "correlationId": "g1",
        "time": "2026-11-01T00:00:00Z",
        "properties": {
            "backendUrl": "https://x.openai.azure.com/openai/deployments/prod/chat/completions",
            "responseCode": 200,
            "requestBody": json.dumps({"messages": [{"role": "user", "content": "hello world"}]}),
        },
    }
    log = tmp_path / "gateway.jsonl"
    log.write_text(json.dumps(record) + "\n", "utf-8")
    return log


QUERY = "SELECT tokens_known, billable, input_uncached, assumed FROM usage"


def test_logged_text_is_not_counted_unasked(tmp_path: Path):
    store, _ = read(logged(tmp_path))
    assert store.connection.execute(QUERY).fetchall() == [(False, False, 0, None)]


def test_logged_text_is_counted_on_request_and_marked(tmp_path: Path):
    store, _ = read(logged(tmp_path), count_tokens=True)
    assert store.connection.execute(QUERY).fetchall() == [(True, True, 2, ["input_uncached"])]
