"""Nothing lost, nothing silent: what broken logs leave behind."""

import gzip
import json
import re
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from tests.ingest.records import file_of, record, total_of, write

BAD = (
    ('{"request_id": "x", "prompt_tok', "not JSON"),
    ("[]", "JSON but no object"),
    ("null", "JSON but no object"),
    ("17", "JSON but no object"),
    ({"prompt_tokens": -1}, "input is no count of tokens"),
    ({"prompt_tokens": 1.5}, "input is no count of tokens"),
    ({"completion_tokens": "many"}, "output is no count of tokens"),
    ({"prompt_tokens": 10**12 + 1}, "input is no count of tokens"),
    ({"prompt_tokens": float("nan")}, "input is no count of tokens"),
    ({"estimated_cost_usd": "cheap"}, "logged_cost_usd cannot be read"),
    ({"timestamp": "yesterday"}, "occurred_at is no time"),
)
"""Lines, or what is wrong with a record, and what is said of them."""


def test_a_bad_line_costs_only_itself(run, tmp_path):
    for n, (bad, _) in enumerate(BAD):
        line = bad if isinstance(bad, str) else record(100 + n, **bad)
        write(tmp_path / f"{n:02}.jsonl", [record(2 * n), "", line, record(2 * n + 1)])
    # As one file of a folder, and alone.
    together = json.loads(run("ingest", ".", "--json").stdout)["result"]["files"]
    alone = [
        file_of(run("ingest", f"{n:02}.jsonl", "--db", f"{n}.duckdb", "--json")) for n in (0, 8)
    ]
    assert [file["path"] for file in together] == [f"{n:02}.jsonl" for n in range(len(BAD))]
    assert [together[n] for n in (0, 8)] == alone
    listed = run("status", "--rejects").stdout
    for found, (_, reason) in zip(together, BAD, strict=True):
        counts = (found["records"], found["new_rows"], found["rejected"], found["blank"])
        assert counts == (3, 2, 1, 1)
        assert found["first_reject"] == f"line 3: {reason}"
        assert re.search(rf"{found['path']} +3  {reason}", listed)


def test_counts_may_be_numbers_or_text(run, tmp_path):
    values = {"text": "1850", "integer": 1850, "float": 1850.0}
    for number, (name, value) in enumerate(values.items()):
        call = record(number, endpoint=name, prompt_tokens=value, total_tokens=None)
        write(tmp_path / f"{name}.jsonl", [call])
    result = json.loads(run("breakdown", ".", "--json").stdout)["result"]
    found = {row["endpoint"]: row["tokens"]["input_uncached"] for row in result["rows"]}
    assert found == dict.fromkeys(values, 1850)


def test_a_missing_side_comes_from_the_total(run, tmp_path):
    write(
        tmp_path / "a.jsonl",
        [record(1, prompt_tokens=85, completion_tokens=None, total_tokens=100)],
    )
    run("ingest", "a.jsonl")
    tokens = total_of(run("breakdown", "--json"))["tokens"]
    assert (tokens["input_uncached"], tokens["output"]) == (85, 15)


def test_a_call_without_counts_is_unknown_and_not_free(run, tmp_path):
    write(
        tmp_path / "a.jsonl",
        [record(1, prompt_tokens=None, completion_tokens=None, total_tokens=None)],
    )
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert found["tokens_unknown"] == 1
    total = total_of(run("breakdown", "--json"))
    assert (total["cost_usd"], total["unpriced_requests"]) == (None, 1)


def test_a_row_without_a_model_or_a_time_is_kept_and_unpriced(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1, model=None), record(2, timestamp=None)])
    run("ingest", "a.jsonl")
    result = json.loads(run("breakdown", "--json").stdout)["result"]
    assert result["total"]["requests"] == 2
    assert sum(result["unpriced_reasons"].values()) == 2


def test_absurd_numbers_cost_only_their_records(run, tmp_path):
    absurd: list[tuple[str, object]] = [
        *(("timestamp", 10**exponent) for exponent in (19, 30, 38)),
        *(("timestamp", text) for text in ("-5000-01-01T00:00:00Z", "infinity")),
        *(("prompt_tokens", count) for count in (2**63 - 1, -(2**63), 10**30)),
        *(("completion_tokens", count) for count in (2**63 - 1, "9" * 40)),
        *(("estimated_cost_usd", cost) for cost in (10**13, 9.3e18, -(10**18))),
    ]
    bad = [record(n + 10, **{name: value}) for n, (name, value) in enumerate(absurd)]
    write(tmp_path / "a.jsonl", [record(1), *bad, record(2)])
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["rejected"], found["error"]) == (2, len(absurd), None)
    assert total_of(run("breakdown", "--json"))["tokens"]["input_uncached"] == 101 + 102


