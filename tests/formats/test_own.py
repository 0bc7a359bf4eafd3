"""A user's own format, changes to built-in ones, rules for endpoints, and what is said about mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from costctl.errors import CostctlError
from costctl.formats import format_file
from costctl.formats._path import BadPathError, parse_path
from costctl.formats.stated import stated
from tests.formats.cases import BY_NAME, read

GATEWAY = """
formats:
  our_gateway:
    recognise: {has: [svc, usage.in, usage.out]}
    row:
      endpoint: svc
      requested_model: llm.deployment
      occurred_at: {path: at, time: ms}
      team: {value: search}
    tokens: {input: usage.in, output: usage.out, cache_read: usage.cached, input_includes: [cache_read]}
"""
RECORD = {
    "svc": "rag",
    "llm": {"deployment": "prod-4o"},
    "at": 1793534400000,
    "usage": {"in": 100, "out": 7, "cached": 40},
}


def log_of(tmp_path: Path, *records: dict[str, Any]) -> Path:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return log


def config_of(tmp_path: Path, text: str) -> Path:
    config = tmp_path / "costctl.yaml"
    config.write_text(text, "utf-8")
    return config


ROW = (
    "SELECT endpoint, requested_model, team, input_uncached, cache_read, output, "
    "strftime(occurred_at, '%Y-%m-%d'), assumed FROM usage"
)


def test_a_format_of_the_settings_is_recognised_first(tmp_path: Path):
    config = config_of(tmp_path, GATEWAY)
    store, (result,) = read(log_of(tmp_path, RECORD), configs=(config,))
    assert result.format == "our_gateway"
    assert store.connection.execute(ROW).fetchall() == [
        ("rag", "prod-4o", "search", 60, 40, 7, "2026-11-01", ["team"])
    ]


def test_flags_say_the_same(tmp_path: Path):
    maps = ("endpoint=svc", "model=llm.deployment", "timestamp=at", "input=usage.in")
    more = ("output=usage.out", "cache_read=usage.cached")
    sets = ("team=search", "input_includes=cache_read")
    store, _ = read(log_of(tmp_path, RECORD), maps=(*maps, *more), sets=sets)
    assert store.connection.execute(ROW).fetchall()[0][:7] == (
        *("rag", "prod-4o", "search", 60, 40, 7),
        "2026-11-01",
    )


def test_an_entry_changes_a_built_in_format(tmp_path: Path):
    config = config_of(
        tmp_path, "formats: {helicone_requests: {tokens: {input_includes: [cache_read]}}}"
    )
    record = json.loads(BY_NAME["helicone_requests"].log.read_text("utf-8").splitlines()[0])
    log = log_of(tmp_path, record | {"prompt_cache_read_tokens": 1000})
    store, (result,) = read(log, configs=(config,))
    assert result.format == "helicone_requests"
    rows = store.connection.execute("SELECT input_uncached, cache_read FROM usage").fetchall()
    assert rows == [(850, 1000)]


def test_rules_name_the_endpoint_before_the_log_does(tmp_path: Path):
    config = config_of(
        tmp_path,
        "endpoint:\n"
        "  - {when: {model: gpt-4o-mini*}, is: classifier}\n"
        "  - {when: {endpoint: '!embed*', tag.team: search}, is: search}\n",
    )
    base = {"prompt_tokens": 1, "completion_tokens": 1, "timestamp": "2026-11-01T00:00:00Z"}
    store, _ = read(
        log_of(
            tmp_path,
            base | {"model": "gpt-4o-mini-2024", "endpoint": "a"},
            base | {"model": "gpt-4o", "endpoint": "b", "tags": {"team": "search"}},
            base | {"model": "gpt-4o", "endpoint": "embedding", "tags": {"team": "search"}},
        ),
        configs=(config,),
    )
    rows = store.connection.execute("SELECT endpoint FROM usage ORDER BY 1").fetchall()
    assert rows == [("classifier",), ("embedding",), ("search",)]


def test_a_field_of_the_user_names_the_endpoint_where_it_is_filled(tmp_path: Path):
    base = {"prompt_tokens": 1, "completion_tokens": 1, "timestamp": "2026-11-01T00:00:00Z"}
    log = log_of(
        tmp_path,
        base | {"model": "m", "endpoint": "own", "job": {"kind": "nightly"}},
        base | {"model": "m", "endpoint": "own"},
    )
    store, _ = read(log, endpoint_from="job.kind")
    rows = store.connection.execute("SELECT endpoint FROM usage ORDER BY 1").fetchall()
    assert rows == [("nightly",), ("own",)]


MISTAKES = {
    "row: {endpont: svc}": ":1: row.endpont: unknown column; did you mean endpoint?",
    "row: {input: x}": ":1: row.input: unknown column; it belongs under tokens",
    "tokens:\n  inpt: x": ":2: tokens.inpt: unknown key; did you mean input?",
    "rows: {}": ":1: m.rows: unknown key; did you mean row?",
    "row:\n  occurred_at: {path: at, time: milis}": ":2: row.occurred_at: 'milis' is none of",
    "row: {endpoint: {path: a, value: b}}": ":1: row.endpoint: give exactly one of",
    "row: {endpoint: {path: a, match: '('}}": "is no regular expression",
    "merge: newest": ":1: merge: 'newest' is none of",
    "row: {endpoint: a..b}": "is no path",
    "keep: {path: a}": ":1: keep: no test",
    "constants: {tz: Mars/Olympus}": "is no time zone",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(text: str, tmp_path: Path):
    path = tmp_path / "m.yaml"
    path.write_text(text + "\n", "utf-8")
    with pytest.raises(CostctlError) as caught:
        format_file(path)
    assert MISTAKES[text] in str(caught.value)


def test_an_unknown_field_of_a_flag_names_the_nearest():
    with pytest.raises(CostctlError, match="did you mean endpoint"):
        stated(["endpiont=x"])


@pytest.mark.parametrize("text", ["a", "a.b", '"a.b".c', "^x", "^^x.y", "a[0].b", "a[*].b", "."])
def test_a_path_reads_back_as_it_is_written(text: str):
    assert str(parse_path(text)) == text


@pytest.mark.parametrize("text", ["", "a..b", ".a", "a[x]", 'a"b'])
def test_what_is_no_path_is_refused(text: str):
    with pytest.raises(BadPathError):
        parse_path(text)


def test_the_list_shows_built_in_formats_and_own_ones(run: Callable[..., Any], tmp_path: Path):
    config = config_of(tmp_path, GATEWAY)
    listed = json.loads(run("formats", "--config", config, "--json").stdout)["result"]["formats"]
    assert listed[0]["name"] == "our_gateway"
    assert listed[0]["user"] is True
    assert {"claude_code", "otlp_genai"} <= {entry["name"] for entry in listed}


def test_explain_says_which_format_why_and_shows_rows(run: Callable[..., Any]):
    log = BY_NAME["litellm_payload"].log
    found = json.loads(run("formats", "explain", log, "--json").stdout)["result"]
    assert found["format"] == "litellm_payload"
    assert found["matches"][0]["votes"] == 6
    assert "response_cost" in found["matches"][0]["why"]
    assert found["rows"][0]["endpoint"] == "rag_query"


def test_explain_of_an_unknown_file_names_its_keys(run: Callable[..., Any], tmp_path: Path):
    result = run("formats", "explain", log_of(tmp_path, {"foo": 1, "bar": {"baz": 2}}), "--json")
    found = json.loads(result.stdout)["result"]
    assert result.code == 2
    assert found["keys"] == ["foo", "bar", "bar.baz"]


def test_a_path_that_no_record_has_is_told_with_the_nearest(
    run: Callable[..., Any], tmp_path: Path
):
    log = log_of(tmp_path, RECORD)
    maps = ("--map", "input=usage.inn", "--map", "output=usage.out")
    result = run("ingest", log, *maps)
    assert "--map input=usage.inn: none of the first records has usage.inn" in result.stderr
    assert "did you mean usage.in?" in result.stderr
    assert "usage.out" not in result.stderr


def test_a_named_format_in_which_no_record_is_a_call_says_so(
    run: Callable[..., Any], tmp_path: Path
):
    result = run("ingest", log_of(tmp_path, RECORD), "--log-format", "claude_code")
    assert "no record is a call in the format claude_code" in result.stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere.yaml", "error: nowhere.yaml: No such file or directory"),
        ("claude_cod", "error: no log format named 'claude_cod'; did you mean claude_code?"),
        ("bad.yaml", "error: bad.yaml:1: merge: 'newest' is none of first, last"),
    ],
)
def test_a_wrong_format_is_told_before_any_log_is_read(
    named: str, said: str, run: Callable[..., Any], tmp_path: Path
):
    (tmp_path / "bad.yaml").write_text("merge: newest\n", "utf-8")
    result = run("ingest", log_of(tmp_path, RECORD), "--log-format", named)
    assert result.code == 2
    assert result.stderr.startswith(said)


def test_a_log_is_read_anew_when_the_file_that_declares_its_format_has_changed(
    run: Callable[..., Any], tmp_path: Path
):
    log, form = log_of(tmp_path, RECORD), tmp_path / "own.yaml"
    form.write_text("tokens: {input: usage.in}\n", "utf-8")
    ingest = ("ingest", log, "--log-format", form, "--json")
    assert "other options" not in run(*ingest).stdout
    assert json.loads(run(*ingest).stdout)["result"]["files"][0]["unchanged"]
    form.write_text("tokens: {input: usage.in, output: usage.out}\n", "utf-8")
    changed = run(*ingest)
    assert json.loads(changed.stdout)["result"]["total"]["new_rows"] == 1
    assert "was read before with other options" in changed.stdout


def test_an_input_mapped_as_uncached_has_nothing_taken_out(run, tmp_path):
    log = tmp_path / "calls.jsonl"
    log.write_text(
        '{"t": "2026-11-01T00:00:00Z", "m": "gpt-4o", "fresh": 1000, "hit": 400, "made": 10}\n'
    )
    names = ("occurred_at=t", "model=m", "cache_read=hit", "output=made")
    flags = [part for name in names for part in ("--map", name)]
    for field, expected in (("input_uncached", 1000), ("input", 600)):
        done = run("breakdown", log, *flags, "--map", f"{field}=fresh", "--json")
        tokens = json.loads(done.stdout)["result"]["total"]["tokens"]
        assert (tokens["input_uncached"], tokens["cache_read"]) == (expected, 400)
