"""What holds for every form of output."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from costctl.cli._options import Form
from costctl.render import numbers
from costctl.render import plain as plain_form
from costctl.render import table as table_form
from costctl.render.cells import drawn, is_text
from costctl.render.csv import render as as_csv
from costctl.render.json import dumps
from costctl.render.json import render as as_json
from costctl.render.jsonl import render as as_lines
from costctl.render.markdown import code
from costctl.render.markdown import render as as_markdown
from costctl.render.style import UNSAFE, Style, clean
from costctl.table import Column, Envelope, Kind, Report, Table
from tests.render.awkward import ENVELOPE, HOSTILE, MAIN, REPORT, ROWS

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
NOW = Envelope(datetime(2026, 11, 23))  # noqa: DTZ001 - naive UTC


def report(table: Table) -> Report:
    return Report("x", (table,), {})


def one_column(kind: Kind, *values: object, **more: object) -> Table:
    rows = tuple((value,) for value in values)
    return Table("t", "", (Column("value", "value", kind),), rows, **more)  # type: ignore[arg-type]


def shown(kind: Kind, value: object) -> str:
    return drawn(one_column(kind, value), "USD").rows[0][0]


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_there_is_a_file_for_every_form():
    assert all(
        hasattr(import_module(f"costctl.render.{form}"), "render") for form in get_args(Form)
    )


@pytest.mark.parametrize("form", get_args(Form))
def test_text_from_logs_never_acts_on_a_terminal(form):
    text = import_module(f"costctl.render.{form}").render(REPORT, ENVELOPE, Style())
    allowed = "\n\t\r" if form in {"csv", "plain"} else "\n\u200b" if form == "markdown" else "\n"
    assert set(UNSAFE.findall(text)) <= set(allowed)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_file_is_a_formula(text):
    cells = csv_rows(as_csv(report(one_column(Kind.TEXT, text)), ENVELOPE, Style()))[1:]
    assert not cells or not cells[0] or not cells[0][0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_dash_alone_is_no_formula():
    assert as_csv(report(one_column(Kind.TEXT, "-")), ENVELOPE, Style()) == "value\n-\n"


def test_a_negative_number_is_no_formula():
    assert (
        as_csv(report(one_column(Kind.USD, Decimal("-1.5"))), ENVELOPE, Style()) == "value\n-1.5\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_keeps_text_in_one_cell_of_one_line(text):
    line = code(text)
    assert "\n" not in line
    assert not re.search(r"(?<!\\)\|", line)


def test_markdown_keeps_bullets_and_commands():
    lines = as_markdown(REPORT, ENVELOPE, Style()).splitlines()
    assert "- rag\\_query on gpt-4o: long prompts" in lines
    assert "`costctl simulate --route rag_query=0.4 --swap gpt-4o=gpt-4o-mini`" in lines
    assert "1\\. not a list @\u200boctocat" in lines


def test_markdown_neither_mentions_nor_links_nor_takes_html():
    text = as_markdown(REPORT, ENVELOPE, Style())
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
    assert not re.search(r"(?<!\\)<|@\w|://", outside)


def test_table_and_csv_agree_cell_for_cell():
    """Each number of the table is that of the CSV, rounded as the table rounds."""
    table = drawn(MAIN, "USD")
    machine = csv_rows(as_csv(REPORT, ENVELOPE, Style()))[1:]
    assert len(machine) == len(table.rows) == len(ROWS)
    for row, seen, exact in zip(ROWS, table.rows, machine, strict=True):
        for column, value, left, right in zip(MAIN.columns, row, seen, exact, strict=True):
            if is_text(column):
                assert left == clean(right.removeprefix("'"))
            elif value is None:
                assert (left, right) == ("-", "")
            elif column.kind is Kind.TIME:
                assert left == right.replace("T", " ")[:16]
            else:
                assert left == shown(column.kind, Decimal(right))


def test_a_piped_table_shows_every_cell_whole():
    text = table_form.render(REPORT, ENVELOPE, Style())
    cells = {cell for row in drawn(MAIN, "USD", "\N{EN DASH}").rows for cell in row}
    assert all(cell in text for cell in cells)


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_numbers_are_never_cut(width):
    text = table_form.render(REPORT, ENVELOPE, Style(width=width))
    for index, column in enumerate(MAIN.columns):
        if not is_text(column) and not column.wide_only:
            assert all(row[index] in text for row in drawn(MAIN, "USD", "\N{EN DASH}").rows)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_table_fits_the_terminal(width):
    columns = tuple(
        replace(column, wide_only=column.name not in {"endpoint", "cost"})
        for column in MAIN.columns
    )
    small = replace(MAIN, columns=columns, rows=MAIN.rows[:1], total=None)
    lines = table_form.render(report(small), ENVELOPE, Style(width=width)).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_numbers_stand_to_the_right():
    lines = table_form.render(
        report(one_column(Kind.COUNT, 1, 20_000)), NOW, Style(width=80)
    ).splitlines()
    assert lines[2:] == ["     1", "20,000"]


def test_a_long_name_is_broken_after_a_sign_of_its_own():
    assert table_form.folded("text-embedding-3-large", 20) == "text-embedding-3-\nlarge"
    assert table_form.folded("abcdefghijkl", 5) == "abcde\nfghij\nkl"
    assert table_form.folded("日本語日本語", 5) == "日本\n語日\n本語"


def test_a_long_line_is_wrapped_under_its_bullet_and_a_command_stays_whole():
    assert table_form.wrapped("- " + "word " * 10, 24) == [
        "- word word word word",
        "  word word word word",
        "  word word",
    ]
    command = "    costctl simulate --swap gpt-4o=gpt-4o-mini"
    assert table_form.wrapped(command, 20) == [command]
    assert table_form.wrapped("", 20) == []


def test_markup_in_data_is_printed_as_it_is():
    assert "[red]x[/x]" in table_form.render(REPORT, ENVELOPE, Style(width=200))


def test_without_colour_there_is_no_escape_code():
    assert "\x1b" not in table_form.render(REPORT, ENVELOPE, Style(width=80))


def test_a_status_is_a_word_also_in_colour():
    text = table_form.render(REPORT, ENVELOPE, Style(width=200, color=True))
    assert all(word in text for word in ("PASS", "WARN", "FAIL", "SKIP", "INCONCLUSIVE"))


def test_plain_output_is_one_record_a_line():
    text = plain_form.render(REPORT, ENVELOPE, Style())
    lines = text.split("\n")
    assert len(lines) == len(ROWS) + 2
    assert {line.count("\t") for line in lines[:-1]} == {len(MAIN.columns) - 1}


def test_plain_output_of_a_report_without_tables_is_its_lines():
    assert (
        plain_form.render(Report("x", (), {}, head=("a",), foot=("b",)), ENVELOPE, Style())
        == "a\nb\n"
    )


def test_a_report_without_tables_has_no_csv():
    assert as_csv(Report("x", (), {}), ENVELOPE, Style()) == ""


def test_json_money_is_a_number_of_at_most_twelve_decimals():
    assert '"cost_usd": 635.06\n' in as_json(REPORT, ENVELOPE, Style())
    assert dumps({"x": Decimal("0.1234567890125")}) == '{\n  "x": 0.123456789012\n}'
    assert dumps([1e22, 1e-7, -0.0, Decimal("-0E-5"), 5, True]) == (
        "[\n  10000000000000000000000,\n  0.0000001,\n  0,\n  0,\n  5,\n  true\n]"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_json_refuses_what_is_no_number(value):
    with pytest.raises(ValueError, match="no number"):
        dumps({"x": value})


def test_json_refuses_what_it_cannot_say():
    with pytest.raises(TypeError, match="set"):
        dumps({"x": {1}})


def test_json_is_one_document_that_keeps_every_text():
    document = json.loads(as_json(REPORT, ENVELOPE, Style()))
    assert [row["endpoint"] for row in document["result"]["rows"]] == list(HOSTILE)
    assert document["schema"] == "costctl.breakdown/1"
    assert document["data"]["first"] == "2026-10-01T00:00:07.25Z"
    assert [warning["code"] for warning in document["warnings"]] == ["future_rows", "unpriced"]


def test_json_for_an_old_terminal_is_ascii():
    assert as_json(REPORT, ENVELOPE, Style(unicode=False)).isascii()


def test_json_lines_are_the_rows_of_the_result():
    lines = as_lines(REPORT, ENVELOPE, Style()).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"endpoint": text, "cost_usd": 635.06} for text in HOSTILE
    ]


def test_json_lines_of_a_result_without_rows_are_those_of_the_main_table():
    assert (
        as_lines(report(one_column(Kind.COUNT, 1, None)), ENVELOPE, Style())
        == '{"value": 1}\n{"value": null}\n'
    )


def test_json_lines_of_a_report_without_tables_are_its_result():
    assert as_lines(Report("x", (), {"a": 1}), ENVELOPE, Style()) == '{"a": 1}\n'


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.USD, Decimal("0.125"), "$0.12"),
        (Kind.USD, Decimal("0.135"), "$0.14"),
        (Kind.USD, Decimal("-1234.5"), "-$1,234.50"),
        (Kind.USD, Decimal("-0.001"), "$0.00"),
        (Kind.UNIT_USD, Decimal("0.01405"), "$0.01405"),
        (Kind.UNIT_USD, Decimal("12.5"), "$12.50"),
        (Kind.UNIT_USD, Decimal("14.054"), "$14.05"),
        (Kind.UNIT_USD, Decimal("1234.56"), "$1,235"),
        (Kind.UNIT_USD, Decimal("0.0025"), "$0.0025"),
        (Kind.UNIT_USD, Decimal("9.99999"), "$10.00"),
        (Kind.UNIT_USD, Decimal(0), "$0.00"),
        (Kind.COUNT, 836200, "836,200"),
        (Kind.COUNT, -0.2, "0"),
        (Kind.NUMBER, 1850.0, "1,850"),
        (Kind.NUMBER, 33.33333333, "33.3333"),
        (Kind.SHARE, Decimal("0.6095"), "61.0%"),
        (Kind.SHARE, 1, "100.0%"),
        (Kind.TEXT, None, "(none)"),
        (Kind.NAME, None, "(unknown)"),
        (Kind.USD, None, "-"),
        (Kind.TEXT, True, "yes"),
        (Kind.TEXT, False, "no"),
        (Kind.USD, "as text", "as text"),
    ],
)
def test_a_cell_is_drawn_by_its_kind(kind, value, text):
    assert shown(kind, value) == text


def test_money_of_another_currency_has_no_dollar_sign():
    assert drawn(one_column(Kind.USD, Decimal(5)), "EUR").rows == (("5.00",),)


def test_printed_cents_add_up_to_the_printed_total():
    third = Decimal(1) / 3
    table = drawn(
        one_column(Kind.USD, third, third, third, total=(Decimal(1),), sums=("value",)), "USD"
    )
    assert table.rows == (("$0.34",), ("$0.33",), ("$0.33",))
    assert table.total == ("$1.00",)


def test_cents_of_unpriced_rows_stay_unknown():
    assert numbers.cents([None, Decimal("0.005"), Decimal("0.005")], Decimal("0.01")) == [
        None,
        Decimal("0.01"),
        Decimal("0.00"),
    ]


def test_amounts_that_are_no_parts_of_the_total_are_rounded_each_for_itself():
    assert numbers.cents([Decimal("0.006"), 1.0], Decimal(7)) == [Decimal("0.01"), Decimal("1.00")]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MONEY, min_size=1, max_size=40))
def test_cents_always_add_up(values):
    total = sum(values, Decimal(0))
    parts = numbers.cents(values, total)
    assert sum(part for part in parts if part is not None) == numbers.rounded(total, 2)
    assert all(
        abs(part - value) < Decimal("0.01")
        for part, value in zip(parts, values, strict=True)
        if part is not None
    )


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_every_finite_number_is_json(value):
    assert json.loads(numbers.exact(value)) == pytest.approx(value, abs=1e-12)


@given(st.text())
def test_any_text_survives_json(text):
    assert json.loads(dumps(text)) == text


def test_output_without_usage_has_no_scope_line():
    text = table_form.render(report(one_column(Kind.COUNT, 1)), NOW, Style())
    assert text.splitlines()[0] == "value"


def test_the_scope_line_says_when_nothing_was_found():
    empty = replace(NOW, data={"rows": 0, "first": None, "last": None})
    text = table_form.render(report(one_column(Kind.COUNT)), empty, Style())
    assert text.splitlines()[0] == "0 rows · as of 2026-11-23 00:00 UTC · days in UTC"
