"""The sample month is what its generator writes."""

import gzip
import runpy
import sqlite3
from pathlib import Path

import pytest

from tests.docs.transcripts import ROOT

SAMPLES = ROOT / "sample_logs" / "month"
FILES = (
    "rollup/01-29.csv",
    "lesson_jsonl/30.jsonl.gz",
    "lesson_log/31.log.gz",
    "lesson_sqlite/31.db",
)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the month anew."""
    folder = tmp_path_factory.mktemp("month")
    runpy.run_path(str(ROOT / "examples" / "sample_logs.py"))["main"]([str(folder)])
    return folder


@pytest.mark.parametrize("name", FILES)
def test_the_generator_writes_the_records_of_the_repository(month: Path, name: str):
    assert _content(month / name) == _content(SAMPLES / name)


def test_the_samples_are_a_few_megabytes():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 5_000_000


def _content(path: Path) -> object:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".db":
        connection = sqlite3.connect(path)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()
    return path.read_bytes()
