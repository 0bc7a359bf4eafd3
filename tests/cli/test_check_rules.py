"""Every rule of the budget file, through the command line."""

import json
import re
import subprocess
import sys
from textwrap import dedent

import pytest

from tests.cli.ledger import MODEL, call, daily, fill
from tests.conftest import Result

NOW = "2026-11-22T12:00"


@pytest.fixture
def judge(run, tmp_path):
    """Judge a budget text over calls; without calls only the file is judged."""

    def _judge(text, *rows: object, flags=()) -> Result:
        (tmp_path / "budgets.yaml").write_text(dedent(text))
        if not rows:
            return run("check", "--validate-only", *flags)
        fill(tmp_path / "costctl.duckdb", *rows)
        return run("check", *flags)

    return _judge


def verdicts(result):
    found = json.loads(result.stdout)["result"]["budgets"]
    return [(b["name"], b["status"], b["value"]) for b in found]


ONE = "version: 1\nbudgets:\n  - name: a\n    limit: "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "budgets.yaml: the file is empty"),
        ("- 1", "budgets.yaml:1: a list where a mapping is expected"),
        (ONE + "1\n    limit: 2", "budgets.yaml:5: key limit stands twice"),
        (ONE + "!!int 1", "budgets.yaml:4: tag"),
        (ONE + "&x 1\n    period: *x", "budgets.yaml:4: anchor &x"),
        (ONE + "1\n    period: *x", "budgets.yaml:5: "),
        (
            ONE + "1\n    peroid: day",
            "budgets.yaml:5: budgets[0].peroid: unknown key; did you mean period?",
        ),
        (
            ONE + "1\n    checks:\n      - {on: actual, fail: 1}",
            "budgets.yaml:6: `on` is read as true by YAML, use `basis`",
        ),
        (ONE + "1\n    off: day", "YAML reads this word as a boolean"),
        (
            "version: 1\nbudgets:\n  - name: a\n    unit: {metric: cost_per_requst, fail: 1}",
            "did you mean cost_per_request?",
        ),
        *[
            (ONE + value, f"budgets.yaml:4: budgets[0].limit: {value!r} is no number; write digits")
            for value in (
                "3,200",
                "$3200",
                "1e3",
                ".nan",
                ".inf",
                "-5",
                "true",
                "010",
                "12:30",
                "1_000",
                "0x10",
            )
        ],
        (ONE + "null", "budgets.yaml:4: limit: 'null' is no amount; write one such as 3200.00"),
        (
            ONE + '10\n    checks: [{basis: actual, fail: "1001%"}]',
            "budgets.yaml:5: fail: 1001% is above 1000%",
        ),
        (
            ONE + '10\n    checks: [{basis: actual, warn: "90%", fail: "90%"}]',
            "budgets.yaml:5: warn is at or above fail",
        ),
        (
            ONE + "10\n    checks: [{basis: actual, warn: 9.5, fail: 9}]",
            "budgets.yaml:5: warn is at or above fail",
        ),
        (
            "version: 1\nbudgets:\n  - name: a\n    unit: {metric: cache_hit_rate, direction: min, warn: 40%, fail: 40%}",
            "budgets.yaml:4: unit: warn is at or below fail",
        ),
        (
            ONE + "1\n  - name: a\n    limit: 2",
            "budgets.yaml:5: name: 'a' stands twice (first on line 3)",
        ),
        ("version: 1\ncurrency: EUR\n" + ONE[11:] + "1", "budgets.yaml:2: currency: 'EUR'"),
        (
            ONE + "1\nwaivers:\n  - {budget: b, until: '2027-01-01', reason: x}",
            "budgets.yaml:6: budget: 'b' is no budget of this file",
        ),
        (
            ONE + "1\nwaivers:\n  - {budget: a, until: '2026-11-23', reason: x}",
            "budgets.yaml:6: until: the waiver of a ended on 2026-11-23",
        ),
    ],
)
def test_a_wrong_file_ends_with_2_and_the_line(judge, text, said):
    result = judge(text)
    assert result.code == 2
    assert result.stdout == ""
    assert said in result.stderr


def test_all_mistakes_of_a_file_are_told_at_once(judge):
    result = judge(ONE + "1e3\n    period: moon\n  - name: a\n    limit: x")
    assert [f"budgets.yaml:{line}:" in result.stderr for line in (4, 5, 6, 7)] == [True] * 4


def test_scopes_are_and_or_globs_and_negations(judge):
    text = """
    version: 1
    budgets:
      - {name: and, limit: 99, match: {endpoint: "rag_*", team: search}}
      - {name: or, limit: 99, match: {endpoint: [rag_query, chat]}}
      - {name: not, limit: 99, match: {environment: "!dev"}}
      - {name: any, limit: 99, match: {team: "*"}}
      - {name: tag, limit: 99, match: {"tag.tier": gold}}
    """
    rows = [
        call(NOW, 1, endpoint="rag_query", team="search", tags={"tier": "gold"}),
        call(NOW, 2, endpoint="rag_index", team="ads", environment="dev"),
        call(NOW, 4, endpoint="chat", environment="prod"),
        call(NOW, 8, endpoint=None),
    ]
    found = {name: value for name, _, value in verdicts(judge(text, *rows, flags=["--json"]))}
    assert found == {"and": 1, "or": 5, "not": 13, "any": 15, "tag": 1}


