"""What the documents point to is there."""

import re

import pytest

from tests.docs.transcripts import ROOT

DOCUMENTS = sorted(
    path
    for folder in (
        ROOT,
        *(ROOT / n for n in ("docs", "benchmarks", "examples", "pricing", "sample_logs")),
    )
    for path in folder.glob("*.md")
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MODULE = re.compile(r"`(costctl/[a-z_0-9/]+\.(?:py|yaml))`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_points_to_what_exists(document):
    text = document.read_text("utf-8")
    targets = [document.parent / found for found in LINK.findall(text)]
    targets += [ROOT / found for found in MODULE.findall(text)]
    assert [str(target) for target in targets if not target.exists()] == []


def test_the_trace_names_what_the_code_calls_so():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    trace = text.partition("## Trace one command")[2]
    named = re.findall(r"`(\w+)` (?:in|of) `(costctl/[\w/]+\.py)`", trace)
    assert len(named) > 5
    for name, module in named:
        assert re.search(
            rf"^(?:def|class) {name}\b", (ROOT / module).read_text("utf-8"), re.MULTILINE
        ), name
