"""`costctl measure`: what is asked, what is shown, what is kept."""

import csv
import io
import json

import pytest

from costctl.store import Store
from tests.cli.schemas import require_fit
from tests.measure.logs import call, estimate, logged

SECRET = "the launch code is 0000"  # noqa: S105 - what must not be kept

CALLS = [
    *(
        call(n * 600, prompt=f"{SECRET} {n % 3}", user="u", input=800 + n, output=50)
        for n in range(9)
    ),
    *(
        call(n * 600, prompt=f"mail {n % 2}", endpoint="mail", input=3000, output=200)
        for n in range(4)
    ),
    call(86_400 * 2, prompt="late", endpoint="mail"),
]


def test_a_table_says_the_value_the_sample_the_method_and_the_limit(run, tmp_path):
    done = run("measure", *logged(tmp_path, CALLS))
    assert (done.code, done.stderr) == (0, "")
    assert "14 billable rows, $0.06 at the prices of 2026-11-23, in 2 groups" in done.stdout
    (line,) = (
        one for one in done.stdout.splitlines()
        if one.startswith("repeated prompts (exact)") and " chat " in one
    )  # fmt: skip
    assert line.split()[-2:] == ["66.7%", "9"]
    assert "- repeated prompts: Share of the cost of calls whose prompt" in done.stdout
    assert "Limit: Questions in other words are not seen" in done.stdout
    assert "What this log cannot tell" in done.stdout
    assert "-o scenario.yaml writes them" in done.stdout


def test_json_table_and_csv_say_the_same(run, tmp_path):
    words = logged(tmp_path, CALLS)
    done = run("measure", *words, "--json")
    document = json.loads(done.stdout)
    require_fit(document, "measure")
    rows = list(csv.DictReader(io.StringIO(run("measure", *words, "--format", "csv").stdout)))
    lines = [
        json.loads(line) for line in run("measure", *words, "--format", "jsonl").stdout.splitlines()
    ]
    assert lines == document["result"]["estimates"]
    assert rows
    named = {
        (one["lever"] + "." + one["parameter"], one["endpoint"] or "(all)", one["variant"]): one
        for one in lines
    }
    for row in rows:
        variant = next((v for v in ("exact", "normalised") if f"({v})" in row["estimator"]), None)
        one = named[row["setting"], row["endpoint"], variant]
        for name in ("value", "low", "high", "by_requests", "sample"):
            assert row[name] == ("" if one[name] is None else row[name])
            assert one[name] is None or float(row[name]) == pytest.approx(one[name])


def test_a_database_and_its_logs_are_measured_alike(run, tmp_path):
    words, db = logged(tmp_path, CALLS), tmp_path / "usage.duckdb"
    assert run("ingest", *words, "--db", db).code == 0
    straight = json.loads(run("measure", *words, "--json").stdout)["result"]
    stored = json.loads(run("measure", "--db", db, "--json").stdout)["result"]
    assert stored == straight
    # Hashes are kept, and no text.
    assert SECRET not in json.dumps(stored)
    with Store.open(db) as store:
        tables = store.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        for (table,) in tables:
            sql = f'SELECT count(*) FROM "{table}" AS t WHERE contains(CAST(t AS VARCHAR), ?)'  # noqa: S608 - our own tables
            assert store.connection.execute(sql, [SECRET]).fetchone() == (0,)
        hashed = "SELECT count(request_hash), count(normalised_hash) FROM usage"
        assert store.connection.execute(hashed).fetchone() == (14, 14)


def test_a_scope_is_measured_by_itself(run, tmp_path):
    words = logged(tmp_path, CALLS)
    mail = json.loads(run("measure", *words, "--where", "endpoint=mail", "--json").stdout)
    assert {one["endpoint"] for one in mail["result"]["estimates"]} == {None, "mail"}
    assert estimate(mail["result"], "easy_calls", endpoint="mail")["sample"] == 5
    day = json.loads(
        run("measure", *words, "--where", "endpoint=mail", "--until", "2026-11-03", "--json").stdout
    )
    assert estimate(day["result"], "easy_calls", endpoint="mail")["sample"] == 4


def test_an_empty_scope_is_no_data(run, tmp_path):
    done = run("measure", *logged(tmp_path, CALLS), "--where", "endpoint=none")
    assert done.code == 3
    assert "no usage in this scope" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cache-ttl", "soon"), "--cache-ttl: 'soon' is no duration"),
        (("--cache-ttl", "0h"), "--cache-ttl: '0h' is no duration"),
        (("--prefix-ttl", "5"), "--prefix-ttl: '5' is no duration"),
        (("--easy", "1000"), "--easy: '1000' is not PROMPT/OUTPUT"),
        (("--easy", "a/b"), "--easy: 'a/b' is not PROMPT/OUTPUT"),
        (("--cap", "0"), "--cap"),
        (("--top", "0"), "--top"),
        (("--window", "0"), "--window"),
        (("--prices-at", "someday"), "--prices-at"),
        (("--where", "endpoint"), "--where"),
        (("--where", "endpont=chat"), "did you mean endpoint?"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_runs(run, tmp_path, words, message):
    done = run("measure", tmp_path / "missing.jsonl", *words)
    assert done.code == 2
    assert message in done.stderr


def test_prices_are_those_of_the_date_asked_for(run, tmp_path):
    words = logged(tmp_path, [call(0), call(60)])
    found = run("measure", *words, "--prices-at", "2024-06-01")
    # At 5 and 15 USD per million.
    assert "2 billable rows, $0.01 at the prices of 2024-06-01" in found.stdout
    early = json.loads(run("measure", *words, "--prices-at", "2020-01-01", "--json").stdout)
    one = estimate(early["result"], "easy_calls", everything=False)
    assert (one["value"], one["refused"]) == (None, "none of these calls has a price")
    assert one["by_requests"] == 1


def test_times_that_are_no_dates_are_pointed_out(run, tmp_path):
    log = tmp_path / "trace.csv"
    log.write_text("timestamp,input,output\n0,5,5\n3000,5,5\n")
    maps = ("--map", "input=input", "--map", "output=output", "--map", "timestamp=timestamp")
    done = run("measure", log, *maps, "--set", "model=gpt-4o")
    assert done.code == 0
    assert "the first call is dated 1970-01-01" in done.stderr
    assert "time: ms" in done.stderr
    # So is a model that the log does not name.
    assert "assumed, not logged: requested_model" in done.stdout


def test_names_in_logs_cannot_act_on_a_terminal(run, tmp_path):
    done = run("measure", *logged(tmp_path, [call(n, endpoint="\x1b[31mred") for n in range(2)]))
    assert "\x1b" not in done.stdout
    assert "red" in done.stdout


def test_the_order_of_files_changes_nothing(run, tmp_path):
    form: tuple[object, ...] = ()
    paths = []
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        path, *words = logged(folder, [{**CALLS[number], "id": f"p{number}"}])
        paths.append(path)
        form = tuple(words)
    orders = ((0, 1, 2, 3, 4, 5), (4, 1, 5, 0, 3, 2))
    straight, mixed = (
        json.loads(run("measure", *(paths[n] for n in order), *form, "--json").stdout)["result"]
        for order in orders
    )
    assert mixed == straight
    one = estimate(straight, "repeats", variant="exact", everything=False)
    # Two rounds of three questions: the second finds the answers of the first.
    hit = sum((800 + n) * 2.5e-6 + 50 * 10e-6 for n in range(3, 6))
    total = sum((800 + n) * 2.5e-6 + 50 * 10e-6 for n in range(6))
    assert one["value"] == pytest.approx(hit / total)
