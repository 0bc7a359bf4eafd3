"""What the documents show is what the program prints."""

from pathlib import Path

import pytest

from tests.docs.transcripts import ROOT, renewed

DOCUMENTS = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if "\n$ costctl " in path.read_text("utf-8")
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_prints_what_the_document_shows(
    document: Path, tmp_path: Path, cache: Path
):
    text = document.read_text("utf-8")
    assert renewed(text, tmp_path, cache) == text, "`make docs` writes what the program prints now"


def test_the_readme_shows_at_least_five_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    assert sum(line.startswith("$ costctl ") for line in text.splitlines()) >= 5
