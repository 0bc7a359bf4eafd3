"""Bad rows of a CSV are named by the line on which they begin, as an editor shows it."""

import gzip
import json
import re

import pytest

TEXT = """\
timestamp,endpoint,model,prompt_tokens,completion_tokens,estimated_cost_usd
2026-11-03 10:00,"a
b",gpt-4o,1,2,0.1
2026-11-03 10:00,b,gpt-4o,x,2,0.1

2026-11-03 10:00,b,gpt-4o,1,2,0.1,7,8
2026-11-03 10:01,b,gpt-4o,1,2,bad
2026-11-03 10:00,"c
d",gpt-4o,1,y,0.1
2026-11-03 10:02,b,gpt-4o,1,2
2026-11-03 10:03,b,gpt-4o,1,z,0.1
"""


@pytest.mark.parametrize("packed", [False, True])
def test_a_bad_row_is_named_by_its_line(run, tmp_path, packed):
    log = tmp_path / "log.csv"
    log.write_bytes(gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    result = run("ingest", log, "--db", "a.duckdb")
    assert result.code == 0
    assert "line 4: input is no count of tokens" in result.stderr + result.stdout
    status = json.loads(run("status", "--rejects", "--json", "--db", "a.duckdb").stdout)
    lines = [row["line"] for row in status["result"]["rejects"]]
    assert lines == [4, 6, 7, 8, 10, 11]


def test_rows_that_are_all_fine_are_told_of_none(run, tmp_path):
    (tmp_path / "log.csv").write_text("".join(TEXT.splitlines(keepends=True)[:3]))
    result = run("ingest", "log.csv", "--dry-run")
    assert not re.search("rejected, first", result.stdout + result.stderr)
