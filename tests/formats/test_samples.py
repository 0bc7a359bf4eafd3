"""Each format's case gives exactly its stated figures, in any container, once."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from costctl.formats import builtin_names
from costctl.store import Store
from tests.formats.cases import BY_NAME, CASES, Case, billing, figures, read, same

ids = [case.format for case in CASES]
JSON_LINES = [case for case in CASES if case.log.suffix == ".jsonl"]
line_ids = [case.format for case in JSON_LINES]


def agree(store: Store, case: Case) -> None:
    found = figures(store)
    wrong = {
        key: (found[key], value)
        for key, value in case.expected.items()
        if not same(found[key], value)
    }
    assert wrong == {}


def test_every_format_has_a_case():
    assert [case.format for case in CASES] == builtin_names()


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_detection_names_the_format(case: Case):
    _, (result,) = read(case.log)
    assert (result.format, result.error) == (case.format, None)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_log_gives_its_figures(case: Case):
    store, _ = read(case.log)
    agree(store, case)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_every_record_is_accounted_for(case: Case):
    _, (result,) = read(case.log)
    outcomes = result.new_rows + result.duplicates + result.skipped + result.rejected
    assert result.records == outcomes


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_copy_adds_nothing(case: Case, tmp_path: Path):
    copy = tmp_path / case.log.name
    copy.write_bytes(case.log.read_bytes())
    store, _ = read(case.log)
    before = figures(store), billing(store)
    _, (again,) = read(copy, store=store)
    assert (again.new_rows, again.replaced) == (0, 0)
    assert (figures(store), billing(store)) == before


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_gzip_changes_nothing(case: Case, tmp_path: Path):
    packed = tmp_path / "packed"
    raw = case.log.read_bytes()
    raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    # Two members, as a log shipper that appends leaves them.
    cut = raw.find(b"\n") + 1 if case.log.suffix in {".jsonl", ".log"} else 0
    packed.write_bytes(gzip.compress(raw[:cut]) + gzip.compress(raw[cut:]))
    store, _ = read(packed)
    agree(store, case)


@pytest.mark.parametrize("case", JSON_LINES, ids=line_ids)
def test_line_ends_and_marks_change_nothing(case: Case, tmp_path: Path):
    text = tmp_path / "log"
    text.write_bytes(b"\xef\xbb\xbf" + case.log.read_bytes().replace(b"\n", b"\r\n"))
    store, _ = read(text)
    agree(store, case)


@pytest.mark.parametrize("case", JSON_LINES, ids=line_ids)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_gives_the_same(case: Case, indent: int | None, tmp_path: Path):
    records = []
    for line in case.log.read_text("utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    array = tmp_path / "array.json"
    array.write_text(json.dumps(records, indent=indent), "utf-8")
    store, _ = read(array)
    agree(store, case)


@pytest.mark.parametrize("case", JSON_LINES, ids=line_ids)
def test_pages_of_records_give_the_same(case: Case, tmp_path: Path):
    records = [json.loads(x) for x in case.log.read_text("utf-8").splitlines() if x.endswith("}")]
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"records": records}), "utf-8")
    store, (result,) = read(page)
    assert result.format == case.format
    agree(store, case)


@pytest.mark.parametrize("name", [c.format for c in CASES if c.billing])
def test_billing_lines_give_their_sums(name: str):
    case = BY_NAME[name]
    store, _ = read(case.log)
    found, stated = billing(store), case.billing
    assert stated is not None
    assert found["lines"] == stated["lines"]
    assert same(found["cost_by_currency"], stated["cost_by_currency"])
    if "tokens_by_class" in stated:
        assert found["tokens_by_class"] == stated["tokens_by_class"]


def test_all_logs_in_one_store_add_up():
    store, results = read(*[case.log for case in CASES])
    assert [r.error for r in results] == [None] * len(CASES)
    found = figures(store)
    assert found["rows"] == sum(case.expected["rows"] for case in CASES)
    for name, count in found["tokens"].items():
        assert count == sum(case.expected["tokens"][name] for case in CASES)
    costs = [Decimal(str(case.expected["logged_cost_usd"] or 0)) for case in CASES]
    assert abs(found["logged_cost_usd"] - sum(costs)) < Decimal("1e-9")


def test_any_order_of_files_gives_the_same():
    forward, _ = read(*[case.log for case in CASES])
    backward = Store.memory()
    for case in reversed(CASES):
        read(case.log, store=backward)
    assert figures(forward) == figures(backward)
