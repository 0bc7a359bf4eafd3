"""What every question shares: scope, moment, prices and where usage comes from."""

import json
import shutil
from pathlib import Path

import pytest

from costctl.cli._dimensions import condition_of, dimensions_of
from costctl.errors import CostctlError
from costctl.user_cache import cache_folder
from costctl.vocabulary import Condition
from tests.cli.logs import call, log
from tests.cli.week import stored


def rows(result) -> int:
    assert result.code in {0, 3}, result.stderr
    return json.loads(result.stdout)["data"]["rows"]


def codes(result) -> list[str]:
    return [warning["code"] for warning in json.loads(result.stdout)["warnings"]]


@pytest.fixture
def month(run, tmp_path, cache):
    """Keep rows on both sides of a month's border, one without a time, one in the future; read once a worker."""
    calls = log(
        tmp_path / "a.jsonl",
        call(1, timestamp="2026-10-31T22:59:59Z"),
        call(2, timestamp="2026-10-31T23:00:00Z", model="gpt-4o-mini"),
        call(3, timestamp="2026-11-01T00:00:00Z", endpoint="chat"),
        call(4, timestamp="2026-11-30T00:00:00Z"),
        call(5, timestamp=None),
    )
    _, database = stored(run, cache, "month", calls)
    shutil.copy(database, tmp_path / "costctl.duckdb")
    return run


def test_without_a_window_all_but_the_future_counts(month):
    result = month("breakdown", "--json")
    assert rows(result) == 4
    assert "future_rows" in codes(result)


def test_a_row_on_a_border_belongs_to_the_later_period(month):
    assert rows(month("breakdown", "--json", "--period", "2026-11")) == 1
    assert rows(month("breakdown", "--json", "--period", "2026-11", "--tz", "Europe/Berlin")) == 2
    assert (
        rows(month("breakdown", "--json", "--period", "last-month", "--tz", "Europe/Berlin")) == 1
    )


def test_a_row_at_now_is_in_the_future(month):
    assert rows(month("breakdown", "--json", "--as-of", "2026-11-01T00:00:00Z")) == 3
    assert rows(month("breakdown", "--json", "--as-of", "2026-11-01T00:00:00.000001Z")) == 4


def test_rows_without_a_time_are_left_out_of_a_window_and_counted(month):
    for flags in (["--since", "2026-01-01"], ["--until", "2027-01-01"], ["--period", "2026"]):
        result = month("breakdown", "--json", *flags)
        assert rows(result) == 3
        assert "undated_excluded" in codes(result)


def test_conditions_hold_together(month):
    assert rows(month("breakdown", "--json", "--where", "endpoint=rag_*")) == 3
    assert (
        rows(month("breakdown", "--json", "--where", "endpoint=rag_*", "--where", "model=!*-mini"))
        == 2
    )


def test_an_empty_scope_prints_its_result_and_is_exit_3(month):
    result = month("breakdown", "--json", "--where", "endpoint=nobody")
    assert result.code == 3
    assert rows(result) == 0
    assert json.loads(result.stderr)["error"]["code"] == "no_data"


@pytest.mark.parametrize("text", ["endpoint", "endpoint=", "=x", "colour=red", "tag.=x"])
def test_a_wrong_condition_is_refused(text):
    with pytest.raises(CostctlError):
        condition_of(text)


def test_a_condition_is_split_at_its_first_sign():
    assert condition_of("tag.a=b=c") == Condition("tag.a", ("b=c",))


def test_dimensions_are_named_once():
    assert dimensions_of([], ("endpoint",)) == ("endpoint",)
    assert dimensions_of(["day, tag.team"], ()) == ("day", "tag.team")
    for text in ("", ",", "day,day", "dya"):
        with pytest.raises(CostctlError):
            dimensions_of([text], ())


def test_a_close_dimension_is_named():
    with pytest.raises(CostctlError, match="did you mean endpoint"):
        dimensions_of(["endpont"], ())


def test_logs_are_read_without_a_database_and_nothing_is_written(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), call(2, prompt_tokens=-1))
    result = run("breakdown", "a.jsonl", "--json")
    assert rows(result) == 1
    assert "rejected_lines" in codes(result)
    assert {path.name for path in tmp_path.iterdir()} <= {"a.jsonl", "home"}


def test_logs_and_a_database_exclude_each_other(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    result = run("breakdown", "a.jsonl", "--db", "x.duckdb")
    assert result.code == 2
    assert "exclude each other" in result.stderr
    assert run("breakdown", "a.jsonl", env={"COSTCTL_DB": "x.duckdb"}).code == 0


def test_flags_about_logs_need_logs(run):
    result = run("breakdown", "--map", "input=x")
    assert result.code == 2
    assert "--map explains logs" in result.stderr


def test_a_log_that_cannot_be_read_stops_the_question(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    result = run("breakdown", "a.jsonl", "gone.jsonl", "gone2.jsonl")
    assert result.code == 2
    assert "gone.jsonl: " in result.stderr
    assert "(and 1 more)" in result.stderr


def test_prices_that_are_missing_are_an_error(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    result = run("breakdown", "a.jsonl", "--pricing", "gone.yaml")
    assert result.code == 2
    assert "no price file at gone.yaml" in result.stderr


def test_prices_can_be_taken_as_known_on_a_day(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    now = json.loads(run("breakdown", "a.jsonl", "--json").stdout)
    then = run("breakdown", "a.jsonl", "--json", "--pricing", now["pricing"]["version"])
    assert json.loads(then.stdout)["result"] == now["result"]
    assert run("breakdown", "a.jsonl", "--pricing", "2020-01-01").code == 2


def test_the_price_table_may_come_from_the_environment(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    result = run("breakdown", "a.jsonl", env={"COSTCTL_PRICING": "gone.yaml"})
    assert "no price file at gone.yaml" in result.stderr


def test_prices_are_compiled_into_the_cache_of_the_user(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    assert run("breakdown", "a.jsonl", env={"XDG_CACHE_HOME": str(tmp_path / "c")}).code == 0
    assert list((tmp_path / "c/costctl").glob("prices-*"))


def test_a_price_file_of_ones_own_lies_above_the_table(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    built_in = json.loads(run("breakdown", "a.jsonl", "--json").stdout)["pricing"]
    (tmp_path / "costctl.yaml").write_text("pricing: {default_provider: azure}\n")
    own = json.loads(run("breakdown", "a.jsonl", "--json").stdout)["pricing"]
    assert own["sha256"] != built_in["sha256"]
    (tmp_path / "empty.yaml").write_text("")
    assert run("breakdown", "a.jsonl", "--pricing", "empty.yaml").code == 2


@pytest.mark.parametrize(
    ("environ", "folder"),
    [({"XDG_CACHE_HOME": "/c"}, "/c/costctl"), ({"HOME": "/h"}, "/h/.cache/costctl"), ({}, None)],
)
def test_compiled_prices_are_kept_where_the_system_keeps_such_things(monkeypatch, environ, folder):
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
        if name in environ:
            monkeypatch.setenv(name, environ[name])
    assert cache_folder() == (Path(folder) if folder else None)


def test_the_wall_clock_is_now_where_nothing_else_is_said(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1, timestamp="2999-01-01T00:00:00Z"))
    result = run("breakdown", "a.jsonl", "--json", env={"COSTCTL_AS_OF": ""})
    assert "future_rows" in codes(result)
