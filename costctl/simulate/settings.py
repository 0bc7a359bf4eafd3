"""What people type as a setting: numbers, percentages, ranges, selectors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from costctl.errors import CostctlError
from costctl.levers import Param, Unit
from costctl.simulate.plan import Range
from costctl.vocabulary import Condition

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]+)?(?<=[0-9])")
ARROW = re.compile(r"([1-9][0-9]*)->([0-9]+)")
MODEL_PREFIX = "model:"
SHARE_HINT = "did you mean 0.6 or 60%?"
PERCENT = re.compile(r"[1-9][0-9]?|100")
DECIMAL_COMMA = re.compile(r"0?,([0-9]+)")


@dataclass(frozen=True)
class Place:
    """Where a setting stands: a flag, or a line of a file; named in every complaint."""

    name: str

    def wrong(self, text: str, why: str, hint: str) -> CostctlError:
        """Return the complaint about a value."""
        return CostctlError(f"{self.name}: {text!r} {why}", hint=hint, code="invalid_setting")


def read_range(text: str, param: Param, place: Place, *, signed: bool = False) -> Range:
    """Read a number, a percentage, or LOW:MODE:HIGH of them."""
    fields = text.split(":")
    if len(fields) not in {1, 3}:
        raise place.wrong(text, "is neither a number nor LOW:MODE:HIGH", SHARE_HINT)
    numbers = [read_number(field, param, place, signed=signed) for field in fields]
    if len(numbers) == 1:
        return Range.point(numbers[0])
    low, mode, high = numbers
    if not low <= mode <= high:
        raise place.wrong(text, "is not in order", "write LOW:MODE:HIGH, smallest first")
    return Range(low, mode, high)


def read_number(text: str, param: Param, place: Place, *, signed: bool = False) -> float:
    """Read one number that the parameter accepts."""
    text = text.strip()
    unit = param.unit
    if unit is Unit.SAVED:
        return _saved(text, place, signed=signed)
    percent = unit in {Unit.SHARE, Unit.RATIO}
    value = _plain(text, percent=percent)
    complaint = _complaint(value, unit)
    if value is None or complaint:
        raise place.wrong(text, complaint or "is no number", _hint(unit, text))
    return value


def _complaint(value: float | None, unit: Unit) -> str:
    if value is None:
        return ""
    if unit is Unit.SHARE and not 0 <= value <= 1:
        return "is no share between 0 and 1"
    if unit is Unit.RATIO and value <= 0:
        return "is no ratio above 0"
    if unit is Unit.SIZE and (value < 1 or value != int(value)):
        return "is no count of at least 1"
    return "is below 0" if value < 0 else ""


def _hint(unit: Unit, text: str) -> str:
    if unit in {Unit.SHARE, Unit.SAVED}:
        return _share_hint(text)
    if unit in {Unit.SIZE, Unit.COUNT}:
        return "write a count such as 100"
    return "write digits, with a point if needed, such as 1.05"


def _share_hint(text: str) -> str:
    """Guess the share that was meant by a percentage without its sign, or with a decimal comma."""
    comma = DECIMAL_COMMA.fullmatch(text)
    if comma:
        share = Decimal(f"0.{comma[1]}")
    elif PERCENT.fullmatch(text):
        share = Decimal(text) / 100
    else:
        return SHARE_HINT
    return f"did you mean {share.normalize():f} or {(share * 100).normalize():f}%?"


def _saved(text: str, place: Place, *, signed: bool) -> float:
    """Read a share saved: 0.53, 53%, 3200->1500 or 2.1x."""
    hint = "write the share saved, such as 0.53 or 53%; or '3200->1500'; or 2.1x"
    arrow = ARROW.fullmatch(text)
    if arrow:
        before, after = int(arrow[1]), int(arrow[2])
        if after > before and not signed:
            raise place.wrong(text, "makes prompts longer", hint)
        return 1 - after / before
    if "->" in text or text.endswith("-"):
        raise place.wrong(
            text, "is half a setting", "quote it: '3200->1500', because > redirects in a shell"
        )
    if text.endswith("x"):
        return _ratio_saved(text, place, hint)
    value = _plain(text, percent=True)
    if value is None:
        raise place.wrong(text, "is no share", hint)
    if value > 1:
        raise place.wrong(text, "is above 1, and a ratio needs an x", hint)
    if value < 0 and not signed:
        raise place.wrong(text, "is below 0", hint)
    return value


def _ratio_saved(text: str, place: Place, hint: str) -> float:
    ratio = _plain(text[:-1], percent=False)
    if ratio is None or ratio < 1:
        raise place.wrong(text, "is no ratio of 1x and above", hint)
    return 1 - 1 / ratio


def _plain(text: str, *, percent: bool) -> float | None:
    """Return a number as people write it; None for anything else, `nan`, `1e3` and `0,6` included."""
    scale = 1.0
    if percent and text.endswith("%"):
        text, scale = text[:-1], 100.0
    if not NUMBER.fullmatch(text) or not isfinite(float(text)):
        return None
    return float(text) / scale


def split_selector(text: str) -> tuple[str, str]:
    """Return the selector, which may be empty, and the value: what stands after the last `=`."""
    selector, _, value = text.rpartition("=")
    return selector, value


def where_of(selector: str, place: Place, text: str) -> tuple[Condition, ...]:
    """Return what a selector of the command line matches: an endpoint, or `model:NAME`."""
    if selector.startswith(MODEL_PREFIX):
        name = selector.removeprefix(MODEL_PREFIX)
        if name:
            return (Condition("model", (name,)),)
    elif selector:
        return (Condition("endpoint", (selector,)),)
    elif "=" not in text:
        return ()
    raise place.wrong(text, "selects nothing", "write ENDPOINT=VALUE or model:NAME=VALUE")


def read_swap(
    text: str, known: Callable[[str], bool], param: Param, place: Place
) -> tuple[str, str, Range]:
    """Read OLD=NEW[:SHARE]; names hold colons, so NEW is first tried whole."""
    old, equals, rest = text.partition("=")
    if not equals or not old or not rest:
        raise place.wrong(text, "is no swap", "write OLD=NEW or OLD=NEW:SHARE")
    if known(rest):
        return old, rest, Range.point(1.0)
    fields = rest.split(":")
    for count in (3, 1):
        name = ":".join(fields[:-count])
        if len(fields) > count and known(name):
            return old, name, read_range(":".join(fields[-count:]), param, place)
    return old, rest, Range.point(1.0)
