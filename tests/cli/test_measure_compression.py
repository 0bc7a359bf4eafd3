"""`costctl measure compression`: what a shorter text saves."""

import json

import pytest

from tests.cli.schemas import require_fit

WORD = "hello"
"""One token in every vocabulary, and so is it after a space."""


def text(path, words):
    path.write_text(" ".join([WORD] * words), "utf-8")
    return path


@pytest.fixture
def prompt(tmp_path):
    return text(tmp_path / "prompt.txt", 320)


@pytest.fixture
def shorter(tmp_path):
    return text(tmp_path / "shorter.txt", 150)


def test_a_text_and_its_shorter_form_are_counted(run, prompt, shorter):
    done = run("measure", "compression", prompt, shorter, "--json")
    assert (done.code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    require_fit(document, "measure-compression")
    found = document["result"]
    assert (found["before"], found["after"]) == (320, 150)
    assert found["saved"] == pytest.approx(17 / 32)
    assert (found["vocabulary"], found["exact"], found["worth"]) == ("o200k_base", True, None)


def test_the_table_says_the_share_the_vocabulary_and_the_limit(run, prompt, shorter):
    done = run("measure", "compression", prompt, shorter, "--model", "gpt-4-0613")
    (line,) = (one for one in done.stdout.splitlines() if "shorter.txt" in one)
    assert line.split()[-5:] == ["320", "150", "170", "53.1%", "2.1333"]
    assert "cl100k_base, the vocabulary of gpt-4-0613" in done.stdout
    assert "Limit: Whether answers stay as good" in done.stdout


def test_csv_has_a_row_a_text_and_no_total(run, prompt, shorter):
    done = run("measure", "compression", prompt, shorter, "--to", 160, "--format", "csv")
    head, *rows = done.stdout.splitlines()
    assert head.startswith("text,against,before,after,saved_tokens,saved")
    assert [row.split(",")[-5:-2] for row in rows] == [["320", "160", "160"], ["150", "150", "0"]]


def test_texts_are_cut_at_a_number_of_tokens(run, prompt, shorter):
    done = run("measure", "compression", prompt, shorter, "--to", 100, "--json")
    found = json.loads(done.stdout)["result"]
    assert [one["saved"] for one in found["texts"]] == [
        pytest.approx(220 / 320),
        pytest.approx(50 / 150),
    ]
    assert found["saved"] == pytest.approx(270 / 470)
    whole = json.loads(run("measure", "compression", prompt, "--to", 400, "--json").stdout)
    assert whole["result"]["saved"] == 0


def test_a_longer_text_saves_less_than_nothing(run, prompt, shorter):
    done = run("measure", "compression", shorter, prompt)
    assert "-113.3%" in done.stdout
    assert "Nothing is saved." in done.stdout


def test_text_comes_from_stdin_and_with_a_mark_of_its_encoding(run, shorter):
    piped = "\ufeff" + " ".join([WORD] * 300)
    done = run("measure", "compression", "-", shorter, "--json", stdin=piped)
    assert json.loads(done.stdout)["result"]["saved"] == pytest.approx(0.5)


def test_what_looks_like_a_control_token_is_text(run, tmp_path, shorter):
    odd = tmp_path / "odd.txt"
    odd.write_text("<|endoftext|>" * 3)
    assert run("measure", "compression", odd, shorter).code == 0


def test_counts_for_another_vendors_model_are_called_estimates(run, prompt, shorter):
    done = run("measure", "compression", prompt, shorter, "--model", "claude-sonnet-4")
    assert "counts are estimates" in done.stdout


USAGE = """occurred_at,endpoint,model,requests,input_uncached,output,cache_read
2026-11-16,rag,gpt-4o,1000,2000000,100000,400000
2026-11-16,rag,gpt-4o-mini,1000,1000000,100000,0
2026-11-16,rag,mystery,10,10000,1000,0
2026-11-16,other,gpt-4,10,10000,1000,0
"""


@pytest.fixture
def db(run, tmp_path):
    log, path = tmp_path / "usage.csv", tmp_path / "usage.duckdb"
    log.write_text(USAGE)
    assert run("ingest", log, "--db", path).code == 0
    return path


def test_a_share_is_worth_what_the_input_of_an_endpoint_costs(run, prompt, shorter, db):
    words = ("measure", "compression", prompt, shorter, "--endpoint", "rag", "--db", db)
    done = run(*words, "--json")
    document = json.loads(done.stdout)
    require_fit(document, "measure-compression")
    worth = document["result"]["worth"]
    # 2.50 and 0.15 USD per million; what is read from the provider's cache is not shortened.
    spent = 2 * 2.5 + 1 * 0.15
    assert worth["input_usd"] == pytest.approx(spent)
    assert worth["saved_usd"] == pytest.approx(spent * 17 / 32)
    cost = spent + 0.4 * 1.25 + 0.1 * 10 + 0.1 * 0.6
    assert worth["cost_share"] == pytest.approx(spent * 17 / 32 / cost)
    assert worth["models"] == ["gpt-4o", "gpt-4o-mini", "mystery"]
    assert (worth["requests"], worth["unpriced_requests"]) == (2010, 10)
    # Its dearest model counts.
    assert document["result"]["model"] == "gpt-4o"
    plain = run(*words).stdout
    assert "costctl simulate --compress 'rag=0.5312' projects a month of it." in plain
    assert "10 calls of these without a price" in plain
    other = json.loads(run(*words[:-3], "other", "--db", db, "--json").stdout)["result"]
    assert (other["model"], other["vocabulary"]) == ("gpt-4", "cl100k_base")


def test_the_line_that_is_printed_projects_what_it_says(run, prompt, shorter, db):
    projected = run("simulate", "--compress", "rag=0.53125", "--db", db, "--json")
    (lever,) = json.loads(projected.stdout)["result"]["levers"]
    words = ("--endpoint", "rag", "--db", db, "--json")
    done = run("measure", "compression", prompt, shorter, *words)
    worth = json.loads(done.stdout)["result"]["worth"]
    # One day of usage, as a month of 30.
    assert lever["standalone_usd"] == pytest.approx(30 * worth["saved_usd"])


@pytest.mark.parametrize(
    ("files", "more", "message"),
    [
        (["prompt.txt"], (), "1 file has nothing to be compared with"),
        (["prompt.txt"] * 3, (), "3 files have nothing to be compared with"),
        (["prompt.txt", "missing.txt"], (), "missing.txt: No such file or directory"),
        (["prompt.txt", "."], (), ".: Is a directory"),
        (["prompt.txt", "empty.txt"], (), "empty.txt: the file is empty"),
        (["empty.txt"], ("--to", "5"), "empty.txt: the file is empty"),
        (["latin.txt", "prompt.txt"], (), "latin.txt:2: no UTF-8 text"),
        (["binary.bin", "prompt.txt"], (), "binary.bin:1: no text, but binary data"),
        (["-", "-"], (), "stdin can be read once"),
        (["prompt.txt"], ("--to", "0"), "--to"),
        (["prompt.txt"], ("--to", "5%"), "--to"),
        ([], (), "FILE"),
        (["prompt.txt"], ("--to", "5", "--endpoint", "rag", "--db", "none.duckdb"), "none.duckdb"),
    ],
)
@pytest.mark.usefixtures("prompt")
def test_what_is_no_pair_of_texts_is_refused(run, tmp_path, files, more, message):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes("one\nzwei für drei".encode("latin-1"))
    (tmp_path / "binary.bin").write_bytes(b"PK\0\0")
    done = run("measure", "compression", *files, *more)
    assert done.code == 2
    assert message in done.stderr
    assert "hint: " in done.stderr


def test_an_endpoint_without_usage_is_refused_with_the_nearest(run, prompt, db):
    done = run("measure", "compression", prompt, "--to", 9, "--endpoint", "rga", "--db", db)
    assert done.code == 2
    assert "no calls of 'rga' in this scope; did you mean rag?" in done.stderr
    assert "known: other, rag" in done.stderr


def test_texts_need_no_database(run, prompt, shorter, tmp_path):
    assert run("measure", "compression", prompt, shorter).code == 0
    assert not list(tmp_path.glob("*.duckdb"))
