"""A baseline comes back from its file as it was, and nothing else is taken for one."""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from costctl.baseline import Baseline, BaselineRow, from_text, to_values
from costctl.errors import CostctlError
from costctl.render.json import dumps
from costctl.vocabulary import Tokens, Window

WINDOW = Window(datetime(2026, 10, 1), datetime(2026, 11, 1))  # noqa: DTZ001 - naive UTC
ROW = BaselineRow(
    key=("rag", "gpt-4o", "openai", None, "standard"),
    step=272_001,
    requests=12,
    billable_requests=10,
    cache_hits=2,
    unpriced_requests=1,
    tokens=Tokens(input_uncached=10**15, output=7, reasoning=3),
    cost_usd=Decimal("1234.000000000001"),
    logged_cost_usd=None,
    class_cost_usd=(("input_uncached", Decimal("1233.5")), ("output", Decimal("0.500000000001"))),
)
BASELINE = Baseline(
    WINDOW, "Europe/Berlin", (ROW,), pricing={"version": "1", "sha256": "ab"}, tool_version="0.1"
)


def test_a_baseline_comes_back_as_it_was():
    assert from_text(dumps(to_values(BASELINE)), "b.json") == BASELINE


def test_keys_are_sorted_so_that_a_commit_shows_a_small_diff():
    values = json.loads(dumps(to_values(BASELINE)))
    assert list(values) == sorted(values)
    assert list(values["rows"][0]) == sorted(values["rows"][0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "costctl.baseline/2"}, "schema is 'costctl.baseline/2'"),
        ({"currency": "EUR"}, "currency is 'EUR'"),
        ({"rows": 5}, "damaged"),
        ({"rows": [5]}, "damaged"),
        ({"rows": [{}]}, "damaged"),
        ({"period": {}}, "damaged"),
        ({"period": {"since": "x", "until": "y"}}, "damaged"),
        ({"pricing": []}, "damaged"),
    ],
)
def test_another_file_is_no_baseline(change, said):
    text = json.dumps(json.loads(dumps(to_values(BASELINE))) | change)
    with pytest.raises(CostctlError, match=said):
        from_text(text, "b.json")


@pytest.mark.parametrize(
    "change",
    [
        {"requests": -1},
        {"requests": 1.5},
        {"requests": True},
        {"cost_usd": "12"},
        {"cost_usd": True},
        {"tokens": {"input": 5}},
        {"class_cost_usd": {"input": 5}},
        {"tokens": 5},
    ],
)
def test_a_damaged_row_is_refused(change):
    values = json.loads(dumps(to_values(BASELINE)))
    values["rows"][0] |= change
    with pytest.raises(CostctlError, match="damaged"):
        from_text(json.dumps(values), "b.json")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"'])
def test_no_json_object_is_no_baseline(text):
    with pytest.raises(CostctlError, match=r"b\.json is no usable baseline"):
        from_text(text, "b.json")


def test_a_baseline_without_tokens_cannot_be_priced_again():
    assert BASELINE.has_tokens
    assert not Baseline(WINDOW, "UTC", ()).has_tokens
