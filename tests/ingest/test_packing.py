"""The same calls in every container and packing are the same calls; what is no log says what it is."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import random
import shutil
import sqlite3
import subprocess
import tarfile
import threading
import zipfile
from pathlib import Path

import duckdb
import pytest

from costctl.sources.zstd_frames import is_whole
from costctl.store.unpack import unpack_text
from tests.ingest.records import record, total_of, write

ZSTD = shutil.which("zstd")
CALLS = [
    record(n, model=("gpt-4o-2024-08-06", "gpt-4o-mini")[n % 2], endpoint='it\'s; "a"\\b, é')
    for n in range(1, 8)
]
INPUT = sum(call["prompt_tokens"] for call in CALLS)
OWN = [
    {
        "at": call["timestamp"] + "Z",
        "svc": {"a.b": "x"},
        "n": {"in": call["prompt_tokens"], "out": 10},
    }
    for call in CALLS
]
MAPS = ("--map", "input=n.in", "--map", "output=n.out", "--map", "timestamp=at")
MAPS += ("--map", 'endpoint=svc."a.b"', "--set", "model=gpt-4o-mini")


def zstd(text: bytes, path: Path) -> Path:
    """Pack a text; the Python that runs this may have no module for it."""
    lines = duckdb.from_query(
        "SELECT unnest(?) AS line", params=[text.decode().removesuffix("\n").split("\n")]
    )
    lines.write_csv(str(path), sep="\x01", header=False, quotechar="", compression="zstd")
    return path


def as_csv(delimiter: str = ",") -> bytes:
    out = io.StringIO()
    table = csv.DictWriter(out, [*CALLS[0], "prompt"], delimiter=delimiter, lineterminator="\r\n")
    table.writeheader()
    table.writerows({**call, "prompt": f'first\r\nsecond{delimiter} "x"'} for call in CALLS)
    return out.getvalue().encode()


def as_sqlite(folder: Path, times: int = 1) -> bytes:
    path = folder / "made.db"
    with sqlite3.connect(path) as made:
        made.execute(f"CREATE TABLE token_usage ({', '.join(CALLS[0])})")
        marks = ", ".join("?" * len(CALLS[0]))
        made.executemany(
            f"INSERT INTO token_usage VALUES ({marks})",  # noqa: S608 - our own table
            [tuple(call.values()) for call in CALLS] * times,
        )
    made.close()
    text = path.read_bytes()
    path.unlink()
    return text


def lines(render) -> bytes:
    return "".join(f"{render(call)}\n" for call in CALLS).encode()


TEXTS = {
    "jsonl": lines(json.dumps),
    "json": json.dumps(CALLS, indent=1).encode(),
    "csv": as_csv(),
    "semicolons": as_csv(";"),
    "tabs": as_csv("\t"),
    "log": lines(lambda call: f"2026-11-01 12:00:00,123 INFO cost: {call!r}"),
}


def totals(result) -> tuple[object, object, object]:
    total = total_of(result)
    return total["requests"], total["tokens"]["input_uncached"], total["cost_usd"]


def test_every_container_and_packing_holds_the_same_calls(run, tmp_path):
    texts = {**TEXTS, "sqlite": as_sqlite(tmp_path)}
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, text in texts.items():
        (logs / name).write_bytes(text)
        (logs / f"{name}.gz").write_bytes(gzip.compress(text))
        (logs / f"{name}.marked").write_bytes(text if name == "sqlite" else b"\xef\xbb\xbf" + text)
        if name != "sqlite":
            zstd(text, logs / f"{name}.zst")
            zstd(b"\xef\xbb\xbf" + text, logs / f"{name}.marked.zst")
    results = json.loads(run("ingest", "logs", "--json").stdout)["result"]["files"]
    told = {
        f["path"]: (f["new_rows"] + f["duplicates"], f["rejected"], f["error"]) for f in results
    }
    assert told == {str(Path("logs", p.name)): (len(CALLS), 0, None) for p in logs.iterdir()}
    assert sum(f["new_rows"] for f in results) == len(CALLS), (
        "copies in other containers add nothing"
    )
    result = run("breakdown", "--json")
    assert totals(result)[:2] == (len(CALLS), INPUT)
    for path in ("logs/log.zst", "logs/semicolons.gz"):
        assert totals(run("breakdown", path, "--json")) == totals(result)


ONE_EACH = [json.dumps(call) for call in CALLS]
ARRANGED = {
    "an array, one object a line": "[\n" + ",\n".join(ONE_EACH) + "\n]\n",
    "an array, begun on its first line": "[" + ",\n ".join(ONE_EACH) + "]\n",
    "cut out of an array": ",\n".join(ONE_EACH) + "\n",
    "one behind the other": "".join(ONE_EACH),
    "one behind the other, two lines": "".join(ONE_EACH[:3]) + "\n" + "".join(ONE_EACH[3:]) + "\n",
    "a line of a program, then objects": "[INFO] start\n" + "\n".join(ONE_EACH) + "\n",
    "in an envelope": json.dumps({"items": CALLS, "total": len(CALLS)}, indent=1),
    "bars": as_csv("|").decode(),
}


def test_objects_are_found_however_they_are_arranged(run, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, text in ARRANGED.items():
        (logs / name).write_bytes(text.encode())
    files = json.loads(run("ingest", "logs", "--json").stdout)["result"]["files"]
    told = {f["path"]: f["new_rows"] + f["duplicates"] for f in files}
    assert told == {f"logs/{name}": len(CALLS) for name in ARRANGED}
    assert [f["replaced"] for f in files] == [0] * len(files)
    assert totals(run("breakdown", "--json"))[:2] == (len(CALLS), INPUT)
    name = "an array, begun on its first line"
    assert totals(run("breakdown", logs / name, "--json"))[:2] == (len(CALLS), INPUT)


def test_a_time_may_be_written_as_programs_write_it(run, tmp_path):
    for number, moment in enumerate(("2026-11-01 12:00:09,123", "2026/11/01 12:00:09")):
        write(tmp_path / f"{number}.log", [record(number, timestamp=moment)])
    told = json.loads(run("ingest", ".", "--json").stdout)["result"]["files"]
    assert [file["first"][:19] for file in told] == ["2026-11-01T12:00:09"] * 2


def test_a_link_to_a_folder_is_followed_and_none_is_followed_in_a_circle(run, tmp_path):
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    for folder in (logs, elsewhere):
        folder.mkdir()
    write(logs / "a.jsonl", CALLS[:3])
    write(elsewhere / "b.jsonl", CALLS[3:])
    (elsewhere / "back").symlink_to(logs)
    (logs / "here").symlink_to(logs)
    (logs / "there").symlink_to(elsewhere)
    assert totals(run("breakdown", "logs", "--json"))[:2] == (len(CALLS), INPUT)


def test_any_order_of_files_gives_the_same_rows(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1), record(1, request_id="auto"), *CALLS[:3]])
    write(tmp_path / "b.jsonl", [*CALLS[2:], record(1, request_id="auto")])
    (tmp_path / "c.csv").write_bytes(as_csv())
    names = ["a.jsonl", "b.jsonl", "c.csv"]
    said = set()
    for number, order in enumerate((names, names[::-1])):
        for name in order:
            run("ingest", name, "--db", f"{number}.duckdb")
        said.add(
            run(
                "breakdown", "--by", "endpoint,model,day", "--json", "--db", f"{number}.duckdb"
            ).stdout
        )
    assert len(said) == 1


@pytest.mark.parametrize("pack", [lambda text, path: path.write_bytes(text), zstd])
def test_a_shape_of_ones_own_is_mapped_in_every_container(run, tmp_path, pack):
    pack("".join(json.dumps(call) + "\n" for call in OWN).encode(), tmp_path / "a")
    pack(json.dumps(OWN).encode(), tmp_path / "b")
    pack("".join(f"12:00 INFO used {call!r}\n" for call in OWN).encode(), tmp_path / "c")
    found = [totals(run("breakdown", name, *MAPS, "--json")) for name in "abc"]
    # 0.15 and 0.60 USD per 1M tokens of gpt-4o-mini.
    assert found == [(7, INPUT, (INPUT * 15 + 70 * 60) / 10**8)] * 3


def test_a_pipe_is_read_like_a_file(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(TEXTS["jsonl"],))
    writer.start()
    result = run("breakdown", "pipe", "--json")
    writer.join()
    assert totals(result)[:2] == (len(CALLS), INPUT)


def test_a_pipe_in_a_folder_is_not_waited_for(run, tmp_path):
    (tmp_path / "logs").mkdir()
    os.mkfifo(tmp_path / "logs" / "pipe")
    write(tmp_path / "logs" / "a.jsonl", CALLS)
    assert total_of(run("breakdown", "logs", "--json"))["requests"] == len(CALLS)


def packed(name: str, folder: Path) -> Path:
    path = folder / name
    text = TEXTS["csv"]
    (folder / "in.csv").write_bytes(text)
    if name == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(folder / "in.csv")
    elif name.startswith("tar"):
        with tarfile.open(path, "w:gz" if name.endswith("gz") else "w") as archive:
            archive.add(folder / "in.csv", "in.csv")
    else:
        path.write_bytes(
            {
                "xz": lzma.compress(text),
                "bz2": bz2.compress(text),
                "utf16": text.decode().encode("utf-16"),
                "random": random.Random(1).randbytes(5000),
            }[name]
        )
    (folder / "in.csv").unlink()
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("zip", "unzip zip"),
        ("xz", "xz -dk xz"),
        ("bz2", "bunzip2 -k bz2"),
        ("tar", "tar -xf tar"),
        ("tar.gz", "tar -xf tar.gz"),
        ("utf16", "iconv -f UTF-16 -t UTF-8 utf16"),
        ("random", "binary data and no text"),
    ],
)
def test_what_is_packed_otherwise_says_how_to_unpack_it(run, tmp_path, name, words):
    packed(name, tmp_path)
    result = run("breakdown", name, "--map", "input=x")
    assert result.code == 2
    assert result.stderr.startswith(f"error: {name}: ")
    assert words in result.stderr


def test_in_a_folder_it_is_left_out_and_told(run, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    packed("zip", logs)
    sqlite3.connect(logs / "other.db").execute("CREATE TABLE users (id, name)").connection.close()
    write(logs / "a.jsonl", CALLS)
    result = run("ingest", "logs")
    assert result.code == 0
    assert "2 files not recognised as a log, left out: logs/other.db, logs/zip" in result.stdout
    files = json.loads(run("ingest", "logs", "--json").stdout)["result"]["files"]
    assert {f["path"]: f["left_out"] is None for f in files} == {
        "logs/a.jsonl": True,
        "logs/other.db": False,
        "logs/zip": False,
    }
    direct = run("breakdown", "logs", "--json")
    (warning,) = json.loads(direct.stdout)["warnings"]
    assert warning["code"] == "left_out"
    assert "logs/other.db, logs/zip" in warning["message"]


def test_a_folder_without_any_log_says_what_is_in_it(run, tmp_path):
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs" / "a.jsonl", OWN)
    (tmp_path / "logs" / "empty.log").touch()
    fields = 'at, svc."a.b", n.in, n.out'
    direct = run("breakdown", "logs")
    assert direct.code == 2
    stored = run("ingest", "logs")
    assert stored.code == 0
    for said in (direct.stderr, stored.stdout):
        assert (
            f"no log among 2 files; logs/a.jsonl: no log format recognises this file; it has {fields}"
            in said
        )
        assert "--map input=FIELD" in said


def test_a_path_that_no_record_has_is_told_with_the_nearest(run, tmp_path):
    write(tmp_path / "a.jsonl", OWN)
    write(tmp_path / "b.jsonl", OWN)
    wrong = ("--map", "output=n.outt", "--map", "endpoint=svc.a.b")
    result = run("breakdown", "a.jsonl", "b.jsonl", *MAPS, *wrong)
    assert result.code == 0
    said = "a.jsonl and 1 more: --map endpoint=svc.a.b: none of the first records has svc.a.b"
    assert f'{said} (did you mean svc."a.b"?); --map output=n.outt: none of' in result.stderr


def test_a_mapping_for_one_file_leaves_a_known_format_alone(run, tmp_path):
    write(tmp_path / "a.jsonl", CALLS)
    (tmp_path / "b.log").write_bytes(TEXTS["log"])
    result = run("breakdown", "a.jsonl", "b.log", "--map", "input=n.in", "--json")
    assert totals(result)[:2] == (len(CALLS), INPUT)
    (warning,) = json.loads(result.stdout)["warnings"]
    assert warning["message"].startswith("a.jsonl and 1 more: --map input=n.in: ")


@pytest.mark.skipif(ZSTD is None, reason="only the zstd program packs bytes that are no text")
@pytest.mark.parametrize("broken", [{1}, {2, 3}, {7}, {1, 4, 7}])
def test_broken_bytes_in_a_packed_text_cost_no_line(tmp_path, broken):
    texts = [b"{'n': %d, 'x': '%s'}" % (n, b"\xff" if n in broken else b"ok") for n in range(1, 8)]
    plain = tmp_path / "a.log"
    plain.write_bytes(b"\n".join(texts) + b"\n")
    subprocess.run([str(ZSTD), "-q", str(plain)], check=True)
    unpack_text(duckdb.connect(), tmp_path / "a.log.zst", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == plain.read_bytes().replace(b"\xff", b"?")


def damaged(text: bytes) -> bytes:
    middle = len(text) // 2
    return (
        text[:middle]
        + bytes(byte ^ 0x5A for byte in text[middle : middle + 30])
        + text[middle + 30 :]
    )


@pytest.mark.parametrize("hurt", [lambda text: text[: len(text) * 2 // 3], damaged])
def test_a_damaged_file_is_refused_alone(run, tmp_path, hurt):
    logs = tmp_path / "logs"
    logs.mkdir()
    for container in ("jsonl", "json", "csv", "log", "sqlite"):
        text = as_sqlite(tmp_path, 40) if container == "sqlite" else TEXTS[container] * 40
        (logs / f"{container}.gz").write_bytes(hurt(gzip.compress(text)))
        if container == "sqlite":
            (logs / f"{container}.db").write_bytes(hurt(text))
        else:
            packed_so = zstd(text, tmp_path / "x").read_bytes()
            (logs / f"{container}.zst").write_bytes(hurt(packed_so))
    broken = {path.name for path in logs.iterdir()}
    assert len(broken) == 10
    write(logs / "whole.jsonl", CALLS)
    result = run("ingest", "logs", "--json")
    files = json.loads(result.stdout)["result"]["files"]
    assert result.code == 2
    assert {Path(f["path"]).name for f in files if f["error"]} == broken
    assert total_of(run("breakdown", "--json"))["requests"] == len(CALLS)


def test_a_packed_file_is_whole_only_at_its_end(tmp_path):
    text = zstd(TEXTS["jsonl"], tmp_path / "x").read_bytes()
    skipped = b"\x51\x2a\x4d\x18\x03\x00\x00\x00abc"
    for whole in (text, text + text, skipped + text, text + skipped):
        (tmp_path / "y").write_bytes(whole)
        assert is_whole(tmp_path / "y")
    for end in range(len(text)):
        (tmp_path / "y").write_bytes(text[:end])
        assert not is_whole(tmp_path / "y")
