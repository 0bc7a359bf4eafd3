"""`costctl sweep`: the bill over a grid."""

import csv
import io
import json

import pytest

from tests.cli.schemas import require_fit
from tests.cli.week import WEEK, stored


@pytest.fixture
def week(run, cache):
    return stored(run, cache, "week", WEEK)


def test_each_point_is_what_simulate_says_there(run, week):
    found = run("sweep", "route.fraction=0:0.8:3", *week, "--route", "0.4", "--json")
    assert found.code == 0
    document = json.loads(found.stdout)
    require_fit(document, "sweep")
    points = {point["values"][0]: point["after_usd"] for point in document["result"]["points"]}
    assert list(points) == [0, 0.4, 0.8]
    for fraction, usd in points.items():
        plain = json.loads(run("simulate", *week, "--route", fraction, "--json").stdout)["result"]
        assert usd == pytest.approx(plain["after_usd"], rel=1e-9)


def test_two_parameters_make_a_plane(run, week):
    found = run(
        "sweep", "response_cache.hit=0:0.6:3", "route.fraction=0:0.8:2", *week,
        "--cache-hit", "0.1", "--route", "0.4", "--target", "1000",
    )  # fmt: skip
    assert found.code == 0
    assert "response_cache.hit down, route.fraction across" in found.stdout
    assert "of 6 points meet the target of $1,000.00" in found.stdout


def test_csv_has_a_row_per_point(run, week):
    found = run("sweep", "output.cut=0:0.5:6", *week, "--output-cut", "0.1", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert [float(row["output.cut"]) for row in rows] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert float(rows[0]["saving_usd"]) == 0


def test_one_parameter_is_plotted(run, week):
    found = run("sweep", "output.cut=0:1:2", *week, "--output-cut", "0.1")
    lines = [line for line in found.stdout.splitlines() if "#" in line]
    assert len(lines) == 2
    assert lines[0].count("#") > lines[1].count("#")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ((), "one or two parameters"),
        (("a=0:1:2", "b=0:1:2", "c=0:1:2"), "one or two parameters"),
        (("output.cutt=0:1:2",), "did you mean output.cut?"),
        (("output.cut",), "no parameter of this plan"),
        (("output.cut=0:1",), "no range of values"),
        (("output.cut=0:1:many",), "no range of values"),
        (("output.cut=0:1:1",), "at least two values"),
        (("output.cut=1:0:5",), "at least two values"),
        (("output.cut=0:2:5",), "did you mean 0.02 or 2%?"),
        (("output.cut=0:1:3", "output.cut=0:1:3"), "swept twice"),
        (("output.cut=0:1:999999",), "more than 100,000 points"),
        (("output.cut=0:1:999", "output.fixed_usd=0:1:999"), "more than 100,000 points"),
    ],
)
def test_what_cannot_be_swept_is_refused(run, week, parameters, words):
    found = run("sweep", *parameters, *week, "--output-cut", "0.1")
    assert found.code == 2
    assert words in found.stderr + found.stdout


def test_nothing_to_sweep_over_is_no_data(run, tmp_path):
    log = tmp_path / "odd.csv"
    log.write_text(WEEK.splitlines()[0] + "\n2026-11-16,chat,mystery,1,1,1\n")
    found = run("sweep", "output.cut=0:1:3", "--logs", log, "--output-cut", "0.1")
    assert found.code == 3
