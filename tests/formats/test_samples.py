"""Each format's case gives exactly its stated figures, in any container, once."""

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pytest

from costctl.formats import builtin, builtin_names
from costctl.store import Store
from tests.formats.cases import CASES, NO_BILLING, Case, billing, figures, read, same

ids = [case.format for case in CASES]
JSON_LINES = [case for case in CASES if case.log.suffix == ".jsonl"]
TABLES = [c for c in JSON_LINES if "parquet" in builtin(c.format).containers]
line_ids = [case.format for case in JSON_LINES]


def agree(store: Store, case: Case) -> None:
    found = figures(store)
    wrong = {
        key: (found[key], value)
        for key, value in case.expected.items()
        if not same(found[key], value)
    }
    assert wrong == {}, case.format


def bills(store: Store, case: Case) -> None:
    found, stated = billing(store), case.billing or NO_BILLING
    wrong = {key: one for key, one in found.items() if not same(one, stated.get(key, one))}
    assert wrong == {}, case.format


def test_every_format_has_a_case():
    assert [case.format for case in CASES] == builtin_names()


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_log_gives_its_figures_once_whatever_its_line_ends_marks_and_packing(
    case: Case, tmp_path: Path
):
    raw = case.log.read_bytes()
    raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    text = case.log.suffix in {".jsonl", ".log"}
    if text:
        raw = b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n")
    if not text or CASES.index(case) % 2:
        # Two members, as a log shipper that appends leaves them.
        cut = raw.find(b"\n") + 1 if text else 0
        raw = gzip.compress(raw[:cut]) + gzip.compress(raw[cut:])
    log = tmp_path / "log"
    log.write_bytes(raw)
    store, (first,) = read(log)
    outcomes = first.new_rows + first.duplicates + first.skipped + first.rejected
    assert first.records == outcomes
    agree(store, case)
    # The log as it is holds the same calls, once.
    _, (again,) = read(case.log, store=store)
    assert (again.format, again.error) == (case.format, None)
    assert (again.new_rows, again.replaced) == (0, 0)
    assert again.records == again.duplicates + again.skipped + again.rejected
    agree(store, case)
    bills(store, case)


@pytest.mark.parametrize("case", JSON_LINES, ids=line_ids)
def test_an_array_gives_the_same(case: Case, tmp_path: Path):
    indent = 2 if JSON_LINES.index(case) % 2 else None
    array = tmp_path / "array.json"
    array.write_text(json.dumps(objects(case), indent=indent), "utf-8")
    store, _ = read(array)
    agree(store, case)


@pytest.mark.parametrize("case", JSON_LINES, ids=line_ids)
def test_pages_of_records_give_the_same(case: Case, tmp_path: Path):
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"records": objects(case)}), "utf-8")
    store, (result,) = read(page)
    assert result.format == case.format
    agree(store, case)


@pytest.mark.parametrize("case", TABLES, ids=[case.format for case in TABLES])
def test_a_table_of_the_records_gives_the_same(case: Case, tmp_path: Path):
    records = [dict(r) for r in objects(case) if isinstance(r, dict)]
    names = list(dict.fromkeys(name for record in records for name in record))
    table, lines = tmp_path / "table", tmp_path / "lines.jsonl"
    if "csv" in builtin(case.format).containers and TABLES.index(case) % 2:
        with table.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL)
            out.writerow(reversed(names))
            out.writerows([_cell(r.get(name)) for name in reversed(names)] for r in records)
    else:
        lines.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
        duckdb.read_json(str(lines), maximum_depth=-1).write_parquet(str(table))
    store, (result,) = read(table)
    assert (result.format, result.error) == (case.format, None)
    agree(store, case)


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list | bool) else value


def objects(case: Case) -> list[object]:
    """Return the records of a log of JSON lines, without those that are none."""
    lines = case.log.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]
