"""The generated parts of the documents are what the program says now."""

import sys

import pytest
from cogapp import Cog

from tests.docs.transcripts import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_says_what_the_program_says(document, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), str(ROOT), *sys.path])
    failed = Cog().main(["cog", "--check", str(document)])
    assert failed == 0, "`make docs` writes them anew"
