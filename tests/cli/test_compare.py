"""`costctl compare` as a manager reads it."""

import json
from decimal import Decimal

import pytest

from tests.cli.ledger import call, fill

EFFECTS = ("volume_usd", "mix_usd", "tokens_usd", "price_usd")


@pytest.fixture
def compare(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        *[call("2026-10-05T12:00", 2, endpoint="chat") for _ in range(10)],
        *[call("2026-10-06T12:00", 1, endpoint="old") for _ in range(5)],
        *[call("2026-11-05T12:00", 3, endpoint="chat") for _ in range(15)],
        *[call("2026-11-06T12:00", 4, endpoint="new") for _ in range(5)],
    )
    return lambda *args, **kwargs: run("compare", *args, **kwargs)


def document(result):
    return json.loads(result.stdout, parse_float=Decimal)


def test_a_sentence_stands_on_top(compare):
    result = compare("last-month", "this-month")
    assert result.code == 0
    assert result.stdout.splitlines()[0] == (
        "The cost rose by $40.00 (160.0%), from $25.00 to $65.00: "
        "a dearer mix of endpoints and models +$16.67, more tokens per request +$15.00, "
        "more requests +$8.33. New: new gpt-4o-2024-05-13. Gone: old gpt-4o-2024-05-13."
    )


def test_effects_add_up_to_the_last_digit(compare):
    result = document(compare("last-month", "this-month", "--json"))["result"]
    assert (result["before"]["cost_usd"], result["after"]["cost_usd"]) == (25, 65)
    assert result["delta_usd"] == 40
    for row in result["rows"]:
        assert abs(sum(row[name] for name in EFFECTS) - row["delta_usd"]) <= Decimal("2e-12")
    labels = {row["endpoint"]: row["label"] for row in result["rows"]}
    assert labels == {"chat": "changed", "new": "new", "old": "removed"}
    new = next(row for row in result["rows"] if row["label"] == "new")
    assert (new["mix_usd"], new["before_usd"], new["share"]) == (20, None, None)
    chat = next(row for row in result["rows"] if row["endpoint"] == "chat")
    assert chat["tokens_usd"] == 15


def test_less_than_a_cent_is_told_in_the_digits_that_count(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        call("2026-10-05T12:00", 0.0042),
        call("2026-11-05T12:00", 0.0021),
    )
    result = run("compare", "last-month", "this-month")
    assert result.stdout.splitlines()[0] == (
        "The cost fell by $0.0021 (50.0%), from $0.0042 to $0.0021: "
        "fewer tokens per request -$0.0021."
    )


def test_a_price_change_is_told_apart_from_usage(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        call("2025-05-20T12:00", 1, requested_model="o3"),
        call("2025-06-20T12:00", 1, requested_model="o3"),
    )
    result = document(run("compare", "2025-05", "2025-06", "--json", "--by", "model"))["result"]
    assert result["effects"]["price_usd"] == result["delta_usd"] == Decimal("-1.6")


def test_a_class_used_for_the_first_time_is_tokens_and_not_price(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        call("2026-10-20T12:00", 1),
        call("2026-11-20T12:00", 1, output=100_000),
    )
    result = document(run("compare", "2026-10", "2026-11", "--json"))["result"]
    assert result["effects"] == {
        "volume_usd": 0,
        "mix_usd": 0,
        "tokens_usd": Decimal("1.5"),
        "price_usd": 0,
    }


def test_a_saved_baseline_is_a_side_like_its_period(compare, run):
    assert run("baseline", "save", "--period", "last-month", "-o", "base.json").code == 0
    saved = document(compare("base.json", "this-month", "--json"))["result"]
    direct = document(compare("last-month", "this-month", "--json"))["result"]
    assert saved["rows"] == direct["rows"]
    assert saved["effects"] == direct["effects"]


def test_two_baselines_need_no_database(compare, run, tmp_path):
    run("baseline", "save", "--period", "last-month", "-o", "a.json")
    run("baseline", "save", "--period", "this-month", "-o", "b.json")
    (tmp_path / "costctl.duckdb").unlink()
    assert document(compare("a.json", "b.json", "--json"))["result"]["delta_usd"] == 40


def test_a_baseline_knows_few_dimensions(compare, run):
    run("baseline", "save", "--period", "last-month", "-o", "a.json")
    result = compare("a.json", "this-month", "--by", "user")
    assert result.code == 2
    assert "a baseline knows no user" in result.stderr


def test_a_condition_limits_both_sides(compare, run):
    run("baseline", "save", "--period", "last-month", "-o", "a.json")
    for before in ("a.json", "last-month"):
        flags = ("--json", "--where", "endpoint=chat")
        result = document(compare(before, "this-month", *flags))["result"]
        assert result["delta_usd"] == 25


def test_a_group_without_a_price_has_no_cost_and_is_told(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        call("2026-10-05T12:00", 1, requested_model="mystery-9"),
        call("2026-11-05T12:00", 1, requested_model="mystery-9"),
    )
    result = run("compare", "2026-10", "2026-11", "--json")
    (row,) = document(result)["result"]["rows"]
    assert (row["before_usd"], row["after_usd"], row["delta_usd"]) == (None, None, 0)
    codes = [w["code"] for w in document(result)["warnings"]]
    assert codes.count("unpriced") == 2


def test_a_typing_slip_is_named(compare):
    result = compare("lats-month", "this-month")
    assert result.code == 2
    assert "'lats-month' is neither a file nor a period" in result.stderr


def test_an_increase_is_no_failure_and_nothing_at_all_is_3(compare):
    assert compare("last-month", "this-month").code == 0
    assert compare("2024-01", "2024-02").code == 3


def test_sides_of_different_length_are_told(compare):
    assert "cover 31.0 and 7.0 days" in compare("last-month", "7d").stderr


def test_a_month_that_is_not_over_is_compared_by_the_day(compare):
    """Until 5 November noon: 15 calls of 3 USD in 4.5 days, against 25 USD in the 31 days of October."""
    result = compare("last-month", "this-month", "--as-of", "2026-11-05T12:00:01")
    assert result.stdout.splitlines()[1] == (
        "last-month has 31.0 days, this-month 4.5: per day the cost rose by 1140.0%, from $0.81 to $10.00."
    )
    assert "per day" not in compare("last-month", "this-month", "--as-of", "2026-12-01").stdout


@pytest.mark.parametrize(
    ("side", "said"), [("2026-12", "2026-12 has not begun"), ("2026-08", "2026-08 has no usage")]
)
def test_a_side_without_usage_is_told(compare, side, said):
    assert f"warning: {said}\n" in compare("last-month", side).stderr


def test_the_effects_fit_a_terminal_of_80_columns(compare):
    """Before, after and the percentage make room; the totals of both stand in the sentence."""
    lines = compare("last-month", "this-month", env={"COLUMNS": "80"}).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    head = next(line for line in lines if line.startswith("Endpoint"))
    assert head.split() == [
        "Endpoint",
        "Model",
        "Label",
        "Change",
        "Volume",
        "Mix",
        "Tokens",
        "Price",
    ]
