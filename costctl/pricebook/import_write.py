"""An import, written into the text of price files and validated before anything is kept."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from costctl.errors import CostctlError
from costctl.pricebook.book import Book
from costctl.pricebook.check import warnings_of
from costctl.pricebook.compile import compile_book
from costctl.pricebook.facts import Period, PromptTier
from costctl.pricebook.files import price_files
from costctl.pricebook.import_plan import (
    ADDED,
    BY_HAND,
    CHECKED,
    NEW_MODEL,
    NEW_PERIOD,
    Decision,
    Planner,
)
from costctl.pricebook.open import open_book
from costctl.pricebook.price_text import PriceText, block, model_lines, prompt_tier, quoted
from costctl.pricebook.settings import PricingSettings
from costctl.pricebook.upstream import OfferedTable, PriceKey

TO_ACKNOWLEDGE = ("moved_by_power", "swapped")


@dataclass(frozen=True)
class Imported:
    """What an import came to.

    Attributes:
        decisions: one for each model.
        files: path -> new text, of the files that change.
        needs_ack: warnings that nobody acknowledged, as (code, message); nothing may be written while any is left.
    """

    decisions: tuple[Decision, ...]
    files: Mapping[Path, str]
    needs_ack: tuple[tuple[str, str], ...] = ()


def plan_import(target: Path, table: OfferedTable, day: date, acks: Sequence[str]) -> Imported:
    """Decide and write an import into copies of the files of a price table or layer.

    Errors: `CostctlError` when the files are wrong before, or would be after.
    """
    book = _read(target)
    compiled = compile_book(book)
    first = _written(target, book, tuple(Planner(book, compiled, table, day).decisions()), day)
    doubts = _doubts(target, first.files, first.decisions)
    left = tuple(doubt for doubt in doubts if doubt[1] not in acks)
    if left or not doubts:
        return Imported(first.decisions, first.files, tuple((code, text) for _, code, text in left))
    codes: dict[str, list[str]] = {}
    for model, code, _ in doubts:
        codes.setdefault(model, []).append(code)
    unique = {model: tuple(dict.fromkeys(several)) for model, several in codes.items()}
    decisions = tuple(Planner(book, compiled, table, day, unique).decisions())
    second = _written(target, book, decisions, day)
    _doubts(target, second.files, second.decisions)
    return second


def _read(target: Path) -> Book:
    if (target / "providers").is_dir():
        return open_book((), PricingSettings(builtin=target), None)
    return open_book((target,), PricingSettings(), None)


def _written(target: Path, book: Book, decisions: tuple[Decision, ...], day: date) -> Imported:
    paths = {shown: path for path, shown in price_files(target)}
    texts: dict[str, PriceText] = {}
    settled = []
    for decision in decisions:
        file = book.providers[decision.provider].place.file
        if file not in texts:
            texts[file] = PriceText(paths[file].read_text(encoding="utf-8-sig").splitlines())
        settled.append(_apply(texts[file], book, decision, day))
    changed = {
        paths[file]: text.text() for file, text in texts.items() if text.inserts or text.replaced
    }
    return Imported(tuple(settled), changed)


def _apply(text: PriceText, book: Book, decision: Decision, day: date) -> Decision:
    """Write one decision; what the layout of the file does not allow is left to a person."""
    done = True
    period = decision.open_period
    if decision.action == NEW_MODEL and decision.period:
        provider = book.providers[decision.provider]
        lines = [
            e.place.line for e in provider.entries.values() if e.place.file == provider.place.file
        ]
        indent = text.indent(min(lines))
        last = text.end_of_item(max(lines))
        text.insert(
            last,
            model_lines(
                decision.offered, decision.model, decision.aliases, decision.period, indent
            ),
        )
    elif period is not None and not text.line(period.place.line).lstrip().startswith("- from"):
        done = decision.action == CHECKED
    elif decision.action == NEW_PERIOD and period and decision.period:
        _append_period(text, decision, period)
    elif decision.action == ADDED and period:
        done = _add(text, period, _missing(decision))
    elif decision.action == CHECKED and period:
        text.set_checked(period.place.line, day)
    if done:
        return decision
    why = "its lines are laid out in another way"
    return Decision(
        BY_HAND, decision.provider, decision.model, decision.offered, decision.differences, why
    )


def _append_period(text: PriceText, decision: Decision, period: Period) -> None:
    model = decision.entry.model if decision.entry else None
    own = (
        [p.place.line for p in model.periods if p.place.file == period.place.file] if model else []
    )
    last = max([*own, period.place.line])
    if decision.period:
        text.insert(text.end_of_item(last), decision.period.lines(text.indent(period.place.line)))


def _missing(decision: Decision) -> dict[PriceKey, dict[str, Decimal]]:
    found: dict[PriceKey, dict[str, Decimal]] = {}
    for d in decision.differences:
        if d.theirs is not None:
            key = PriceKey(d.tier, d.min_prompt_tokens, d.window)
            found.setdefault(key, {})[d.price_class] = d.theirs
    return found


def _add(
    text: PriceText, period: Period, missing: Mapping[PriceKey, Mapping[str, Decimal]]
) -> bool:
    """Add figures to a period in force, beside those that it has; false, and nothing, where they do not fit."""
    if not all(_fits(text, period, key) for key in missing):
        return False
    inner = " " * (text.indent(period.place.line) + 2)
    last = max((b.place.line for b in period.prices.blocks.values()), default=period.place.line)
    new_sizes: dict[int, dict[str, Mapping[str, Decimal]]] = {}
    for key, prices in missing.items():
        known = dict(period.prices.steps(key.tier)).get(key.min_prompt_tokens)
        same = _tier_of(period, key)
        if known is not None:
            for name, price in prices.items():
                text.add_to_mapping(known.place.line, name, quoted(price))
        elif not key.min_prompt_tokens:
            text.insert(last, [f"{inner}{key.tier}: {block(prices)}"])
        elif same is not None:
            after = max(b.place.line for b in same.blocks.values())
            text.insert(after, [f"{inner}    {key.tier}: {block(prices)}"])
        else:
            new_sizes.setdefault(key.min_prompt_tokens, {})[key.tier] = prices
    if new_sizes:
        tiers = [
            line
            for size, found in sorted(new_sizes.items())
            for line in prompt_tier(inner, size, found)
        ]
        text.insert(last, [f"{inner}tiers:", *tiers])
    return True


def _fits(text: PriceText, period: Period, key: PriceKey) -> bool:
    known = dict(period.prices.steps(key.tier)).get(key.min_prompt_tokens)
    if known is not None:
        return text.holds_mapping(known.place.line)
    return not key.min_prompt_tokens or _tier_of(period, key) is not None or not period.prices.tiers


def _tier_of(period: Period, key: PriceKey) -> PromptTier | None:
    sizes = {tier.min_prompt_tokens: tier for tier in period.prices.tiers}
    return sizes.get(key.min_prompt_tokens)


def _doubts(
    target: Path, files: Mapping[Path, str], decisions: Iterable[Decision]
) -> list[tuple[str, str, str]]:
    """Validate copies of the files; return (model, code, message) of warnings that somebody must look at.

    Errors: `CostctlError` when a file would be wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy(target, files, Path(folder))
        try:
            book = _read(copy)
            compile_book(book)
        except CostctlError as error:
            raise CostctlError(
                f"the import would leave a wrong file, so nothing is written:\n{error}",
                "correct the file by hand, or leave the model out by --model",
                "invalid_import",
            ) from error
        touched = {d.model for d in decisions if d.action in {NEW_PERIOD, NEW_MODEL}}
        found = []
        for code, message in warnings_of(book):
            model = message.split(": ")[1]
            if code in TO_ACKNOWLEDGE and model in touched:
                found.append((model, code, message.replace(f"{folder}/", "")))
        return found


def _copy(target: Path, files: Mapping[Path, str], folder: Path) -> Path:
    for path, _ in price_files(target):
        inside = folder / path.relative_to(target if target.is_dir() else target.parent)
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_text(files.get(path) or path.read_text(encoding="utf-8-sig"), encoding="utf-8")
    return folder if target.is_dir() else folder / target.name
