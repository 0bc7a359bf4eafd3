"""The plan that a measurement writes, as `simulate` reads it."""

import json
from typing import Any

import pytest
import yaml

from tests.measure.logs import call, logged

DAY = 86_400
ODD = "we[i]rd*? \"quoted\" 'and' !so\\on: {x}, #ü"

CALLS = [
    # A week in which one prompt of three comes again, short ones and long ones.
    *(
        call(day * DAY + n * 1200, prompt=f"{day} {n % 4}", user="u", input=900, output=90)
        for day in range(7)
        for n in range(6 + day % 2)
    ),
    *(
        call(n * 3600, prompt=f"again {n % 3}", endpoint=ODD, input=900, output=90)
        for n in range(6)
    ),
    *(
        call(n * 3600, prompt=f"other {n}", endpoint="weird", input=900, output=90)
        for n in range(6)
    ),
    *(call(n * 3600, prompt=f"bare {n % 2}", endpoint=None, input=9000) for n in range(6)),
    # A chat whose second prompt holds the first.
    *(
        call(n * 60, prompt=f"t{n}", session="s", endpoint="talk", input=1000 + n * 6000)
        for n in range(2)
    ),
    # Retries, an old model, a dear tier, embeddings, work at night.
    *(call(9000 + n, prompt="r", user="v", endpoint="retry", input=4000) for n in range(2)),
    call(0, prompt="o", endpoint="old", model="gpt-4o-2024-05-13", input=9000),
    call(0, prompt="p", endpoint="fast", tier="priority", user="u", input=9000),
    call(0, prompt="e", endpoint="tags", model="text-embedding-3-large", input=90, output=0),
    call(23 * 3600, prompt="n", endpoint="night", input=9000),
]


@pytest.fixture
def planned(run: Any, tmp_path: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return what was measured, the plan that was written, and what `simulate` makes of it."""
    words = logged(tmp_path, CALLS)
    plan = tmp_path / "plan.yaml"
    done = run(
        "measure",
        *words,
        "--cap",
        8000,
        "--window",
        1,
        "--critical",
        "search",
        "-o",
        plan,
        "--json",
    )
    assert (done.code, done.stderr) == (0, "")
    projected = run("simulate", *words, "--scenario", plan, "--json")
    assert projected.code == 0, projected.stderr
    return (
        json.loads(done.stdout)["result"],
        yaml.safe_load(plan.read_text("utf-8")),
        json.loads(projected.stdout)["result"],
    )


def test_a_plan_holds_what_was_measured_and_simulate_marks_it(planned):
    measured, plan, projected = planned
    assert {lever["lever"] for lever in plan["levers"]} == {
        "dedupe", "response_cache", "swap", "route", "context", "compress", "tier"
    }  # fmt: skip
    assert len(plan["levers"]) == measured["levers"] == len(projected["levers"])
    for lever in projected["levers"]:
        assert lever["source"] == "measured"
        assert set(lever["sources"].values()) == {"measured"}
        assert lever["not_applicable"] is None
    for lever in plan["levers"]:
        _compare(lever, measured["estimates"])

    # A lever acts on its own group, whatever the name of its endpoint means in a pattern.
    (cache,) = (
        lever
        for lever in projected["levers"]
        if lever["lever"] == "response_cache" and "quoted" in str(lever["where"])
    )
    # Three of its six equal calls are repeats, within 7 days of usage.
    cost = 6 * (900 * 2.5e-6 + 90 * 10e-6)
    assert cache["standalone_usd"] == pytest.approx(cost / 2 * 30 / 7)

    # A row without an endpoint is selected too.
    bare = [
        lever for lever in plan["levers"]
        if lever["lever"] == "response_cache" and lever["where"]["endpoint"] == "!*"
    ]  # fmt: skip
    assert [lever["hit"] for lever in bare] == [pytest.approx(4 / 6)]

    # An interval is a range of the plan.
    (ranged,) = (
        lever for lever in plan["levers"]
        if lever["lever"] == "response_cache" and lever["where"]["endpoint"] == "chat"
    )  # fmt: skip
    low, mode, high = map(float, ranged["hit"].split(":"))
    assert low < mode < high
    # Per day, two of six or three of seven.
    assert low >= 2 / 6
    assert high <= 3 / 7
    assert mode == pytest.approx((4 * 2 + 3 * 3) / (4 * 6 + 3 * 7))


def _compare(lever: dict[str, Any], estimates: list[dict[str, Any]]) -> None:
    """Compare each number that a lever says is measured with an estimate."""
    same = [
        one for one in estimates
        if one["lever"] == lever["lever"] and one["value"] is not None and not one["everything"]
    ]  # fmt: skip
    for name in lever["measured"]:
        if "cap_tokens" in lever:
            assert lever["cap_tokens"] == 8000
            continue
        value = lever[name]
        mode = float(str(value).split(":")[1]) if ":" in str(value) else value
        assert any(one["parameter"] == name and abs(one["value"] - mode) < 1e-11 for one in same)


def test_levers_too_small_to_matter_stay_out_of_the_plan(run, tmp_path):
    calls = [
        call(0, input=900_000, output=10_000, endpoint="big"),
        call(60, input=10, output=10, endpoint="small"),
    ]
    done = run("measure", *logged(tmp_path, calls), "-o", tmp_path / "plan.yaml")
    assert "1 measured lever would touch less than 0.1% of the cost" in done.stdout
    assert yaml.safe_load((tmp_path / "plan.yaml").read_text("utf-8"))["levers"] == []
