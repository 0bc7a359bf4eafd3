"""The exact cases that the levers are held to, and what they say about lifetimes of cached answers."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from costctl.measure.repeats import hits
from tests.simulate.oracle import FILE, ORACLE

GIVEN = Path(__file__).parents[3] / "shared" / "data" / "lever_cases.json"


@pytest.mark.skipif(not GIVEN.exists(), reason="the cases as they were given lie elsewhere")
def test_the_cases_are_those_that_were_given():
    assert json.loads(FILE.read_text("utf-8")) == json.loads(GIVEN.read_text("utf-8"))


@pytest.mark.parametrize("clock", ["sliding", "fixed"])
@pytest.mark.parametrize("case", ORACLE["ttl_estimates"], ids=lambda case: case["id"])
def test_a_repeat_within_the_lifetime_is_a_hit(case, clock):
    rows, want = case["rows"], case["expect"][clock]
    found = [0] * len(rows)
    for key in {row["key"] for row in rows}:
        places = [i for i, row in enumerate(rows) if row["key"] == key]
        both = hits([rows[i]["ts"] for i in places], case["ttl_seconds"])
        for i, hit in zip(places, both[clock == "fixed"], strict=True):
            found[i] = int(hit)
    assert found == want["hits"]
    costs = [Fraction(row["cost_usd"]) for row in rows]
    avoided = sum(cost for cost, hit in zip(costs, found, strict=True) if hit)
    assert Fraction(sum(found), len(rows)) == Fraction(want["hit_rate"])
    assert avoided / sum(costs) == Fraction(want["cost_weighted_hit_rate"])
    assert avoided == Fraction(want["avoided_usd"])
