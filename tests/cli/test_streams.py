"""Streams and files that are none: closed ones, folders, devices, pipes and links."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COSTCTL = Path(sys.executable).with_name("costctl")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(tmp_path, closed):
    line = f'"{COSTCTL}" breakdown - {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("folder", [".", "/", "", "here", "here/"])
def test_a_folder_is_no_file_to_write_to(run, tmp_path, folder):
    (tmp_path / "here").mkdir()
    result = run("pricing", "list", "--output", folder)
    assert (result.code, result.stdout) == (2, "")
    assert "is a folder" in result.stderr
    assert list((tmp_path / "here").iterdir()) == []


def test_a_pipe_or_device_is_written_to_and_stays_what_it_is(run, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("pricing", "digest", "-o", pipe).code == 0
        assert os.read(reading, 1 << 16)
    finally:
        os.close(reading)
    assert pipe.is_fifo()


def test_a_link_to_a_file_still_leads_to_it(run, tmp_path):
    there = tmp_path / "kept" / "prices.txt"
    there.parent.mkdir()
    there.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(there)
    assert run("pricing", "digest", "-o", link).code == 0
    assert link.is_symlink()
    assert there.read_text() != "old"
    assert [path.name for path in there.parent.iterdir()] == ["prices.txt"]


@pytest.mark.parametrize(
    "words",
    [
        ("--where", "endpoint=\udcff"),
        ("--source", "\udcff"),
        ("--set=team=\udcff",),
        ("--db", "\udcff.duckdb"),
    ],
)
def test_a_word_that_is_no_text_is_refused(run, words):
    result = run("breakdown", *words)
    assert result.code == 2
    assert "\\xff" in result.stderr
    assert "write the word in that encoding" in result.stderr
