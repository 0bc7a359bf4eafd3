"""Patterns over folders with links: every file once, by its shortest way."""

import json

import pytest

LINE = {
    "request_id": "1",
    "endpoint": "chat",
    "model": "gpt-4o",
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "timestamp": "2026-11-02T10:00:00",
}


def test_a_pattern_goes_round_no_circle_of_links(run, tmp_path):
    below = tmp_path / "logs" / "sub"
    below.mkdir(parents=True)
    for number, folder in enumerate((below.parent, below)):
        text = json.dumps({**LINE, "request_id": str(number)})
        (folder / f"{number}.jsonl").write_text(text + "\n")
    (below / "back").symlink_to(below.parent)
    (below / "gone.jsonl").symlink_to("nowhere")
    for pattern in ("logs/**/*.jsonl", "logs/**"):
        result = run("ingest", pattern, "--dry-run", "--json")
        files = json.loads(result.stdout)["result"]["files"]
        assert [file["path"] for file in files if not file["left_out"]] == [
            "logs/0.jsonl",
            "logs/sub/1.jsonl",
        ]
        assert [(file["path"], file["left_out"]) for file in files if file["left_out"]] == [
            ("logs/sub/gone.jsonl", "a link that leads nowhere")
        ]
        assert result.code == 0


def test_a_link_that_leads_nowhere_keeps_no_folder_from_being_read(run, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text(json.dumps(LINE) + "\n")
    (tmp_path / "logs" / "latest").symlink_to("nowhere")
    told = run("breakdown", "logs", "--json")
    assert told.code == 0
    assert json.loads(told.stdout)["result"]["total"]["requests"] == 1
    assert "logs/latest" in run("ingest", "logs").stdout
    (tmp_path / "logs" / "a.jsonl").unlink()
    alone = run("breakdown", "logs")
    assert alone.code == 2
    assert "logs/latest: a link that leads nowhere" in alone.stderr
    assert run("ingest", "logs/latest").code == 2


@pytest.mark.parametrize("target", ["nowhere", "latest", "a.jsonl/x"])
def test_a_link_that_leads_nowhere_is_an_error_for_whoever_names_it(run, tmp_path, target):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text(json.dumps(LINE) + "\n")
    (tmp_path / "logs" / "latest").symlink_to(target)
    assert run("ingest", "logs", "--dry-run").code == 0
    for paths in (["logs", "logs/latest"], ["logs/latest", "logs"]):
        told = run("ingest", *paths, "--dry-run", "--json")
        assert told.code == 2
        assert "logs/latest: no such file or folder" in told.stderr
        assert json.loads(told.stdout)["result"]["total"]["new_rows"] == 1
