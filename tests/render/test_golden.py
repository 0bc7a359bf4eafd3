"""Every form of output, to the byte."""

from importlib import import_module
from typing import get_args

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension

from costctl.cli._options import Form
from costctl.render.style import Style
from tests.render.awkward import ENVELOPE, REPORT

SUFFIXES = {
    "table": "txt",
    "json": "json",
    "jsonl": "jsonl",
    "csv": "csv",
    "markdown": "md",
    "plain": "tsv",
}
WIDTHS = (80, 120, 200)


def drawn(form: str, style: Style) -> bytes:
    text: str = import_module(f"costctl.render.{form}").render(REPORT, ENVELOPE, style)
    return text.encode()


def as_file(suffix: str) -> type[SingleFileSnapshotExtension]:
    return type(f"As{suffix}", (SingleFileSnapshotExtension,), {"file_extension": suffix})


@pytest.mark.parametrize("form", get_args(Form))
def test_every_form_is_drawn_as_before(form, snapshot):
    assert drawn(form, Style()) == snapshot(extension_class=as_file(SUFFIXES[form]))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_is_drawn_as_before_at_every_width(width, snapshot):
    assert drawn("table", Style(width=width)) == snapshot(extension_class=as_file("txt"))


def test_a_table_without_unicode_is_ascii_but_for_its_data(snapshot):
    assert drawn("table", Style(width=80, unicode=False)) == snapshot(
        extension_class=as_file("txt")
    )


def test_a_table_in_colour_is_drawn_as_before(snapshot):
    assert drawn("table", Style(width=80, color=True)) == snapshot(extension_class=as_file("txt"))


@pytest.mark.parametrize("form", get_args(Form))
def test_a_form_that_is_drawn_twice_is_the_same(form):
    assert drawn(form, Style()) == drawn(form, Style())
