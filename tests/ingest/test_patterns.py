"""Patterns over folders with links: every file once, by its shortest way."""

import json

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
        assert [file["path"] for file in files if not file.get("error")] == [
            "logs/0.jsonl",
            "logs/sub/1.jsonl",
        ]
        assert [file["path"] for file in files if file.get("error")] == ["logs/sub/gone.jsonl"]
        assert result.code == 2
