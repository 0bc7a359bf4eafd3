"""What was compiled before is used again, and then nobody pays for YAML."""

import subprocess
import sys
from pathlib import Path

RUN = """
import sys
from costctl.cli import main
code = main(sys.argv[1:])
print(code, "yaml" in sys.modules, "costctl.pricebook.compile" in sys.modules, file=sys.stderr)
"""


def run(folder: Path, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *args],
        cwd=folder,
        env={"HOME": str(folder), "COSTCTL_AS_OF": "2026-11-23"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.strip().splitlines()[-1]


def test_a_table_that_was_compiled_before_is_read_without_yaml(tmp_path: Path):
    assert run(tmp_path, "pricing", "explain", "gpt-4o") == "0 True True"
    assert run(tmp_path, "pricing", "explain", "gpt-4o") == "0 False False"


def test_help_touches_no_price(tmp_path: Path):
    assert run(tmp_path, "pricing", "explain", "--help") == "0 False False"
    assert not (tmp_path / ".cache").exists()
