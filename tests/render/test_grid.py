"""A grid is drawn by hand, because a library that can do more takes longer to load than the answer; it draws the same."""

from io import StringIO

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from costctl.render.grid import Strip, cell_len, folded, grid

RULES = Box("    \n    \n ── \n    \n    \n ── \n    \n    \n")
WORDS = st.sampled_from(
    ("gpt-4o", "text-embedding-3-large", "", "rag query", "日本語のテスト", "a b c", "e\u0301tude", "👩‍👩‍👧", "x" * 30)
)  # fmt: skip
TITLES = st.sampled_from(("endpoint", "price basis", "a very long title", "supercalifragilistic"))


@st.composite
def strips(draw):
    rows = draw(st.integers(0, 3))
    total = draw(st.booleans())
    found = []
    for left in draw(st.lists(st.booleans(), min_size=1, max_size=4)):
        title = draw(TITLES)
        texts = WORDS if left else st.sampled_from(("0", "1,234,567", "$0.01", "-"))
        cells = draw(st.lists(texts, min_size=rows + 1, max_size=rows + 1))
        widest = max(map(cell_len, (title, *cells)))
        width = draw(st.integers(10, max(widest, 10))) if left else widest
        cells = [folded(cell, width) if left else cell for cell in cells]
        found.append(Strip(title, cells[1:], cells[0] if total else None, width, left, {}))
    return found


def by_rich(columns):
    table = Table(
        box=RULES,
        show_edge=False,
        show_footer=columns[0].total is not None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for column in columns:
        table.add_column(
            Text(column.title),
            Text(column.total or ""),
            justify="left" if column.left else "right",
            width=column.width,
            no_wrap=not column.left,
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    file = StringIO()
    Console(file=file, width=1000, color_system=None, legacy_windows=False).print(table)
    return file.getvalue().splitlines()


@settings(max_examples=40, deadline=None)
@given(strips())
def test_a_grid_is_what_rich_would_draw(columns):
    ours = [line.rstrip() for line in grid(columns, "─", color=False)]
    assert ours == [line.rstrip() for line in by_rich(columns)]


def test_a_weight_and_a_colour_are_one_code():
    status = Strip(
        "status", ["PASS"], "FAIL", 6, left=True, paints={"PASS": "green", "FAIL": "red"}
    )
    assert list(grid([status], "-", color=True)) == [
        "\x1b[1mstatus\x1b[0m",
        "------",
        "\x1b[32mPASS  \x1b[0m",
        "------",
        "\x1b[1;31mFAIL  \x1b[0m",
    ]


def test_no_column_leaves_an_empty_line():
    assert list(grid([], "-", color=True)) == [""]
