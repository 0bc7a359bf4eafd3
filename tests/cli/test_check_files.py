"""What `costctl check` leaves for a pipeline, through the command line, with names that would like to act."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Never

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.cli.ledger import MODEL, call, fill
from tests.conftest import Result
from tests.render.ci.xsd import violations

XSD = Path(__file__).parents[1] / "render" / "ci" / "junit.xsd"
NOW = "2026-11-22T12:00"
NAMES = (
    "[red]markup[/red] [/x]",
    "\x1b[31mred\x1b[0m",
    "</script><script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "::error::boom",
    "a|b",
    "@octocat",
    "no xml \x0b\ufffe",
    "100%, done\r\n::set-output name=verdict::pass",
    "`tick` ``",
    "\u202eright to left",
    '<!-- costctl:state {"x": "pass 1.00"} --> ]]>',
    "--> x",
)
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "out.txt"}
FLAGS = ("--junit=j.xml", "--comment=c.md", "--gitlab-codequality=q.json", "--metrics=m.txt")


@pytest.fixture
def judged(run, tmp_path):
    """Judge budgets over calls with all files of a pipeline; return the run and the files' texts."""

    def _judge(budgets, *rows: object, flags=(), env=GITHUB) -> tuple[Result, dict[str, str]]:
        for name in ("costctl.duckdb", *GITHUB.values(), "j.xml", "q.json", "m.txt"):
            (tmp_path / name).unlink(missing_ok=True)
        fill(tmp_path / "costctl.duckdb", *rows)
        lines = [f"  - {json.dumps(budget)}" for budget in budgets]
        (tmp_path / "budgets.yaml").write_text("\n".join(["version: 1", "budgets:", *lines, ""]))
        result = run("check", *FLAGS, *flags, env=env)
        texts = {
            name: (tmp_path / name).read_text() for name in ("j.xml", "c.md", "q.json", "m.txt")
        }
        for name in ("s.md", "out.txt"):
            texts[name] = (tmp_path / name).read_text() if (tmp_path / name).exists() else ""
        return result, texts

    return _judge


HOSTILE: list[tuple[Result, dict[str, str]]] = []


@pytest.fixture
def hostile(judged):
    """Return what a run leaves whose names would all like to act; a worker runs it once for all tests."""
    if HOSTILE:
        return HOSTILE[0]
    budgets = [{"name": f"{name} {n}", "limit": 1} for n, name in enumerate(NAMES)]
    rows = [call(NOW, 1, endpoint=name) for name in NAMES]
    rows += [call(NOW, 1, requested_model=name) for name in NAMES]
    HOSTILE.append(judged(budgets, *rows))
    return HOSTILE[0]


def test_hostile_names_of_budgets_endpoints_and_models_act_nowhere(hostile):
    result, texts = hostile
    assert result.code == 1
    acting = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202e]")
    for text in (*texts.values(), result.stdout, result.stderr):
        assert acting.search(text) is None
    assert "\ufffe" not in texts["j.xml"]

    # JUnit: valid against the common schema, one case a check.
    assert violations(texts["j.xml"], XSD) == []
    assert texts["j.xml"].count("<testcase ") == len(NAMES)

    # OpenMetrics: read by the reference parser, one sample a check.
    families = {f.name: f for f in text_string_to_metric_families(texts["m.txt"])}
    assert len(families["costctl_budget_value"].samples) == len(NAMES)

    # Code Quality: the fields that GitLab documents, and fingerprints that tell findings apart.
    found = json.loads(texts["q.json"])
    keys = {"description", "check_name", "fingerprint", "severity", "location"}
    assert all(set(f) == keys and set(f["location"]) == {"path", "lines"} for f in found)
    assert all(re.fullmatch("[0-9a-f]{64}", f["fingerprint"]) for f in found)
    assert len({f["fingerprint"] for f in found}) == len(NAMES)

    # Step outputs: five names, each once, none from a log.
    assert [line.partition("=")[0] for line in texts["out.txt"].splitlines()] == [
        "verdict",
        "actual",
        "forecast",
        "failed",
        "should_comment",
    ]


def test_hostile_names_make_no_workflow_command(hostile):
    commands = [line for line in hostile[0].stdout.splitlines() if line.lstrip().startswith("::")]
    assert len(commands) == 10
    for line in commands[:-1]:
        head, _, message = line[2:].partition("::")
        assert re.fullmatch(r"error file=budgets\.yaml,line=[0-9]+,title=[^:,\r\n]+", head)
        assert re.search("%(?!25|0A|0D|2C|3A)", head + message) is None
    assert commands[-1] == f"::error title=costctl::{len(NAMES) - 9} more, see the summary"


def test_hostile_names_are_plain_text_in_markdown(hostile):
    for name in ("c.md", "s.md"):
        bare = re.sub(r"(`+) ?.*?[^`] ?\1(?!`)", "CODE", hostile[1][name])
        shown = re.sub(r"\\[\\`*_{}\[\]<>#|~!$^]", "", bare)
        assert "<script" not in shown
        assert "@octocat" not in shown
        hidden = [line for line in shown.splitlines() if "<!--" in line]
        assert [line.split()[1] for line in hidden] == (
            ["costctl:check", "costctl:state"] if name == "c.md" else []
        )
        for line in bare.splitlines():
            if line.startswith(("| FAIL", "| CODE")):
                assert line.replace("\\|", "").count("|") == 7


def test_backticks_of_names_stand_between_more_of_them_and_commands_are_code(hostile):
    for name in ("c.md", "s.md"):
        assert "| ``` `tick` `` 9 ``` |" in hostile[1][name]
        assert "- Next: `costctl simulate` projects what would lower the bill\n" in hostile[1][name]


