"""Judges a budget text over a ledger."""

from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from costctl.budgets.evidence import Case, Evidence
from costctl.budgets.judge import judge
from costctl.budgets.read import read_budgets
from tests.budgets.ledger import Call, Ledger, when


def run_of(tmp_path, text, *calls: Call, as_of="2026-11-23T00:00:00", tz="UTC", **evidence: object):
    path = tmp_path / "budgets.yaml"
    path.write_text("version: 1\n" + dedent(text))
    file = read_budgets(path, as_of=when(as_of), tz=tz)
    projected = evidence.pop("projected", lambda plan, _: pytest.fail(str(plan)))
    found = Evidence(Ledger(*calls).spent, projected, **evidence)
    return judge(file, file.budgets, Case(found, when(as_of), ZoneInfo(file.timezone or tz)))


def statuses(run):
    return [outcome.status.value for outcome in run.outcomes]
