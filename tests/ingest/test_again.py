"""Reading again: what is known adds nothing, what was appended is added, what changed replaces."""

import json
import os
import shutil

import pytest

from tests.ingest.records import file_of, record, total_of, write


def fine(number: int, **changes: object) -> dict[str, object]:
    """Return a call whose time has a fraction, so that an equal record is the same call."""
    return record(number, timestamp=f"2026-11-01T12:00:{number % 60:02d}.{number:06d}", **changes)


def test_a_second_ingest_changes_nothing(run, tmp_path):
    write(tmp_path / "a.jsonl", [fine(n) for n in range(1, 6)])
    run("ingest", "a.jsonl")
    before = run("breakdown", "--json").stdout
    again = file_of(run("ingest", "a.jsonl", "--json"))
    assert again["unchanged"]
    assert run("breakdown", "--json").stdout == before


def test_a_copy_under_another_name_adds_nothing(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1), record(1), record(2)])
    run("ingest", "a.jsonl")
    shutil.copy(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert file_of(run("ingest", "b.jsonl", "--json"))["new_rows"] == 0


def test_equal_rows_of_one_file_all_count_when_nothing_tells_them_apart(run, tmp_path):
    same = record(1, request_id="auto")
    write(tmp_path / "a.jsonl", [same, same, same])
    assert file_of(run("ingest", "a.jsonl", "--json"))["new_rows"] == 3
    write(tmp_path / "b.jsonl", [same, same, same, same])
    assert file_of(run("ingest", "b.jsonl", "--json"))["new_rows"] == 1


@pytest.mark.parametrize("same", [fine(1), record(1)], ids=["sub-second time", "request id"])
def test_an_exact_repeat_of_a_record_with_evidence_is_a_duplicate(run, tmp_path, same):
    write(tmp_path / "a.jsonl", [same, same])
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["duplicates"]) == (1, 1)


def test_one_request_id_may_make_two_calls(run, tmp_path):
    write(
        tmp_path / "a.jsonl",
        [fine(1), fine(1, endpoint="embedding", model="text-embedding-3-large")],
    )
    assert file_of(run("ingest", "a.jsonl", "--json"))["new_rows"] == 2


def test_only_what_was_appended_is_read(run, tmp_path):
    write(tmp_path / "a.jsonl", [fine(n) for n in range(1, 4)])
    run("ingest", "a.jsonl")
    with (tmp_path / "a.jsonl").open("a") as out:
        out.write(json.dumps(fine(4)) + "\nbroken\n")
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["records"], found["new_rows"], found["duplicates"]) == (2, 1, 0)
    assert found["first_reject"] == "line 5: not JSON"
    assert total_of(run("breakdown", "--json"))["requests"] == 4


def test_an_incomplete_last_line_is_read_once_it_is_whole(run, tmp_path):
    whole = json.dumps(fine(2))
    (tmp_path / "a.jsonl").write_text(json.dumps(fine(1)) + "\n" + whole[:40])
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["rejected"]) == (1, 1)
    assert found["first_reject"] == "line 2: incomplete last line"
    (tmp_path / "a.jsonl").write_text(json.dumps(fine(1)) + "\n" + whole + "\n")
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["rejected"]) == (1, 0)


def test_a_file_that_grew_by_equal_rows_is_counted_right(run, tmp_path):
    same = record(1, request_id="auto")
    write(tmp_path / "a.jsonl", [same, same])
    run("ingest", "a.jsonl")
    write(tmp_path / "a.jsonl", [same, same, same])
    assert file_of(run("ingest", "a.jsonl", "--json"))["new_rows"] == 1


def test_a_copy_that_grew_by_equal_rows_is_counted_right(run, tmp_path):
    same = record(1, request_id="auto")
    calls = 0
    for name, copies in (("a", 2), ("b", 2), ("b", 3), ("b", 4), ("a", 5)):
        write(tmp_path / f"{name}.jsonl", [same] * copies)
        found = file_of(run("ingest", f"{name}.jsonl", "--json"))
        calls += found["new_rows"]
        # As many calls as the file with most of them holds.
        assert (calls, found["replaced"]) == (copies, 0)
    assert total_of(run("breakdown", "--json"))["requests"] == 5


def test_a_rewritten_file_adds_only_what_is_new(run, tmp_path):
    write(tmp_path / "a.jsonl", [fine(1), fine(2)])
    run("ingest", "a.jsonl")
    write(tmp_path / "a.jsonl", [fine(2), fine(3)])
    os.utime(tmp_path / "a.jsonl", ns=(0, 10**9))
    found = file_of(run("ingest", "a.jsonl", "--json"))
    assert (found["new_rows"], found["duplicates"]) == (1, 1)


