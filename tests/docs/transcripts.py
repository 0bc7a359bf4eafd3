"""Runs the commands that a document shows, and says what the document should show.

    python -m tests.docs.transcripts README.md docs/cli.md

rewrites the documents. In a block marked `console`, a line `$ costctl ...` is a command and what follows, up to the next
one, is its output: stdout and stderr as a terminal of 100 columns mixes them. `; echo $?` at its end shows the exit code, which
is otherwise 0; `| tail -n 3` shows the end of stdout. One document is one session: its commands share a folder in which `sample_logs` and
`examples` lie. All documents share compiled prices.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
SHOW_CODE = "; echo $?"
TAIL = " | tail -n "
PROGRAM = (sys.executable, "-c", "from costctl.cli import main; raise SystemExit(main())")


def renewed(text: str, folder: Path, cache: Path) -> str:
    """Return a document with the output that its commands have now, run in a folder."""
    for name in ("sample_logs", "examples"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "home").mkdir()
    return BLOCK.sub(lambda block: _renewed_block(block[0], folder, cache), text)


def _renewed_block(block: str, folder: Path, cache: Path) -> str:
    commands = _commands(block)
    return "".join(f"$ {command}\n{_output(command, folder, cache)}" for command in commands)


def _commands(block: str) -> list[str]:
    """Return the commands of a block; a backslash continues a line."""
    joined = block.replace("\\\n", "\\\0")
    lines = [line for line in joined.splitlines() if line.startswith("$ ")]
    return [line.removeprefix("$ ").replace("\\\0", "\\\n") for line in lines]


def _output(command: str, folder: Path, cache: Path) -> str:
    shown, tail, lines = command.removesuffix(SHOW_CODE).partition(TAIL)
    program, *arguments = shlex.split(shown.replace("\\\n", " "))
    if program != "costctl":
        raise AssertionError(f"a transcript shows costctl only, not {program}")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    settings = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(cache)}
    settings |= {"PYTHONUTF8": "1", "COLUMNS": "100"}
    done = subprocess.run(
        (*PROGRAM, *arguments),
        cwd=folder,
        env=kept | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if tail else subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if command.endswith(SHOW_CODE):
        return f"{done.stdout}{done.returncode}\n"
    if done.returncode != 0:
        raise AssertionError(
            f"$ {command}\n{done.stdout}{done.stderr or ''}ended with {done.returncode}"
        )
    if tail:
        return done.stderr + "".join(done.stdout.splitlines(keepends=True)[-int(lines) :])
    return done.stdout


def main(names: list[str]) -> None:
    """Rewrite documents."""
    with tempfile.TemporaryDirectory() as cache:
        for name in names:
            path = Path(name)
            with tempfile.TemporaryDirectory() as folder:
                text = renewed(path.read_text("utf-8"), Path(folder), Path(cache))
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