UNITS = (
    ("{metric: cost_per_1k_requests, warn: 1000, fail: 2000}", "pass"),
    ("{metric: cost_per_1k_requests, warn: 999.99, fail: 2000}", "warn"),
    ("{metric: cost_per_1k_requests, fail: 999.99}", "fail"),
    ("{metric: cost_per_1k_requests, fail: 1, min_requests: 11}", "skip"),
    ("{metric: cache_hit_rate, direction: min, fail: 50%}", "pass"),
    ("{metric: cache_hit_rate, direction: min, fail: 51%}", "fail"),
    ("{metric: cost_per_user, fail: 4.99}", "fail"),
    ("{metric: tokens_per_request, fail: 200000}", "pass"),
)


def test_unit_costs_are_judged(judge):
    rows = [call(NOW, 1, user_id=f"u{n % 2}") for n in range(10)]
    rows += [call(NOW, 1, cache_hit=True) for _ in range(10)]
    text = "version: 1\nbudgets:\n" + "".join(
        f"  - name: {unit!r}\n    unit: {unit}\n" for unit, _ in UNITS
    )
    found = verdicts(judge(text, *rows, flags=["--json"]))
    assert [(name, status) for name, status, _ in found] == list(UNITS)


def test_the_definition_of_a_ratio_is_part_of_the_output(judge):
    text = "version: 1\nbudgets:\n  - name: u\n    unit: {metric: output_share, fail: 90%}\n"
    document = json.loads(judge(text, call(NOW), flags=["--json"]).stdout)
    assert document["result"]["budgets"][0]["definition"] == "output tokens / tokens"


def test_a_p90_without_a_band_is_too_early(judge):
    text = """
    version: 1
    budgets:
      - name: a
        limit: 1
        checks: [{basis: forecast, fail: "100%", use: p90, on_too_early: inconclusive}]
    """
    result = judge(text, *daily("2026-11-01", 22, 1))
    assert result.code == 3
    assert "not enough past forecasts for a p90" in result.stdout
    assert judge(text, *daily("2026-08-01", 114, 1)).code == 1


def test_a_scenario_is_judged_by_its_projected_month(judge, tmp_path):
    (tmp_path / "plan.yaml").write_text(
        "version: 1\nlevers:\n  - {lever: response_cache, hit: 0.5, eligible: 1}\n"
    )
    text = """
    version: 1
    budgets: [{name: plan, simulate: {scenario: plan.yaml, limit: LIMIT}}]
    """
    rows = daily("2026-11-01", 22, 10)
    result = judge(text.replace("LIMIT", "149"), *rows, flags=["--json"])
    (name, status, value) = verdicts(result)[0]
    assert (result.code, name, status) == (1, "plan", "fail")
    assert value == pytest.approx(150)
    assert judge(text.replace("LIMIT", "151"), *rows).code == 0


def test_a_missing_scenario_is_told_by_the_line_of_its_budget(judge):
    text = """
    version: 1
    budgets:
      - {name: plan, simulate: {scenario: nope.yaml, limit: 1}}
    """
    result = judge(text, *daily("2026-11-01", 2, 10))
    assert result.code == 2
    assert re.match(
        r"error: \S*budgets\.yaml:\d: simulate: no scenario at \S*nope\.yaml\n", result.stderr
    )
    assert "relative to the budget file" in result.stderr


def test_fixed_lines_count_where_there_is_no_scope(judge, tmp_path):
    (tmp_path / "costctl.yaml").write_text(
        dedent("""
        version: 1
        pricing:
          overlays:
            - {ptu: {units: "2", usd_per_unit_hour: "0.50"}, deployment: chat-ptu, from: 2026-11-01}
        """)
    )
    text = """
    version: 1
    budgets:
      - {name: whole, limit: 1000}
      - {name: scope, limit: 1000, match: {endpoint: rag_query}}
    """
    found = verdicts(judge(text, call(NOW, 3), flags=["--json"]))
    assert [(name, value) for name, _, value in found] == [("whole", 3 + 22 * 24), ("scope", 3)]


def test_no_command_but_check_ends_with_1(judge, run):
    judge("version: 1\nbudgets: [{name: a, limit: 1}]", *daily("2026-10-01", 53, 10))
    for args in (
        ["forecast", "--target", "1"],
        ["compare", "last-month", "this-month"],
        ["compare", "this-month", "last-month"],
        ["baseline", "save", "-o", "b.json"],
    ):
        assert run(*args).code == 0


def test_a_reader_that_leaves_changes_neither_verdict_nor_files(judge, tmp_path, cache):
    judge("version: 1\nbudgets: [{name: a, limit: 1}]", call(NOW, 2))
    program = "import sys; from costctl.cli import main; sys.exit(main())"
    script = (
        f'set -o pipefail; "{sys.executable}" -c "{program}" check --as-of 2026-11-23 '
        f"--junit j.xml --format plain | true"
    )
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - any bash will do
        cwd=tmp_path,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert (tmp_path / "j.xml").exists()


def test_hostile_names_act_in_no_output(judge, run):
    name = "\\e[31m=cmd|::error::<script>"
    text = f'version: 1\nbudgets: [{{name: "{name}", limit: 1}}]'
    rows = [call(NOW, 2, endpoint="\x1b[31m::error::[/x]</script>", requested_model=MODEL)]
    judge(text, *rows)
    for form in ("table", "csv", "markdown", "plain", "jsonl", "json"):
        result = run("check", "--format", form, "--ci", "github")
        assert result.code == 1
        assert "\x1b" not in result.stdout + result.stderr
        if form != "table":
            assert not any(line.startswith("::error") for line in result.stdout.splitlines())


def test_a_projection_of_nothing_is_not_green(judge):
    text = """
    version: 1
    budgets: [{name: a, limit: 1, checks: [{basis: forecast, fail: "100%"}]}]
    """
    result = judge(text, call("2026-10-30T12:00", 1))
    assert result.code == 3
    assert "no usage in scope" in result.stdout
