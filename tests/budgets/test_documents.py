"""What the documents and the action show works as pasted."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from costctl.budgets.read import read_budgets
from tests.budgets.ledger import when

ROOT = Path(__file__).parents[2]
AIDER = ROOT.parent / "shared/data/real/aider_analytics"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOG = '{"timestamp": "2026-11-22T10:00:00Z", "endpoint": "chat", "model": "gpt-4o-2024-05-13", "input_tokens": 200000, "output_tokens": 0}\n'
BUDGETS = "version: 1\nbudgets: [{name: total, limit: LIMIT}]\n"


def blocks(document, kind):
    text = (ROOT / "docs" / document).read_text("utf-8")
    return [body for name, body in BLOCK.findall(text) if name == kind]


def folder_with(tmp_path, limit):
    (tmp_path / "logs").mkdir(exist_ok=True)
    (tmp_path / "logs" / "calls.jsonl").write_text(LOG)
    (tmp_path / "budgets.yaml").write_text(BUDGETS.replace("LIMIT", str(limit)))
    return tmp_path


def test_the_example_of_a_budget_file_is_one(tmp_path):
    (example,) = blocks("budgets.md", "yaml")
    (tmp_path / "budgets.yaml").write_text(example)
    file = read_budgets(tmp_path / "budgets.yaml", as_of=when("2026-11-23"))
    assert len(file.budgets) == 7


def commands():
    scripts = []
    for block in blocks("ci.md", "yaml"):
        document = yaml.safe_load(block)
        if isinstance(document, list):
            continue
        for job in (document.get("jobs") or document).values():
            if isinstance(job, dict):
                scripts += [step.get("run", "") for step in job.get("steps", [])]
                scripts += job.get("script", [])
    lines = "\n".join(scripts).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip().startswith("costctl")]


@pytest.mark.parametrize("limit", [0.5, 5])
def test_the_commands_of_the_pipelines_run(run, tmp_path, limit):
    folder_with(tmp_path, limit)
    found = commands()
    assert len(found) == 2
    for command in found:
        result = run(*command)
        assert result.code == (1 if limit < 1 else 0), result.stderr
    for name in ("comment.md", "costctl.xml", "costctl.json", "costctl.txt", "costctl.md"):
        assert (tmp_path / name).stat().st_size


def job(name):
    (found,) = (yaml.safe_load(b) for b in blocks("ci.md", "yaml") if f"\n  {name}:" in f"\n  {b}")
    return found["jobs"][name] if "jobs" in found else found[name]


def script_of(step):
    (found,) = (s["run"] for s in job("budget")["steps"] if s.get("name") == step)
    return found


GH = """#!/bin/sh
case "$*" in
*"/issues/7/comments --jq"*) cat ids ;;
*"--jq .body"*) cat posted.md ;;
*) echo "$1 $2" >> calls; cp comment.md posted.md; echo 41 > ids ;;
esac
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_on_github_one_comment_is_written_and_then_renewed(run, tmp_path):
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH)
    program.chmod(0o755)
    (tmp_path / "ids").touch()
    (tmp_path / "calls").touch()
    runner = {"GITHUB_REPOSITORY": "a/b", "NUMBER": "7", "PATH": f"{program.parent}:/usr/bin:/bin"}
    write = "Write or renew the comment"

    def step(name) -> None:
        subprocess.run(
            ["bash", "-e", "-c", script_of(name)],  # noqa: S607 - the runner's own shell
            cwd=tmp_path,
            env=runner,
            check=True,
        )

    def pipeline(limit) -> str:
        """Run the steps of one pipeline, as the conditions in the example say."""
        (tmp_path / "comment.md").unlink(missing_ok=True)
        step("Fetch the comment of the last run")
        folder_with(tmp_path, limit)
        env = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "out")}
        command = shlex.split(script_of("Judge the budgets"))[1:]
        assert run(*command, env=env).code == (1 if limit < 1 else 0)
        should = (tmp_path / "out").read_text().splitlines()[-1]
        if should == "should_comment=true":
            step(write)
        return (tmp_path / "calls").read_text()

    assert pipeline(5) == "pr comment\n"
    assert pipeline(5) == "pr comment\n"
    assert pipeline(0.5) == "pr comment\napi --silent\n"
    assert "FAIL: 1 FAIL" in (tmp_path / "posted.md").read_text()
    (condition,) = (s["if"] for s in job("budget")["steps"] if s.get("name") == write)
    assert condition.startswith("always() && ")


