"""What people type, and what is refused with a hint."""

import pytest

from costctl.errors import CostctlError
from costctl.levers import LEVERS, Param, Unit
from costctl.simulate.plan import Range
from costctl.simulate.settings import (
    Place,
    read_number,
    read_range,
    read_swap,
    split_selector,
    where_of,
)
from costctl.vocabulary import Condition

HIT = LEVERS["response_cache"].params["hit"]
SAVED = LEVERS["compress"].params["saved"]
SIZE = LEVERS["batch_requests"].params["size"]
FLAG = Place("--flag")


@pytest.mark.parametrize(
    ("text", "want"),
    [("0.6", 0.6), ("60%", 0.6), ("0", 0.0), ("1", 1.0), ("100%", 1.0), (".5", 0.5), ("0%", 0.0)],
)
def test_a_share_is_a_number_or_a_percentage(text, want):
    assert read_range(text, HIT, FLAG) == Range.point(want)


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "60", "0,6", "1.5", "-0.1", "", "  ", "1e-1", "0x1", "6 0", "%", "60 %", "101%"],
)
def test_what_is_no_share_is_refused_with_a_hint(text):
    with pytest.raises(CostctlError) as error:
        read_range(text, HIT, FLAG)
    assert "--flag" in str(error.value)
    assert error.value.hint == "did you mean 0.6 or 60%?"


def test_a_range_is_low_mode_high():
    assert read_range("5%:0.2:60%", HIT, FLAG) == Range(0.05, 0.2, 0.6)


@pytest.mark.parametrize("text", ["0.6:0.2:0.05", "0.1:0.2", "0.1:0.2:0.3:0.4", "::", "0.1::0.3"])
def test_a_range_out_of_order_or_out_of_form_is_refused(text):
    with pytest.raises(CostctlError):
        read_range(text, HIT, FLAG)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("0.53", 0.53),
        ("53%", 0.53),
        ("3200->1500", 17 / 32),
        ("2.1x", 1 - 1 / 2.1),
        ("1x", 0.0),
        ("100->100", 0.0),
        ("100->0", 1.0),
    ],
)
def test_compression_is_a_share_saved_in_any_of_its_spellings(text, want):
    assert read_number(text, SAVED, FLAG) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("3200-", "quote it"),
        ("3200->", "quote it"),
        ("2.1", "needs an x"),
        ("0.5x", "1x and above"),
        ("nanx", "1x and above"),
        ("1500->3200", "longer"),
        ("-0.1", "below 0"),
        ("0,5", "no share"),
    ],
)
def test_compression_that_means_nothing_is_refused(text, word):
    with pytest.raises(CostctlError) as error:
        read_number(text, SAVED, FLAG)
    assert word in str(error.value) + error.value.hint


def test_a_scenario_may_make_prompts_longer():
    assert read_number("-0.2", SAVED, FLAG, signed=True) == -0.2
    assert read_number("100->150", SAVED, FLAG, signed=True) == -0.5


@pytest.mark.parametrize("text", ["0", "1.5", "-3", "many"])
def test_a_batch_has_a_whole_number_of_items(text):
    with pytest.raises(CostctlError, match="--flag"):
        read_number(text, SIZE, FLAG)


def test_a_ratio_is_above_zero():
    ratio = Param("", unit=Unit.RATIO)
    assert read_number("1.3", ratio, FLAG) == 1.3
    with pytest.raises(CostctlError, match="above 0"):
        read_number("0", ratio, FLAG)


def test_the_selector_ends_at_the_last_equals_sign():
    assert split_selector("a=b=0.6") == ("a=b", "0.6")
    assert split_selector("0.6") == ("", "0.6")


@pytest.mark.parametrize(
    ("selector", "want"),
    [
        ("rag_*", (Condition("endpoint", ("rag_*",)),)),
        ("model:gpt-4o", (Condition("model", ("gpt-4o",)),)),
        ("model:ft:gpt-4o-mini:acme::id", (Condition("model", ("ft:gpt-4o-mini:acme::id",)),)),
    ],
)
def test_a_selector_names_an_endpoint_or_a_model(selector, want):
    assert where_of(selector, FLAG, f"{selector}=0.6") == want


@pytest.mark.parametrize("text", ["=0.6", "model:=0.6"])
def test_an_empty_selector_is_refused(text):
    with pytest.raises(CostctlError, match="selects nothing"):
        where_of(split_selector(text)[0], FLAG, text)


KNOWN = {"gpt-4o-mini", "ft:gpt-4o-mini:acme::id", "anthropic.claude-v2:1", "gpt-4o"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("gpt-4o=gpt-4o-mini", ("gpt-4o", "gpt-4o-mini", Range.point(1.0))),
        ("gpt-4o=gpt-4o-mini:0.5", ("gpt-4o", "gpt-4o-mini", Range.point(0.5))),
        ("gpt-4o=gpt-4o-mini:0.3:0.5:1", ("gpt-4o", "gpt-4o-mini", Range(0.3, 0.5, 1.0))),
        (
            "gpt-4o=ft:gpt-4o-mini:acme::id",
            ("gpt-4o", "ft:gpt-4o-mini:acme::id", Range.point(1.0)),
        ),
        (
            "gpt-4o=ft:gpt-4o-mini:acme::id:40%",
            ("gpt-4o", "ft:gpt-4o-mini:acme::id", Range.point(0.4)),
        ),
        ("gpt-4o=anthropic.claude-v2:1", ("gpt-4o", "anthropic.claude-v2:1", Range.point(1.0))),
        (
            "gpt-4o=anthropic.claude-v2:1:0.2",
            ("gpt-4o", "anthropic.claude-v2:1", Range.point(0.2)),
        ),
        ("gpt-4o=unknown:0.2", ("gpt-4o", "unknown:0.2", Range.point(1.0))),
    ],
)
def test_a_swap_tells_models_with_colons_from_shares(text, want):
    assert read_swap(text, KNOWN.__contains__, LEVERS["swap"].params["share"], FLAG) == want


@pytest.mark.parametrize("text", ["gpt-4o", "=gpt-4o", "gpt-4o="])
def test_half_a_swap_is_refused(text):
    with pytest.raises(CostctlError, match="no swap"):
        read_swap(text, KNOWN.__contains__, LEVERS["swap"].params["share"], FLAG)
