"""`costctl breakdown`, as a user sees it."""

import csv
import io
import json
import shlex
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.logs import call, log
from tests.cli.schemas import require_fit
from tests.cli.week import stored

PRICES = """\
schema: 1
provider: acme
home: true
currency: USD
unit: per_million_tokens
models:
  - id: acme-big
    kind: chat
    family: acme-big
    released: 2025-01-01
    retires_on: 2026-12-01
    cheaper_sibling: acme-small
    prices:
      - from: 2025-01-01
        standard: {input: "4", output: "16"}
        source: {url: "https://example.org", retrieved: 2026-11-01, confidence: high}
      - from: 2026-11-10
        standard: {input: "2", output: "8"}
        source: {url: "https://example.org", retrieved: 2026-11-01, confidence: high}
  - id: acme-big-2
    kind: chat
    family: acme-big
    released: 2026-01-01
    prices:
      - from: 2026-01-01
        standard: {input: "1", output: "4"}
        source: {url: "https://example.org", retrieved: 2026-11-01, confidence: high}
  - id: acme-small
    kind: chat
    prices:
      - from: 2025-01-01
        standard: {input: "0.1", output: "0.4"}
        source: {url: "https://example.org", retrieved: 2026-11-01, confidence: high}
"""


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prices") / "acme.yaml"
    path.write_text(PRICES)
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """One call a line: two prices of one model, a cheap one, an unknown one, a hit of a gateway's cache."""
    return log(
        tmp_path / "calls.jsonl",
        call(1, model="acme-big", timestamp="2026-11-09T23:59:59Z", estimated_cost_usd=0.013),
        call(2, model="acme-big", timestamp="2026-11-10T00:00:00Z"),
        call(
            3,
            model="acme-small",
            endpoint="intent",
            cost_usd=None,
            prompt_tokens=120,
            completion_tokens=15,
        ),
        call(4, model="acme-bigg", endpoint="intent"),
        call(5, model="acme-big", cache_hit=True, timestamp="2026-11-12T00:00:00Z"),
        call(6, model="acme-small", endpoint=None),
    )


@pytest.fixture
def usage(run, logs: Path, cache: Path) -> tuple[object, ...]:
    """Return the arguments that name a database of these calls; a worker reads them once for all tests."""
    return stored(run, cache, "breakdown", logs)


def result(run, *args: object) -> Mapping[str, object]:
    found = run("breakdown", *args, "--json")
    assert found.code == 0, found.stderr
    document = json.loads(found.stdout, parse_float=Decimal)
    require_fit(json.loads(found.stdout), "breakdown")
    return document["result"]


def test_each_call_is_priced_by_its_own_time(run, logs: Path, prices: Path):
    rows = {
        (row["endpoint"], row["model"]): row
        for row in result(run, logs, "--pricing", prices)["rows"]
    }
    # 1,850 tokens in and 320 out: at 4/16 before the change, at 2/8 from its first second on.
    assert rows["rag_query", "acme-big"]["cost_usd"] == Decimal("0.01252") + Decimal("0.00626")
    assert rows["intent", "acme-small"]["cost_usd"] == Decimal("0.000018")


def test_logged_and_computed_cost_stand_side_by_side(run, usage, prices: Path):
    rows = result(run, *usage, "--pricing", prices, "--by", "endpoint")["rows"]
    (rag,) = [row for row in rows if row["endpoint"] == "rag_query"]
    assert rag["logged_cost_usd"] == Decimal("0.013")
    assert rag["logged_minus_computed_usd"] == Decimal("0.013") - Decimal("0.01878")


def test_an_unknown_model_is_named_with_its_nearest_and_never_priced(run, usage, prices: Path):
    found = run("breakdown", *usage, "--pricing", prices)
    assert found.code == 0
    assert "unpriced: 1 request (16.67% of requests), 2,170 tokens are in no cost" in found.stdout
    assert "acme-bigg: unknown model, 1 request; did you mean acme-big?" in found.stdout
    assert "warning: 1 request lacks a price, wholly or in part: acme-bigg" in found.stderr
    answer = result(run, *usage, "--pricing", prices)
    assert answer["unpriced_reasons"] == {"unknown_model": 1}
    assert [row["cost_usd"] for row in answer["rows"] if row["model"] == "acme-bigg"] == [None]


def test_rows_and_other_add_up_to_the_total(run, usage, prices: Path):
    answer = result(run, *usage, "--pricing", prices, "--top", 1)
    assert len(answer["rows"]) == 1
    parts = [*answer["rows"], answer["other"]]
    assert sum(row["cost_usd"] for row in parts) == answer["total"]["cost_usd"]
    assert sum(row["requests"] for row in parts) == answer["total"]["requests"] == 6
    assert answer["other"]["groups"] == 3
    assert "other (3)" in run("breakdown", *usage, "--pricing", prices, "--top", 1).stdout