def test_an_absurd_time_of_a_span_costs_only_that_span(run, tmp_path):
    def span(number: int, begin: int) -> dict[str, object]:
        said = {"gen_ai.operation.name": {"stringValue": "chat"}}
        said["gen_ai.usage.input_tokens"] = {"intValue": str(number)}
        return {
            "traceId": "t",
            "spanId": f"s{number}",
            "startTimeUnixNano": begin,
            "endTimeUnixNano": begin,
            "attributes": [{"key": key, "value": value} for key, value in said.items()],
        }

    def traced(*spans: object) -> object:
        return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}

    eight = 1793606400 * 10**9
    lines = [
        traced(span(1, eight), span(2, 10**29), span(4, eight + 10**9)),
        traced(span(8, -(10**29)), span(16, eight)),
    ]
    write(tmp_path / "a.jsonl", lines)
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["error"], found["rejected"]) == (None, 2)
    assert total_of(run("breakdown", "--json"))["tokens"]["input_uncached"] == 1 + 4 + 16


def test_an_end_before_all_time_is_no_end(run, tmp_path):
    answer = {"object": "chat.completion", "id": "c", "created": 1793606400, "model": "gpt-4o"}
    answer["usage"] = {"prompt_tokens": 7, "completion_tokens": 1}
    run_ = {"id": "r", "run_type": "llm", "trace_id": "t", "start_time": "2026-11-01T12:00:00"}
    run_ |= {"end_time": "0001-01-01T00:00:00", "prompt_tokens": 5, "completion_tokens": 1}
    write(tmp_path / "a.jsonl", [run_, answer])
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["rejected"]) == (2, 0)
    assert total_of(run("breakdown", "--json"))["tokens"]["input_uncached"] == 12


def test_invalid_utf8_and_nul_bytes_are_rejected_with_their_lines(run, tmp_path):
    good = json.dumps(record(1)).encode()
    (tmp_path / "a.jsonl").write_bytes(good + b'\n{"a": "\xff"}\n{"a": "\x00"}\n')
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["rejected"]) == (1, 2)
    listed = run("status", "--rejects").stdout
    assert "2  invalid UTF-8" in listed
    assert "3  NUL byte" in listed


def test_marks_and_line_ends_change_nothing(run, tmp_path):
    for first, (mark, end) in enumerate(product((b"", b"\xef\xbb\xbf"), (b"\n", b"\r\n"))):
        lines = [json.dumps(record(3 * first + n)).encode() for n in range(3)]
        (tmp_path / f"{first}.jsonl").write_bytes(mark + end.join(lines) + end)
    files = json.loads(run("ingest", ".", "--json").stdout)["result"]["files"]
    assert [(found["records"], found["new_rows"]) for found in files] == [(3, 3)] * 4


@pytest.mark.parametrize("size", [10_000_000, 17_000_000])
def test_a_very_long_line_is_read(run, tmp_path, size):
    write(tmp_path / "a.jsonl", [record(1), record(2, prompt="x" * size), record(3)])
    assert file_of(run("ingest", "a.jsonl", "--json"))["new_rows"] == 3


