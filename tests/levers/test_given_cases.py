"""The exact cases that the levers are held to are those that were given."""

import json
from pathlib import Path

import pytest

from tests.simulate.oracle import FILE

GIVEN = Path(__file__).parents[3] / "shared" / "data" / "lever_cases.json"


@pytest.mark.skipif(not GIVEN.exists(), reason="the cases as they were given lie elsewhere")
def test_the_cases_are_those_that_were_given():
    assert json.loads(FILE.read_text("utf-8")) == json.loads(GIVEN.read_text("utf-8"))