def test_avoided_cost_of_gateway_hits_is_in_no_total(run, usage, prices: Path):
    answer = result(run, *usage, "--pricing", prices)
    assert answer["total"]["cache_hits"] == 1
    assert answer["total"]["billable_requests"] == 5
    assert answer["total"]["avoided_cost_usd"] == Decimal("0.00626")
    text = run("breakdown", *usage, "--pricing", prices).stdout
    assert "avoided: 1 answer came from a gateway's cache" in text


def test_repricing_at_a_date_says_so(run, usage, prices: Path):
    found = run("breakdown", *usage, "--pricing", prices, "--prices-at", "2026-11-01")
    assert "Every call priced at 2026-11-01, not at its own time" in found.stdout
    answer = result(run, *usage, "--pricing", prices, "--prices-at", "2026-11-01", "--by", "model")
    (big,) = [row for row in answer["rows"] if row["model"] == "acme-big"]
    assert big["cost_usd"] == 2 * Decimal("0.01252")
    assert answer["prices_at"] == "2026-11-01T00:00:00Z"


def test_a_fallback_price_is_marked(run, usage, prices: Path):
    answer = result(
        run, *usage, "--pricing", prices, "--fallback-model", "acme-small", "--by", "model"
    )
    (unknown,) = [row for row in answer["rows"] if row["model"] == "acme-bigg"]
    assert (unknown["cost_usd"], unknown["price_basis"]) == (Decimal("0.000313"), "fallback")
    assert answer["total"]["unpriced_requests"] == 0


def test_percentiles_are_added_on_request(run, usage, prices: Path):
    answer = result(run, *usage, "--pricing", prices, "--percentiles", "--by", "endpoint")
    (rag,) = [row for row in answer["rows"] if row["endpoint"] == "rag_query"]
    assert rag["percentiles"]["input_tokens"] == {"p50": 1850, "p90": 1850, "p99": 1850}
    assert rag["percentiles"]["cost_usd"]["p50"] == Decimal("0.00626")
    header = run(
        "breakdown", *usage, "--pricing", prices, "--percentiles", "--format", "csv"
    ).stdout
    assert "p90_output_tokens" in header.splitlines()[0]


def test_rows_are_sorted_by_any_column(run, usage, prices: Path):
    def order(*sort: str) -> list[str]:
        found = run(
            "breakdown", *usage, "--pricing", prices, "--by", "model", "--format", "csv", *sort
        )
        return [row["model"] for row in csv.DictReader(io.StringIO(found.stdout))]

    assert order() == ["acme-big", "acme-small", "acme-bigg"]
    assert order("--sort", "model:asc") == ["acme-big", "acme-bigg", "acme-small"]
    assert order("--sort", "cost_usd:asc") == ["acme-small", "acme-big", "acme-bigg"]
    assert order("--sort", "requests") == ["acme-big", "acme-small", "acme-bigg"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--sort", "costs"], "no column 'costs'; did you mean cost_usd?"),
        (["--sort", "cost_usd:up"], "is not COLUMN, COLUMN:asc or COLUMN:desc"),
        (["--by", "endpont"], "did you mean endpoint"),
        (["--fallback-model", "acme-none"], "no price for 'acme-none'"),
        (["--prices-at", "soon"], "'soon' is no time"),
    ],
)
def test_a_wrong_question_is_explained(run, logs: Path, args: list[str], message: str):
    found = run("breakdown", logs, *args)
    assert found.code == 2
    assert message in found.stderr
    assert not found.stdout


def test_a_terminal_is_told_the_command_that_may_save_most(
    run, logs: Path, prices: Path, monkeypatch
):
    monkeypatch.setattr("costctl.cli.breakdown.hint", lambda text, _: told.append(text))
    told: list[str] = []
    args = ("breakdown", logs, "--pricing", prices, "--as-of", "2026-11-20")
    lines = run(*args).stdout.splitlines()
    assert told[0].startswith(f"next: costctl simulate {logs} ")
    assert told[0].removeprefix("next: ") in [line.strip() for line in lines]
    assert "--as-of 2026-11-20 --swap acme-big=acme-big-2" in told[0]
    assert "will be retired" in lines[lines.index("What stands out:") + 1]


def test_insights_name_what_to_try(run, logs: Path, prices: Path):
    text = run("breakdown", logs, "--pricing", prices).stdout
    assert "acme-big-2 is a later model of its family" in text
    assert "acme-big will be retired on 2026-12-01" in text
    assert "--swap acme-big=acme-big-2" in text
    assert (
        "costctl simulate"
        not in run("breakdown", logs, "--pricing", prices, "--no-insights").stdout
    )
    assert "costctl simulate" not in run("breakdown", logs, "--pricing", prices, "--json").stdout


