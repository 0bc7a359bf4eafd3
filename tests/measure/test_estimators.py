"""Each estimator against sums over the calls that it is about."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.measure.conftest import Measure
from tests.measure.logs import call, detail, estimate, estimates

DAY = 86_400
HOUR = 3600

PRICES = {
    ("gpt-4o", None): ("2.5", "10"),
    ("gpt-4o", "priority"): ("4.25", "17"),
    ("gpt-4o-mini", None): ("0.15", "0.6"),
    ("gpt-4o-2024-05-13", None): ("5", "15"),
    ("text-embedding-3-large", None): ("0.13", "0"),
}
"""USD per million tokens of input and output, as OpenAI lists them."""

Call = Mapping[str, Any]

CALLS: list[dict[str, Any]] = [
    # A chat of two models: sessions go on at the bigger one once in four.
    *(call(n * 600, session=f"s{n}", user=f"u{n}", input=900, output=80) for n in range(8)),
    *(
        call(n * 600 + 60, session=f"s{n}", user=f"u{n}", model="gpt-4o-mini", input=990, output=60)
        for n in range(8)
    ),
    call(120, session="s0", user="u0", input=3000, output=500),
    call(720, session="s1", user="u1", input=5000, output=700),
    # A tool call is no easy call, however short it is; neither is an answer that was cut short.
    call(20 * HOUR, session="t", user="t", input=100, output=10, finish="tool_calls"),
    call(20 * HOUR + 9, session="t", user="t", input=100, output=10, finish="length"),
    # Work at night with nobody behind it, and at noon; on an old model, at a dear tier.
    *(call(DAY + 23 * HOUR + n, endpoint="digest", input=2000, output=300) for n in range(6)),
    *(call(DAY + 12 * HOUR + n, endpoint="digest", input=2000, output=300) for n in range(2)),
    call(DAY + 9 * HOUR, endpoint="old", model="gpt-4o-2024-05-13", input=4000, output=100),
    call(DAY + 9 * HOUR, endpoint="fast", tier="priority", input=4000, output=100),
    call(DAY + 9 * HOUR, endpoint="fast", input=8000, output=100),
    # Embeddings of two endpoints.
    call(DAY, endpoint="search", model="text-embedding-3-large", input=6000, output=0),
    call(DAY, endpoint="tagging", model="text-embedding-3-large", input=2000, output=0),
    # Nobody knows what this costs.
    call(DAY, endpoint="odd", model="mystery", input=10, output=10),
]


def usd(one: Call) -> Decimal:
    """Return what a call costs."""
    prompt, output = PRICES.get((one["model"], one.get("tier")), ("0", "0"))
    return (one["input"] * Decimal(prompt) + one["output"] * Decimal(output)) / 1_000_000


def share(part: Sequence[Call], whole: Sequence[Call], figure: Callable[[Call], Any] = usd) -> Any:
    """Return which share of all calls some of them hold, as a test compares it."""
    return pytest.approx(float(sum(map(figure, part)) / sum(map(figure, whole))), rel=1e-12)


def at(endpoint: str, model: str = "gpt-4o") -> list[dict[str, Any]]:
    """Return the calls of an endpoint and model."""
    return [one for one in CALLS if (one["endpoint"], one["model"]) == (endpoint, model)]


def is_easy(one: Call, prompt: int = 1000, output: int = 100) -> bool:
    short = one["input"] <= prompt and one["output"] <= output
    return short and "finish" not in one and not one["model"].startswith("text-")


@pytest.fixture(scope="module")
def found(measured: Measure) -> dict[str, Any]:
    return measured(CALLS, "--cap", 2500, "--critical", "sea*")


def test_easy_calls_are_counted_in_money_and_in_calls(found):
    one = estimate(found, "easy_calls", endpoint="chat", model="gpt-4o")
    easy = [c for c in at("chat") if is_easy(c)]
    assert one["value"] == share(easy, at("chat"))
    assert one["by_requests"] == pytest.approx(8 / 12)
    assert one["names"] == {"to": "gpt-4o-mini"}
    assert one["sample"] == 12
    assert "A ceiling, not quality" in one["limit"]
    generating = [c for c in CALLS if not c["model"].startswith("text-")]
    whole = estimate(found, "easy_calls", everything=True)
    assert whole["value"] == share([c for c in generating if is_easy(c)], generating)
    assert "up to 1,000 prompt and 100 output tokens" in whole["notes"][0]


def test_easy_calls_are_counted_under_four_sizes(found):
    for prompt, output in ((256, 32), (512, 64), (1000, 100), (2000, 200)):
        row = detail(
            found, "easy_calls", endpoint="chat", model="gpt-4o", prompt=prompt, output=output
        )
        fit = [c for c in at("chat") if c["input"] <= prompt and c["output"] <= output]
        assert row["requests"] == len(fit)
        assert row["cost_share"] == share(fit, at("chat"))


def test_where_the_cheaper_model_serves_a_part_its_ratios_are_measured(found):
    one = estimate(found, "easy_calls", endpoint="chat", model="gpt-4o")
    prompt = sum(c["input"] for c in at("chat")) / 12
    answer = sum(c["output"] for c in at("chat")) / 12
    row = detail(found, "served", endpoint="chat", model="gpt-4o")
    assert row["token_ratio_in"] == pytest.approx(990 / prompt)
    assert row["token_ratio_out"] == pytest.approx(60 / answer)
    # Of eight sessions two go on at the bigger model.
    assert row["escalate"] == pytest.approx(2 / 8)
    # Its prompts are far shorter: it gets other calls, so nothing follows for the ones that would move.
    assert row["token_ratio_in"] < 0.8
    assert one["further"] == {}
    assert any("other calls" in note for note in one["notes"])


def test_tokens_above_a_cap_are_summed_call_by_call(found):
    for endpoint, calls in (("chat", at("chat")), ("fast", at("fast"))):
        one = estimate(found, "caps", endpoint=endpoint, model="gpt-4o")
        above = sum(max(0, c["input"] - 2500) for c in calls)
        assert one["value"] == pytest.approx(above / sum(c["input"] for c in calls))
        assert one["names"] == {"cap_tokens": "2500"}
    row = detail(found, "caps", cap=4000)
    generating = [c for c in CALLS if not c["model"].startswith("text-")]
    assert row["tokens"] == 1000 + 4000
    assert row["requests"] == 2
    assert row["share"] == pytest.approx(5000 / sum(c["input"] for c in generating))
    assert row["by_mean"] == 0


def test_older_turns_are_what_prompts_have_above_the_window(prompted):
    # Prompts of 100, 300, 600 and 1,000 tokens: beyond two turns 300 and 700 more than at the second.
    one = estimate(prompted, "history", endpoint="talk")
    assert one["value"] == pytest.approx((300 + 700) / (2000 + 50 + 40))
    assert one["by_requests"] == pytest.approx(2 / 6)
    assert "5 of 6 calls name a session" in one["notes"]
    row = detail(prompted, "history", turns=1)
    # Beside the chat of four, the one of two does not grow.
    assert (row["requests"], row["tokens"]) == (3, 200 + 500 + 900)
    assert "no session is logged" in estimate(prompted, "history", endpoint="both")["refused"]


def test_embeddings_off_the_critical_list_are_counted_in_tokens(found):
    assert estimate(found, "embeddings", everything=True)["value"] == pytest.approx(2000 / 8000)
    assert estimate(found, "embeddings", endpoint="search")["value"] == 0
    one = estimate(found, "embeddings", endpoint="tagging")
    assert (one["value"], one["names"]) == (1, {"to": "text-embedding-3-small"})
    row = detail(found, "embeddings", endpoint="tagging")
    assert row["token_share"] == pytest.approx(0.25)


def test_calls_at_night_that_name_nobody_may_wait(found):
    one = estimate(found, "quiet_hours", endpoint="digest")
    assert (one["value"], one["by_requests"]) == (pytest.approx(6 / 8), pytest.approx(6 / 8))
    assert one["names"] == {"to_tier": "batch"}
    # The first calls of the chat are at night, and all have a user.
    assert estimate(found, "quiet_hours", endpoint="chat", model="gpt-4o")["value"] == 0
    night = detail(found, "nights", endpoint="chat", model="gpt-4o")
    assert night["night_share"] == share([c for c in at("chat") if "finish" not in c], at("chat"))
    assert night["unattended_share"] == 0
    row = detail(found, "hours", hour="23:00")
    assert row["requests"] == 6
    assert row["cost_share"] == share(at("digest")[:6], CALLS)
    assert row["unattended_share"] == share(at("digest")[:6], CALLS)


def test_usage_at_a_dearer_tier_is_shown_with_what_standard_costs(found):
    one = estimate(found, "priority", endpoint="fast")
    assert (one["value"], one["names"]) == (1, {"to_tier": "standard"})
    row = detail(found, "priority", endpoint="fast")
    assert row["now_usd"] == pytest.approx(4000 * 4.25e-6 + 100 * 17e-6)
    assert row["standard_usd"] == pytest.approx(4000 * 2.5e-6 + 100 * 10e-6)


def test_a_stale_snapshot_has_a_newer_and_cheaper_one(found):
    one = estimate(found, "stale_models", endpoint="old")
    assert (one["value"], one["names"]) == (1, {"to": "gpt-4o-2024-08-06"})
    row = detail(found, "stale_models", endpoint="old")
    assert row["now_usd"] == pytest.approx(4000 * 5e-6 + 100 * 15e-6)
    assert row["newer_usd"] == pytest.approx(4000 * 2.5e-6 + 100 * 10e-6)
    assert any("was to be retired on 2026-10-23" in note for note in one["notes"])


def test_lengths_of_answers_are_shown_and_no_cut_is_made_up(found):
    one = estimate(found, "long_answers")
    assert one["value"] is None
    assert "is a decision" in one["refused"]
    row = detail(found, "answers", endpoint="chat", model="gpt-4o")
    answers = sorted(c["output"] for c in at("chat"))
    assert (row["p50"], row["p95"], row["longest"]) == (answers[5], answers[11], 700)
    # Of the two that say how they ended, one was cut short.
    assert row["cut_short_share"] == 0.5


@pytest.mark.parametrize(
    ("estimator", "where", "reason"),
    [
        ("waste", {"endpoint": "chat", "model": "gpt-4o"}, "no hashes of prompts"),
        ("repeats", {"endpoint": "chat", "model": "gpt-4o", "variant": "exact"}, "no hashes"),
        ("prefixes", {"endpoint": "chat", "model": "gpt-4o"}, "no hashes of prompt beginnings"),
        ("boilerplate", {"endpoint": "chat", "model": "gpt-4o"}, "no hashes of prompt beginnings"),
        ("easy_calls", {"endpoint": "odd"}, "none of these calls has a price"),
        ("quiet_hours", {"endpoint": "odd"}, "none of these calls has a price"),
    ],
)
def test_what_the_log_cannot_tell_is_refused_with_the_reason(found, estimator, where, reason):
    one = estimate(found, estimator, **where)
    assert one["value"] is None
    assert reason in one["refused"]


def test_every_estimate_says_how_and_what_it_cannot_tell(found):
    for one in found["estimates"]:
        assert (one["value"] is None) != (one["refused"] is None)
        assert one["method"].endswith(".")
        assert one["limit"].endswith(".")
        shares = [one[name] for name in ("value", "low", "high", "by_requests")]
        assert all(0 <= value <= 1 for value in shares if value is not None)


def told(endpoint: str, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """Return calls of an endpoint whose prompts are logged."""
    return [
        {"prompt": f"{endpoint} {n}", **one, "endpoint": endpoint} for n, one in enumerate(calls)
    ]


WASTE = told(
    "waste",
    call(0, user="u", prompt="a", output=100),
    call(30, user="u", prompt="a", output=100),  # a retry
    call(31, user="v", prompt="a", output=100),  # somebody else's question
    call(200, user="u", prompt="a", output=100),  # a second question
    call(1000, user="u", prompt="b", output=50, finish="length"),  # cut short, and asked again
    call(1100, user="u", prompt="b", output=400),
    call(2000, user="u", prompt="c", output=50, finish="length"),  # cut short, and left at that
    call(3000, user="u", prompt="d", output=20, status="error"),  # billed, yet failed
    call(3010, user="u", prompt="d", output=100),  # so this is no waste
)
NOBODY = told("nobody", call(0, prompt="a"), call(30, prompt="a"))
FAILED = told("failed", call(0, status="error"), call(60), call(120), call(180))
BOTH = told(
    "both",
    call(0, prompt="a", input=500, output=50),
    call(600, prompt="a", input=500, output=50),  # a repeat, and easy
    call(1200, prompt="b", input=500, output=50),  # easy alone
    call(1800, prompt="c", input=5000, output=500),
    call(2400, prompt="c", input=5000, output=500),  # a repeat alone
)
ALIKE = told(
    "alike",
    call(0, session="a", output=100),
    call(60, session="b", model="gpt-4o-mini", output=120),
    call(90, session="b", output=100),
    call(120, session="c", model="gpt-4o-mini", output=160),
)


TALK = told(
    "talk",
    *(call(n * 60, session="long", input=size) for n, size in enumerate((100, 300, 600, 1000))),
    call(0, session="short", input=50),
    call(60, input=40),
)


@pytest.fixture(scope="module")
def prompted(measured: Measure) -> dict[str, Any]:
    return measured([*WASTE, *NOBODY, *FAILED, *BOTH, *ALIKE, *TALK], "--window", 2)


def test_retries_failures_and_short_answers_are_waste(prompted):
    wasted = [WASTE[1], WASTE[4], WASTE[7]]
    one = estimate(prompted, "waste", endpoint="waste")
    assert one["value"] == share(wasted, WASTE)
    assert one["by_requests"] == pytest.approx(3 / 9)
    for reason, calls in (
        ("repeated", WASTE[1:2]), ("cut_short", WASTE[4:5]), ("failed", [WASTE[7], FAILED[0]])
    ):  # fmt: skip
        row = detail(prompted, "waste", reason=reason)
        assert row["requests"] == len(calls)
        assert row["cost_usd"] == pytest.approx(float(sum(map(usd, calls))))


def test_failures_are_told_even_where_nobody_is_named(prompted):
    one = estimate(prompted, "waste", endpoint="failed")
    assert one["value"] == pytest.approx(1 / 4)
    assert "failed calls only" in one["notes"][0]


def test_equal_prompts_of_nobody_are_not_called_waste(prompted):
    assert (
        "no user or session is logged" in estimate(prompted, "waste", endpoint="nobody")["refused"]
    )
    one = estimate(prompted, "repeats", variant="exact", endpoint="nobody")
    assert one["value"] == pytest.approx(0.5)


def test_repeats_and_easy_calls_are_counted_together(prompted):
    row = detail(prompted, "joint", endpoint="both")
    assert row["both"] == share(BOTH[1:2], BOTH)
    assert row["repeat_only"] == share(BOTH[4:], BOTH)
    assert row["easy_only"] == share([BOTH[0], BOTH[2]], BOTH)
    assert row["neither"] == share(BOTH[3:4], BOTH)
    # The lever routes what the cache leaves: of the misses two are easy.
    one = estimate(prompted, "easy_calls", endpoint="both")
    assert one["value"] == share([BOTH[0], BOTH[2]], [*BOTH[:1], *BOTH[2:4]])


def test_ratios_of_like_calls_go_into_the_lever(prompted):
    one = estimate(prompted, "easy_calls", endpoint="alike", model="gpt-4o")
    assert one["further"] == {"token_ratio_in": 1.0, "token_ratio_out": 1.4, "escalate": 0.5}


def test_sums_over_many_calls_cannot_tell_single_ones(run, tmp_path):
    path = tmp_path / "week.csv"
    path.write_text(
        "occurred_at,endpoint,model,requests,input_uncached,output\n"
        "2026-11-16,rag,gpt-4o,100,100000,10000\n"
    )
    result = run("measure", path, "--cap", 100)
    assert result.code == 0
    assert "sums over many calls cannot tell" in result.stdout


def test_nobody_is_said_to_wait_where_nobody_is_ever_named(measured):
    found = measured([call(0), call(2 * DAY)])
    assert "whether somebody waits cannot be told" in estimate(found, "quiet_hours")["refused"]
    # The hours are shown all the same.
    assert detail(found, "hours", hour="00:00")["requests"] == 2


def test_a_log_of_embeddings_alone_refuses_what_is_about_answers(measured):
    model = "text-embedding-3-large"
    # Most are at a tier without a price: they are embeddings all the same.
    calls = [call(n, model=model, output=0, tier="flex" if n else None) for n in range(3)]
    found = measured(calls)
    for estimator in ("repeats", "easy_calls", "caps", "prefixes", "boilerplate"):
        assert "no calls that write answers" in estimate(found, estimator)["refused"]
    assert "--critical" in estimate(found, "embeddings", endpoint="chat")["refused"]


def test_groups_beyond_the_dearest_count_in_the_whole_only(measured):
    calls = [
        *(call(n, endpoint=f"e{n}", input=1000 * (n + 1)) for n in range(4)),
        call(9, model="text-embedding-3-large", output=0),
    ]
    found = measured(calls, "--top", 2)
    listed = estimates(found, "easy_calls", everything=False)
    assert [one["endpoint"] for one in listed] == ["e3", "e2"]
    assert estimate(found, "easy_calls", everything=True)["sample"] == 4
    # What is for the user to decide, or takes longer to tell, is said.
    assert "--cap" in estimate(found, "caps", endpoint="e3")["refused"]
    assert "--top" in estimate(found, "embeddings")["refused"]
    assert "a day is needed" in estimate(found, "quiet_hours", endpoint="e3")["refused"]
    for estimator in ("priority", "stale_models"):
        one = estimate(found, estimator)
        assert (one["everything"], one["value"]) == (True, None)
