"""What a shorter text saves, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costctl.table import Column, Kind, Report, Table
from costctl.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from costctl.measure.compression import Compression, Worth

METHOD = "Tokens of each text as the model counts them, without the few that a provider adds around messages."
LIMIT = "Whether answers stay as good, or get longer, is not in a text: run the evaluation set on the shorter one."


def compression_report(found: Compression, worth: Worth | None) -> Report:
    """Return one row a text, and what the saved share is worth on an endpoint."""
    tables = (_texts(found), *((_worth_table(worth),) if worth else ()))
    return Report(
        name="measure-compression",
        tables=tables,
        result=_result(found, worth),
        foot=tuple(_foot(found, worth)),
        rows_key="texts",
    )


def _texts(found: Compression) -> Table:
    rows = tuple(
        (
            text.name,
            text.against,
            text.before,
            text.after,
            text.before - text.after,
            (text.before - text.after) / text.before,
            text.before / text.after,
        )
        for text in found.texts
    )
    saved = found.before - found.after
    total = (
        "total", None, found.before, found.after, saved, found.saved, found.before / found.after,
    )  # fmt: skip
    return Table(
        name="texts",
        title="What a shorter text saves",
        columns=(
            Column("text", "Text", Kind.TEXT),
            Column("against", "Against", Kind.TEXT),
            Column("before", "Tokens", Kind.COUNT),
            Column("after", "Then", Kind.COUNT),
            Column("saved_tokens", "Saved", Kind.COUNT),
            Column("saved", "Of the input", Kind.SHARE),
            Column("ratio", "Times shorter", Kind.NUMBER, wide_only=True),
        ),
        rows=rows,
        total=total if len(rows) > 1 else None,
        notes=tuple(_notes(found)),
    )


def _notes(found: Compression) -> Iterator[str]:
    whose = (
        f"of {found.model}" if found.model else "of current OpenAI models; --model names another"
    )
    if found.exact:
        yield f"Counted with {found.vocabulary}, the vocabulary {whose}. {METHOD}"
    else:
        yield (
            f"Counted with {found.vocabulary}: {found.model} has a vocabulary of its own, so counts are estimates; "
            f"shares depend little on it. {METHOD}"
        )
    yield f"Limit: {LIMIT}"


def _worth_table(worth: Worth) -> Table:
    return Table(
        name="worth",
        title=f"What that share is worth on {worth.endpoint}, at the prices of {worth.at:%Y-%m-%d}",
        columns=(
            Column("endpoint", "Endpoint", Kind.TEXT),
            Column("models", "Models", Kind.TEXT),
            Column("requests", "Calls", Kind.COUNT),
            Column("input_uncached", "Input billed in full", Kind.COUNT),
            Column("cost_usd", "Cost of all", Kind.USD),
            Column("input_usd", "Of that input", Kind.USD),
            Column("saved_usd", "Saved", Kind.USD),
            Column("cost_share", "Of the cost", Kind.SHARE),
        ),
        rows=(
            (
                worth.endpoint,
                ", ".join(worth.models),
                worth.requests,
                worth.uncached,
                worth.cost_usd,
                worth.input_usd,
                worth.saved_usd,
                worth.cost_share,
            ),
        ),
        notes=(
            "If every prompt of the endpoint can be shortened like this one.",
            *_unpriced(worth),
        ),
    )


def _unpriced(worth: Worth) -> Iterator[str]:
    if worth.unpriced:
        yield f"{counted(worth.unpriced, 'call')} of these without a price: nothing is saved there."


def _foot(found: Compression, worth: Worth | None) -> Iterator[str]:
    if found.saved <= 0:
        yield "Nothing is saved."
    elif worth is not None:
        yield f"costctl simulate --compress '{worth.endpoint}={found.saved:.4f}' projects a month of it."


def _result(found: Compression, worth: Worth | None) -> dict[str, object]:
    return {
        "model": found.model,
        "vocabulary": found.vocabulary,
        "exact": found.exact,
        "before": found.before,
        "after": found.after,
        "saved": found.saved,
        "method": METHOD,
        "limit": LIMIT,
        "texts": [
            {
                "text": text.name,
                "against": text.against,
                "before": text.before,
                "after": text.after,
                "saved": (text.before - text.after) / text.before,
            }
            for text in found.texts
        ],
        "worth": _worth_result(worth) if worth else None,
    }


def _worth_result(worth: Worth) -> dict[str, object]:
    return {
        "endpoint": worth.endpoint,
        "models": list(worth.models),
        "prices_at": worth.at,
        "requests": worth.requests,
        "input_uncached": worth.uncached,
        "cost_usd": worth.cost_usd,
        "input_usd": worth.input_usd,
        "saved_usd": worth.saved_usd,
        "cost_share": worth.cost_share,
        "unpriced_requests": worth.unpriced,
    }