def test_the_command_to_try_is_about_the_same_usage(run, tmp_path: Path, prices: Path):
    own = {
        "n": {"in": 3_000, "out": 5},
        "what": "it's",
        "m": "acme-big",
        "at": "2026-11-02T00:00:00Z",
    }
    log(tmp_path / "own calls.jsonl", own)
    flags = ("--map", "input=n.in", "--map", "output=n.out", "--map", "endpoint=what")
    flags += (
        "--map",
        "model=m",
        "--map",
        "timestamp=at",
        "--pricing",
        prices,
        "--where",
        "model=!x*",
    )
    text = run("breakdown", "own calls.jsonl", *flags).stdout
    commands = [shlex.split(line) for line in text.splitlines() if "costctl simulate" in line]
    assert len(commands) > 1
    for command in commands:
        tried = run(*command[1:], "--json")
        assert tried.code == 0, tried.stderr
        assert json.loads(tried.stdout)["data"]["rows"] == 1


def test_missing_values_have_words_in_tables_and_null_in_json(run, usage, prices: Path):
    assert "(none)" in run("breakdown", *usage, "--pricing", prices).stdout
    rows = result(run, *usage, "--pricing", prices)["rows"]
    assert None in [row["endpoint"] for row in rows]


def test_hostile_names_stay_text_in_every_form(run, tmp_path: Path, prices: Path):
    names = ["=1+1", "[red]x[/red]", "\x1b[31mred", "<script>", "a|b", "'; DROP TABLE usage_wide"]
    path = log(
        tmp_path / "hostile.jsonl",
        *(call(number, model="acme-big", endpoint=name) for number, name in enumerate(names)),
    )
    hostile = stored(run, tmp_path, "hostile", path)
    for form in ("table", "csv", "markdown", "plain", "json", "jsonl"):
        found = run("breakdown", *hostile, "--pricing", prices, "--format", form)
        assert found.code == 0
        assert "\x1b" not in found.stdout
        assert form != "csv" or "'=1+1" in found.stdout


def test_no_name_begins_a_line_of_its_own_on_stderr(run, tmp_path: Path):
    hostile = "x\n::error::fake\r\nerror: fake"
    log(tmp_path / "a.jsonl", call(1, model=hostile, endpoint=hostile))
    log(tmp_path / "b\n::error::fake.jsonl", {hostile: 1})
    for args in (["a.jsonl"], ["b\n::error::fake.jsonl"], ["a.jsonl", "--map", f"team={hostile}"]):
        for command in ("breakdown", "ingest"):
            said = run(command, *args)
            told = (said.stdout + said.stderr).splitlines()
            assert not [line for line in told if line.startswith(("::", "error: fake"))]


def test_table_and_csv_agree_on_every_group(run, usage, prices: Path):
    table = run("breakdown", *usage, "--pricing", prices).stdout
    rows = list(
        csv.DictReader(
            io.StringIO(run("breakdown", *usage, "--pricing", prices, "--format", "csv").stdout)
        )
    )
    assert len(rows) == 4
    for row in rows:
        assert any(
            line.startswith(row["endpoint"]) and row["model"] in line for line in table.splitlines()
        )


def test_an_empty_scope_prints_an_empty_answer_and_ends_with_3(run, usage, prices: Path):
    found = run("breakdown", *usage, "--pricing", prices, "--where", "endpoint=nobody", "--json")
    assert found.code == 3
    assert json.loads(found.stdout)["result"]["rows"] == []


def test_the_same_question_gives_the_same_bytes(run, logs: Path, prices: Path):
    first = run("breakdown", logs, "--pricing", prices, "--json")
    assert run("breakdown", logs, "--pricing", prices, "--json").stdout == first.stdout


def test_fixed_lines_are_told_apart_from_usage(run, usage, prices: Path, tmp_path: Path):
    (tmp_path / "costctl.yaml").write_text(
        "version: 1\n"
        "pricing:\n"
        "  overlays:\n"
        '    - {discount: "0.10", provider: acme, source: "contract"}\n'
        '    - {commit: {monthly_usd: "3000", kind: prepay}, provider: acme}\n'
    )
    args = (*usage, "--pricing", prices, "--since", "2026-11-01", "--until", "2026-11-11")
    answer = result(run, *args)
    assert [line["amount_usd"] for line in answer["fixed_lines"]] == [1000]
    assert answer["total"]["cost_usd"] * 10 == answer["total"]["list_cost_usd"] * 9
    assert "prepayment: acme" in run("breakdown", *args).stdout
