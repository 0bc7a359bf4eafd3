"""A schema for every output and every file, printed by the program."""

import json

import pytest
from jsonschema import Draft202012Validator

from costctl.cli import schema

CONFIG = {
    "version": 1,
    "db": "usage.duckdb",
    "timezone": "Europe/Berlin",
    "budgets": "budgets.yaml",
    "pricing": {
        "default_provider": "azure",
        "deployments": [{"deployment": "chat-prod", "model": "gpt-4o-2024-05-13", "from": None}],
        "overlays": [{"discount": "0.15", "provider": "azure", "from": "2026-01-01"}],
    },
    "formats": {"gateway": {"recognise": {"has": ["svc"]}}},
    "endpoint": [{"when": {"tag.team": "search*"}, "is": "search"}],
}


@pytest.mark.parametrize("name", schema.names())
def test_every_schema_is_one(run, name):
    result = run("schema", name)
    assert (result.code, result.stderr) == (0, "")
    Draft202012Validator.check_schema(json.loads(result.stdout))


def test_without_a_name_all_are_listed(run):
    assert run("schema").stdout.split() == schema.names()
    assert {"breakdown", "config", "ingest", "simulate", "status"} <= set(schema.names())


def test_an_unknown_name_is_exit_2_with_the_nearest(run):
    result = run("schema", "statsu")
    assert result.code == 2
    assert "did you mean status?" in result.stderr


def test_an_output_stands_in_the_envelope_that_all_share():
    status, ingest = schema.schema("status"), schema.schema("ingest")
    assert status["properties"]["schema"] == {"const": "costctl.status/1"}
    assert status["required"] == ingest["required"]
    assert status["properties"]["data"] == ingest["properties"]["data"]


def test_settings_of_all_kinds_validate_and_a_misspelt_one_does_not():
    validator = Draft202012Validator(schema.schema("config"))
    validator.validate(CONFIG)
    assert not validator.is_valid({**CONFIG, "databse": "x"})