def test_a_truncated_gzip_file_is_refused_and_the_others_are_read(run, tmp_path):
    packed = gzip.compress("\n".join(json.dumps(record(n)) for n in range(2000)).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    write(tmp_path / "whole.jsonl", [record(1)])
    result = run("ingest", "cut.jsonl.gz", "whole.jsonl", "--json")
    assert result.code == 2
    assert json.loads(result.stdout)["result"]["total"]["new_rows"] == 1
    assert "cut.jsonl.gz" in result.stderr


def _cut_database(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE calls (model TEXT)")
        connection.executemany("INSERT INTO calls VALUES (?)", [("x" * 500,)] * 100)
        connection.commit()
    whole = path.read_bytes()
    path.unlink()
    return whole[: len(whole) // 2]


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--strict", "--dry-run")], ids=" ".join)
def test_files_that_break_in_the_middle_leave_the_counts_of_the_others_alone(run, tmp_path, more):
    packed = [
        gzip.compress("\n".join(json.dumps(record(n)) for n in some).encode())
        for some in (range(1, 101), range(101, 3101), range(50, 151))
    ]
    packed[1] = packed[1][: len(packed[1]) // 2]
    for name, content in zip("abc", packed, strict=True):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(content)
    (tmp_path / "d.csv.zst").write_bytes(b"\x28\xb5\x2f\xfd no frame")
    (tmp_path / "d.parquet").write_bytes(b"PAR1 no footer PAR1")
    (tmp_path / "d.db").write_bytes(_cut_database(tmp_path / "whole"))
    write(tmp_path / "e.jsonl", [record(200), "{", record(201)])
    write(tmp_path / "f.jsonl", [record(200), record(150), record(202)])
    result = run("ingest", ".", "--json", *more)
    assert result.code == 2
    files = json.loads(result.stdout)["result"]["files"]
    new = {file["path"]: file["new_rows"] for file in files if not file["error"]}
    strict = "--strict" in more
    refused = {"b.jsonl.gz", "d.csv.zst", "d.parquet", "d.db"} | ({"e.jsonl"} if strict else set())
    assert {file["path"] for file in files if file["error"]} == refused
    # Of c, 50 to 100 are in a; of f, 150 is in c, and 200 in e unless e is refused as a whole.
    assert new == {"a.jsonl.gz": 100, "c.jsonl.gz": 50, "f.jsonl": 2 if strict else 1} | (
        {} if strict else {"e.jsonl": 2}
    )


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=" ".join)
def test_a_record_too_long_for_the_one_pass_way_is_read_the_thorough_way(run, tmp_path, more):
    calls = [record(n) for n in range(1, 1001)]
    calls[500]["prompt"] = "x" * (35 << 20)
    write(tmp_path / "a.jsonl", calls)
    assert file_of(run("ingest", "a.jsonl", "--json", *more))["new_rows"] == 1000


@pytest.mark.parametrize("level", [0, 6], ids=["stored", "deflated"])
def test_a_gzip_file_damaged_in_the_middle_is_refused(run, tmp_path, level):
    text = "\n".join(json.dumps(record(n)) for n in range(500)).encode()
    packed = bytearray(gzip.compress(text, compresslevel=level))
    packed[len(packed) // 2] ^= 0x10
    (tmp_path / "a.jsonl.gz").write_bytes(bytes(packed))
    write(tmp_path / "b.jsonl", [record(1)])
    result = run("ingest", "a.jsonl.gz", "b.jsonl")
    assert result.code == 2
    assert "a.jsonl.gz: cut off or damaged: " in result.stderr
    assert total_of(run("breakdown", "--json"))["requests"] == 1


def test_several_gzip_members_are_one_file(run, tmp_path):
    parts = [gzip.compress(json.dumps(record(n)).encode() + b"\n") for n in (1, 2)]
    (tmp_path / "a.log.1").write_bytes(b"".join(parts))
    assert file_of(run("ingest", "a.log.1", "--json"))["new_rows"] == 2


def test_an_empty_file_and_a_folder_without_logs_are_no_error(run, tmp_path):
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("nothing here\n")
    assert run("ingest", "empty.jsonl").code == 0
    result = run("ingest", "notes")
    assert result.code == 0
    assert "readme.txt" in result.stdout + result.stderr


def test_a_named_file_that_nothing_recognises_shows_its_keys(run, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"alpha": 1, "beta": {"gamma": 2}}\n')
    result = run("ingest", "a.jsonl")
    assert result.code == 2
    assert "alpha" in result.stderr
    assert "beta.gamma" in result.stderr
    assert "--map input=" in result.stderr


def test_a_missing_path_is_an_error_and_the_others_are_read(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1)])
    result = run("ingest", "a.jsonl", "gone.jsonl", "--json")
    assert result.code == 2
    assert json.loads(result.stdout)["result"]["total"]["new_rows"] == 1
    assert "gone.jsonl" in result.stderr


def test_strict_refuses_a_file_whole_and_reads_the_others(run, tmp_path):
    write(tmp_path / "bad.jsonl", [record(1), "nonsense"])
    write(tmp_path / "good.jsonl", [record(2)])
    result = run("ingest", "bad.jsonl", "good.jsonl", "--strict", "--json")
    assert result.code == 2
    assert "line 2: not JSON" in result.stderr
    assert total_of(run("breakdown", "--json"))["requests"] == 1


def test_a_dry_run_tells_everything_and_writes_nothing(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1), record(2)])
    found = file_of(run("ingest", "a.jsonl", "--dry-run", "--json"))
    assert found["new_rows"] == 2
    assert run("breakdown", "--json").code != 0


def test_an_excerpt_of_a_bad_line_holds_no_prompt(run, tmp_path):
    recipe = "the hidden recipe"
    write(
        tmp_path / "a.jsonl",
        [record(1), record(2, prompt_tokens=-1, messages=[{"content": recipe}])],
    )
    (tmp_path / "b.jsonl").write_text(
        json.dumps(record(3)) + '\n{"model": "m", "prompt": "' + recipe + "\n"
    )
    run("ingest", "a.jsonl", "b.jsonl")
    listed = run("status", "--rejects").stdout
    assert "r2" in listed
    assert "recipe" not in listed


def test_text_from_a_log_is_never_sql(run, tmp_path):
    hostile = "'); DROP TABLE usage_narrow; --"
    write(tmp_path / "a.jsonl", [record(1, endpoint=hostile, model=hostile)])
    run("ingest", "a.jsonl")
    (row,) = json.loads(run("breakdown", "--json").stdout)["result"]["rows"]
    assert row["endpoint"] == hostile


def test_a_path_on_the_command_line_is_never_sql(run, tmp_path):
    write(
        tmp_path / "a.jsonl",
        [{"n": 5, "m": "gpt-4o", "we\"ird'); --": 7, "t": "2026-11-01T00:00:00Z"}],
    )
    said = (
        "--map",
        "input=n",
        "--map",
        "model=m",
        "--map",
        "timestamp=t",
        "--map",
        'output="we\\"ird\'); --"',
    )
    assert run("ingest", "a.jsonl", *said[:6]).code == 0
    assert total_of(run("breakdown", "--json"))["tokens"]["input_uncached"] == 5