class Notes(BaseHTTPRequestHandler):
    """A merge request of GitLab that holds more notes than a page."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self.answer(self.server.notes[size * (page - 1) : size * page])

    def do_POST(self) -> None:
        self.server.notes.append({"id": 900, "body": self.told()})
        self.answer(self.server.notes[-1])

    def do_PUT(self) -> None:
        (note,) = (n for n in self.server.notes if self.path.endswith(f"/notes/{n['id']}"))
        note["body"] = self.told()
        self.answer(note)

    def told(self) -> str:
        assert self.headers["PRIVATE-TOKEN"] == "secret"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        return json.loads(body)["body"]

    def answer(self, value) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_on_gitlab_one_note_is_written_and_then_renewed(tmp_path):
    (script,) = job("llm-budget")["after_script"]
    (tmp_path / "python3").symlink_to(sys.executable)
    with HTTPServer(("127.0.0.1", 0), Notes) as server:
        server.notes = [{"id": n, "body": "<!-- other -->"} for n in range(150)]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "7",
        }

        def posts(text, token="secret") -> list[str]:  # noqa: S107 - of a server of this test
            (tmp_path / "costctl.md").write_text(f"<!-- costctl:check -->\n{text}\n")
            subprocess.run(
                ["sh", "-c", script],  # noqa: S607 - any shell will do
                cwd=tmp_path,
                env=env | {"COSTCTL_TOKEN": token},
                check=bool(token),
                capture_output=True,
            )
            return [n["body"].splitlines()[1] for n in server.notes if "costctl" in n["body"]]

        assert posts("first", token="") == []
        assert posts("first") == ["first"]
        assert posts("second") == ["second"]
        server.shutdown()
    assert len(server.notes) == 151


def test_no_example_installs_by_a_name_that_is_not_ours():
    """The public index has another program of this name."""
    for text in ((ROOT / "docs" / "ci.md").read_text(), (ROOT / "action.yml").read_text()):
        for line in text.splitlines():
            if "pip install" in line and not line.startswith("only line"):
                assert line.rstrip().endswith(('"$COSTCTL"', '"$ACTION_PATH"'))


def test_the_github_example_names_outputs_that_exist():
    text = "".join(blocks("ci.md", "yaml"))
    outputs = set(re.findall(r"steps\.costctl\.outputs\.(\w+)", text))
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert outputs <= set(action["outputs"])
    used = yaml.safe_load(next(b for b in blocks("ci.md", "yaml") if "uses: ./costctl" in b))
    assert set(used[-1]["with"]) <= set(action["inputs"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("limit", "code"), [(0.5, 1), (5, 0)])
def test_the_action_judges_and_leaves_its_outputs(tmp_path, cache, limit, code):
    folder_with(tmp_path, limit)
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = action["runs"]["steps"][-1]
    program = tmp_path / "bin" / "costctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from costctl.cli import main; raise SystemExit(main())" "$@"\n'
    )
    program.chmod(0o755)
    inputs = {"paths": "logs/\n", "fail-on": "fail", "comment": "c.md", "arguments": "--tz=UTC\n"}
    given = {
        name: inputs.get(text.strip("${} ").removeprefix("inputs."), "")
        for name, text in step["env"].items()
    }
    given["PROGRAM"] = "costctl"
    env = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(cache),
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "COSTCTL_AS_OF": "2026-11-23",
        **given,
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],  # noqa: S607 - the runner's own shell
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    outputs = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    assert set(outputs) == set(action["outputs"])
    assert outputs["verdict"] == ("fail" if code else "pass")
    assert ("::error file=budgets.yaml,line=2" in done.stdout) == bool(code)
    assert (tmp_path / "c.md").exists()


@pytest.mark.skipif(not AIDER.exists(), reason="the public call log is not beside the checkout")
def test_the_figures_on_real_usage_are_what_the_program_says(run, tmp_path):

    log = next(AIDER.glob("*.gz"))
    assert run("ingest", log).code == 0
    text = (ROOT / "docs" / "budgets.md").read_text("utf-8")
    months = {
        "2024-11": "November 2024",
        "2024-12": "December 2024",
        "2025-01": "January 2025",
        "2025-02": "February 2025",
    }
    spent = json.loads(run("breakdown", "--json", "--by", "month").stdout)["result"]["rows"]
    actuals = {row["month"]: row["cost_usd"] for row in spent}
    for month, name in months.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} "))
        actual = actuals[month]
        projected = run("forecast", "--json", "--as-of", f"{month}-11")
        total = json.loads(projected.stdout)["result"]["total"]
        assert f"| {actual:.2f} | {total['p50_usd']:.2f} ({total['method']}" in row
        assert f"| {100 * (total['p50_usd'] - actual) / actual:+.0f} % |" in row
        assert f"| {total['run_rate_usd']:.2f} |" in row
        *_, rate_error, past = [cell.strip() for cell in row.strip("| ").split("|")]
        assert rate_error == f"{100 * (total['run_rate_usd'] - actual) / actual:+.0f} %"
        known = total["error_share"] is not None
        assert past == (f"{100 * total['error_share']:.0f} %" if known else "-")
    for month in ("2024-08", "2024-10"):
        assert run("forecast", "--as-of", f"{month}-11").code == 3
    assert not list(tmp_path.glob("*.part"))
