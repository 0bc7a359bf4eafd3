"""`costctl init` gives files that work as written."""

import pytest

from tests.cli.ledger import call, daily, fill


def test_the_files_are_valid_and_used(run, tmp_path):
    result = run("init")
    assert result.code == 0
    assert result.stdout == ""
    assert (tmp_path / "costctl.yaml").read_text().startswith("# Settings")
    assert run("check", "--validate-only").code == 0
    fill(tmp_path / "costctl.duckdb", *daily("2026-11-01", 22, 1))
    assert run("check").code == 0


def test_files_that_stand_are_not_touched_without_force(run, tmp_path):
    (tmp_path / "budgets.yaml").write_text("mine")
    result = run("init")
    assert result.code == 2
    assert "budgets.yaml is already here" in result.stderr
    assert (tmp_path / "budgets.yaml").read_text() == "mine"
    assert not (tmp_path / "costctl.yaml").exists()
    assert run("init", "--force").code == 0
    assert (tmp_path / "budgets.yaml").read_text() != "mine"


def test_limits_are_proposed_from_the_data(run, tmp_path):
    fill(
        tmp_path / "costctl.duckdb",
        *daily("2026-10-01", 53, 2, endpoint="chat"),
        *daily("2026-10-01", 53, 1, endpoint='rag "x": #1'),
        call("2026-11-20T12:00", 1, endpoint="g*b"),
        call("2026-11-20T12:00", 1, endpoint=None),
    )
    assert run("init", "--from-data").code == 0
    text = (tmp_path / "budgets.yaml").read_text()
    assert "the last 30 days cost 92.00 USD" in text
    assert "limit: 120.00" in text  # 92 x 1.2 = 110.4, two digits up
    assert "limit: 72.00" in text
    assert "limit: 36.00" in text
    assert "g*b" not in text
    result = run("check")
    assert result.code == 0
    assert 'endpoint-rag "x": #1' in result.stdout


def test_logs_without_a_database_will_do(run, tmp_path):
    rows = "\n".join(
        f'{{"timestamp": "2026-11-{day:02}T10:00:00Z", "endpoint": "chat", "model": "gpt-4o-2024-05-13", '
        '"input_tokens": 200000, "output_tokens": 0}'
        for day in range(1, 21)
    )
    (tmp_path / "log.jsonl").write_text(rows)
    result = run("init", "log.jsonl", "--from-data")
    assert result.code == 0, result.stderr
    assert "limit: 24.00" in (tmp_path / "budgets.yaml").read_text()


def test_the_database_is_named_as_seen_from_here(run, tmp_path):
    assert run("init", "--db", "data/usage.duckdb").code == 0
    assert 'db: "data/usage.duckdb"' in (tmp_path / "costctl.yaml").read_text()
    assert run("init", "--force").code == 0
    assert 'db: "data/usage.duckdb"' in (tmp_path / "costctl.yaml").read_text()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_the_zone_is_kept(run, tmp_path, zone):
    assert run("init", "--tz", zone).code == 0
    for name in ("costctl.yaml", "budgets.yaml"):
        assert f"timezone: {zone}" in (tmp_path / name).read_text()


def test_no_usage_proposes_nothing(run, tmp_path):
    fill(tmp_path / "costctl.duckdb", *daily("2026-01-01", 5, 1))
    result = run("init", "--from-data")
    assert result.code == 3
    assert "no usage in the last 30 days" in result.stderr
    assert not (tmp_path / "budgets.yaml").exists()


def test_usage_without_a_price_is_told_to_be_in_no_limit(run, tmp_path):
    rows = [*daily("2026-11-01", 22, 1), call("2026-11-20T12:00", requested_model="mystery-9")]
    fill(tmp_path / "costctl.duckdb", *rows)
    result = run("init", "--from-data")
    assert result.code == 0
    assert "warning: 1 request without a price: the proposed limits do not cover" in result.stderr
    assert result.stderr.endswith("next: costctl check\n")