def test_a_comment_with_hostile_names_is_compared_with_the_next_run(judged):
    budgets = [{"name": f"{name} {n}", "limit": 1} for n, name in enumerate(NAMES)]
    first, texts = judged(budgets, call(NOW, 5))
    assert texts["out.txt"].endswith("should_comment=true\n")
    second, texts = judged(budgets, call(NOW, 5))
    assert texts["out.txt"].endswith("should_comment=false\n")
    assert first.code == second.code == 1


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ({"GITHUB_ACTIONS": "true"}, "budgets.yaml"),
        ({"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": ".."}, "{here}/budgets.yaml"),
        ({"GITLAB_CI": "true", "CI_PROJECT_DIR": ".."}, "{here}/budgets.yaml"),
        ({"GITLAB_CI": "true", "CI_PROJECT_DIR": "/elsewhere"}, "budgets.yaml"),
    ],
)
def test_files_name_the_budget_file_from_the_root_of_the_repository(judged, tmp_path, env, path):
    """Pages of a pipeline link to it, and a fingerprint with a runner's own folder would never match."""
    env = {
        name: str((tmp_path / text).resolve()) if text == ".." else text
        for name, text in env.items()
    }
    (tmp_path / "costctl.yaml").write_text("version: 1\nbudgets: budgets.yaml\n")
    result, texts = judged([{"name": "a", "limit": 1}], call(NOW, 5), env=env)
    expected = path.format(here=tmp_path.name)
    assert json.loads(texts["q.json"])[0]["location"]["path"] == expected
    assert f'<testsuite name="{expected}"' in texts["j.xml"]
    assert "Budgets of budgets.yaml\n" in result.stdout
    if "GITHUB_ACTIONS" in env:
        assert f"::error file={expected},line=3," in result.stdout


def test_ten_thousand_rows_that_fail_stay_within_the_limits(run, tmp_path):
    lines = [
        f'{{"timestamp": "{NOW}:00Z", "endpoint": "e{n % 12}", "user_id": "u{n}", '
        f'"model": "{MODEL}", "input_tokens": {100_000 + n}, "output_tokens": 0}}'
        for n in range(10_000)
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    budgets = [f"  - {{name: b{n}, limit: 1, match: {{endpoint: e{n}}}}}" for n in range(12)]
    (tmp_path / "budgets.yaml").write_text("\n".join(["version: 1", "budgets:", *budgets]))
    result = run("check", "log.jsonl", *FLAGS, env=GITHUB)
    assert result.code == 1
    commands = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert [line.split(" ")[0] for line in commands] == ["::error"] * 10
    assert commands[-1] == "::error title=costctl::3 more, see the summary"
    spent = sum(100_000 + n for n in range(0, 10_000, 12)) * Decimal(5) / 1_000_000
    assert f"actual month: ${spent:,.2f} of $1.00, above 100%25 of the limit" in commands[0]
    assert (tmp_path / "j.xml").read_text().count("<failure ") == 12


def test_the_columns_are_the_same_whatever_the_file_holds(judged):
    rows = [call(NOW, 5), call(NOW, 0, cache_hit=True)]
    unit = {"metric": "cost_per_request", "fail": 0.0125}
    share = {"metric": "cache_hit_rate", "fail": "40%", "direction": "min"}
    for budgets in (
        [{"name": "a", "limit": 10}],
        [{"name": "u", "unit": unit}, {"name": "s", "unit": share}],
    ):
        result, _ = judged(budgets, *rows, flags=("--format", "csv"))
        assert result.stdout.splitlines()[0] == "status,budget,check,value,limit,used"
    assert result.stdout.splitlines()[1:] == [
        "FAIL,u,unit cost_per_request,5,0.0125,400",
        "PASS,s,unit cache_hit_rate,0.5,0.4,",
    ]
    table, _ = judged(budgets, *rows)
    assert "FAIL u, unit cost_per_request: $5.00, above $0.0125\n" in table.stdout
    assert re.search(r"PASS +s +unit cache_hit_rate +50\.0% +40\.0% +", table.stdout)


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("boom"), 70), (KeyboardInterrupt(), 130)]
)
def test_a_bug_and_an_interruption_are_no_verdict(run, tmp_path, monkeypatch, error, code):
    def _breaks(*_: object) -> Never:
        raise error

    fill(tmp_path / "costctl.duckdb", call(NOW, 5))
    (tmp_path / "budgets.yaml").write_text("version: 1\nbudgets: [{name: a, limit: 1}]\n")
    monkeypatch.setattr("costctl.cli._judging.judge", _breaks)
    for flags in ((), ("--exit-zero",), ("--allow-inconclusive",)):
        result = run("check", "--junit", "j.xml", *flags)
        assert (result.code, result.stdout) == (code, "")
        assert "FAIL" not in result.stderr
    assert not (tmp_path / "j.xml").exists()


@pytest.mark.parametrize("form", ["table", "plain", "markdown"])
def test_no_name_at_the_start_of_a_line_is_a_workflow_command(run, tmp_path, form):
    """A runner reads the log of every step, so every command is concerned."""
    rows = [call(NOW, 1, endpoint="::stop-commands::x"), call(NOW, 1, endpoint="  ::error::y")]
    fill(tmp_path / "costctl.duckdb", *rows)
    flags = ("--by", "endpoint", "--no-insights", "--format", form)
    result = run("breakdown", *flags, env={"GITHUB_ACTIONS": "true"})
    assert "stop-commands" in result.stdout
    assert not [line for line in result.stdout.splitlines() if line.lstrip().startswith("::")]
    assert form == "markdown" or "\n::stop-commands::x" in run("breakdown", *flags).stdout
