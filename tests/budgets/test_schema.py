"""The schema for editors accepts what the reader accepts, and every output fits its own."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from costctl.budgets.units import COMPARED, METRICS
from costctl.cli.schema import schema
from costctl.vocabulary import DIMENSIONS
from tests.budgets.test_read import FULL
from tests.cli.ledger import call, daily, fill

BUDGETS = schema("budgets")


def errors(text):
    return list(Draft202012Validator(BUDGETS).iter_errors(yaml.safe_load(text)))


def test_the_whole_example_is_accepted():
    assert errors(FULL) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("limit: 3200.00", "limit: 3,200"),
        ("basis: actual", "bassis: actual"),
        ("metric: cost_per_1k_requests", "metric: cost_per_1k"),
        ("period: month", "period: moon"),
        ("reason:", "why:"),
        ("environment:", "enviroment:"),
        ("unit: {", "limit: 5\n    unit: {"),
    ],
)
def test_slips_are_refused(old, new):
    assert old in FULL
    assert errors(FULL.replace(old, new))


def test_the_schema_lists_what_the_code_knows():
    definitions = BUDGETS["$defs"]
    assert set(definitions["unit"]["properties"]["metric"]["enum"]) == set(METRICS)
    compared = set(definitions["compare"]["properties"]["metric"]["enum"])
    assert compared == set(COMPARED) - {"cost_per_user"}
    assert tuple(definitions["budget"]["properties"]["match"]["properties"]) == DIMENSIONS


TEXT = """
version: 1
budgets:
  - name: total
    limit: 10
    checks: [{basis: actual, fail: "100%"}, {basis: forecast, fail: "100%"}]
  - name: unit
    unit: {metric: cost_per_request, fail: 1}
  - name: change
    compare: {baseline: base.json, metric: cost, fail: {abs: 1}}
waivers: [{budget: total, until: "2026-12-24", reason: holiday}]
"""


def test_every_output_fits_its_schema(run, tmp_path):
    spike = call("2026-11-22T23:50", 90)
    fill(tmp_path / "costctl.duckdb", *daily("2026-09-01", 83, 1), spike)
    (tmp_path / "budgets.yaml").write_text(TEXT)
    assert run("baseline", "save", "--period", "last-month", "-o", "base.json").code == 0
    saved = json.loads((tmp_path / "base.json").read_text())
    assert list(Draft202012Validator(schema("baseline")).iter_errors(saved)) == []
    for name, args in (
        ("check", ["check"]),
        ("forecast", ["forecast", "--by", "endpoint", "--target", "30"]),
        ("compare", ["compare", "base.json", "this-month"]),
        ("baseline-show", ["baseline", "show", "base.json"]),
    ):
        document = json.loads(run(*args, "--json").stdout)
        assert document["schema"] == f"costctl.{name}/1"
        assert list(Draft202012Validator(schema(name)).iter_errors(document)) == []