def test_a_rollup_bucket_is_replaced_by_a_later_file(run, tmp_path):
    header = "occurred_at,endpoint,model,requests,input_uncached,output\n"
    row = "2026-11-01T00:00:00Z,rag,gpt-4o-2024-08-06,{},{},5\n"
    (tmp_path / "a.csv").write_text(header + row.format(10, 100) + row.format(5, 50))
    run("ingest", "a.csv")
    assert total_of(run("breakdown", "--json"))["requests"] == 15
    (tmp_path / "b.csv").write_text(header + row.format(20, 200))
    found = file_of(run("ingest", "b.csv", "--json"))
    assert (found["new_rows"], found["replaced"]) == (0, 1)
    total = total_of(run("breakdown", "--json"))
    assert (total["requests"], total["tokens"]["input_uncached"]) == (20, 200)


@pytest.mark.parametrize("setting", ["status=error", "cache_hit=true", "reasoning=3"])
def test_what_only_a_setting_said_of_a_bucket_is_gone_with_it(run, tmp_path, setting):
    """The row is replaced even where nothing that the log itself says has changed."""
    head = "id,date,model,prompt_tokens,completion_tokens,api_requests\n"
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(head + "d1,2026-11-09,gpt-4o,70,5,2\n")
    alone = total_of(run("breakdown", "b.csv", "--json"))
    run("ingest", "a.csv", "--set", setting)
    assert total_of(run("breakdown", "--json")) != alone
    found = file_of(run("ingest", "b.csv", "--json"))
    assert (found["new_rows"], found["replaced"]) == (0, 1)
    assert total_of(run("breakdown", "--json")) == alone


def test_a_count_that_only_a_setting_reads_outlasts_a_later_row_of_the_same_call(run, tmp_path):
    """Of each count the largest one that any row of the call has told stays."""
    call = {
        "CorrelationId": "c1",
        "TimeGenerated": "2026-11-09T07:00:00Z",
        "ModelName": "gpt-4o",
        "PromptTokens": 100,
        "CompletionTokens": 8,
        "TotalTokens": 108,
    }
    write(tmp_path / "a.jsonl", [{**call, "Cached": 40}])
    write(tmp_path / "b.jsonl", [{**call, "CompletionTokens": 20, "TotalTokens": 120}])
    run("ingest", "a.jsonl", "--map", "cache_read=Cached")
    run("ingest", "b.jsonl")
    tokens = total_of(run("breakdown", "--json"))["tokens"]
    assert (tokens["input_uncached"], tokens["cache_read"], tokens["output"]) == (100, 40, 20)


def test_standard_input_is_a_file_like_any_other(run):
    text = "".join(json.dumps(fine(n)) + "\n" for n in (1, 2))
    assert file_of(run("ingest", "-", "--json", stdin=text))["new_rows"] == 2
    assert file_of(run("ingest", "-", "--json", stdin=text))["new_rows"] == 0


def test_folders_and_patterns_are_read_in_order_and_once(run, tmp_path):
    for name in ("x/a.jsonl", "x/deep/b.jsonl", "y.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, [fine(len(name))])
    result = json.loads(run("ingest", "x", "*.jsonl", "x/a.jsonl", "--json").stdout)["result"]
    assert [f["path"] for f in result["files"]] == ["x/a.jsonl", "x/deep/b.jsonl", "y.jsonl"]
    assert result["total"]["new_rows"] == 3


def test_a_set_model_does_not_make_a_known_row_new(run, tmp_path):
    rows = [
        {"prompt_tokens": 10, "completion_tokens": n, "ts": f"2026-11-01T00:00:0{n}.5"}
        for n in range(3)
    ]
    write(tmp_path / "a.jsonl", rows)
    run("ingest", "a.jsonl", "--set", "model=gpt-4o")
    found = file_of(run("ingest", "a.jsonl", "--set", "model=gpt-4o-mini", "--json"))
    assert (found["new_rows"], found["duplicates"]) == (0, 3)


CSV = "request_id,model,prompt_tokens,completion_tokens,estimated_cost_usd,timestamp,endpoint\n"


def test_a_csv_that_is_being_written_is_read_right_wherever_it_was_cut(run, tmp_path):
    rows = [f"r{n},gpt-4o,1{n},5,0.1,2026-11-01T12:00:0{n}.25Z,endpoint_{n}\n" for n in range(4)]
    whole = CSV + "".join(rows)
    ends = [len(CSV) + len(rows[0]) + at for at in (0, 9, len(rows[1]) - 4, len(rows[1]) - 1)]
    for end in [*ends, len(whole) - 3, len(whole)]:
        (tmp_path / "a.csv").write_text(whole[:end])
        os.utime(tmp_path / "a.csv", ns=(0, end))
        assert run("ingest", "a.csv").code == 0
    result = json.loads(
        run("breakdown", "--by", "endpoint", "--sort", "endpoint:asc", "--json").stdout
    )
    found = [(row["endpoint"], row["requests"]) for row in result["result"]["rows"]]
    assert found == [(f"endpoint_{n}", 1) for n in range(4)]
    assert result["result"]["total"]["tokens"]["input_uncached"] == 10 + 11 + 12 + 13
