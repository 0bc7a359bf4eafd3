"""The canonical columns of a record as SQL, in layers: logged texts, typed values, disjoint token classes, identity."""

from collections.abc import Mapping
from dataclasses import dataclass

from costctl.formats._base import Expression, Format, TokenBlock, Value, Variant
from costctl.formats.words import OPERATIONS, PROVIDERS, STATUSES
from costctl.record import BUCKET_LIMIT, BY_NAME, MONEY_LIMIT, REQUEST_LIMIT
from costctl.store.compile_classes import block_classes, tier
from costctl.store.compile_counts import bad_count, count
from costctl.store.compile_tags import fixed_map, merged_map
from costctl.store.compile_tree import lit
from costctl.store.compile_values import MONEY, NULL_TEXT, Values, of_our_time
from costctl.vocabulary import OF_WHICH, TOKEN_CLASSES

TRUE_WORDS = "('1', '1.0', 'true', 't', 'yes', 'y', 'hit')"
HTTP_ERROR = 400
TIME_COLUMNS = ("occurred_at", "ended_at")
MAPPED = ("tags.", "units.")
UNSTORED = ("request_id",)
MADE = (*TOKEN_CLASSES, *OF_WHICH, "billable", "tokens_known", "status", "tier", "time_assumed_utc")
"""Columns that are worked out here whatever a format says."""


@dataclass(frozen=True)
class Layers:
    """Columns to select, layer upon layer; a later layer may use those of an earlier one.

    Attributes:
        raw: logged texts.
        typed: typed values.
        classes: `reason`, why a record is refused, token classes and what follows from them.
    """

    raw: dict[str, str]
    typed: dict[str, str]
    classes: dict[str, str]


class Rows:
    """Compiles the row of one format."""

    def __init__(self, form: Format, values: Values) -> None:
        self.form = form
        self.values = values
        self.bucket = form.constants.get("granularity") == "bucket"
        names = set(form.row) | set(form.constants) | {carry.column for carry in form.carry}
        for variant in form.variants:
            names |= set(variant.row) | set(variant.constants)
        self.columns = sorted(n for n in names if n != "tz")

    def layers(self) -> Layers:
        """Return all columns but the identity."""
        raw: dict[str, str] = {}
        if self.form.variants:
            raw["v"] = self._variant()
        typed: dict[str, str] = {}
        reasons: list[tuple[str, str]] = []
        self._counts(raw, typed, reasons)
        for name in self.columns:
            if not name.startswith(MAPPED):
                self._column(name, raw, typed, reasons)
        self._maps(typed)
        if "status" in self.columns:
            # A column, because the engine plans a function anew for each word that it is compared with.
            typed["l_status"] = "lower(x_status)"
        whens = " ".join(f"WHEN {test} THEN {lit(why)}" for test, why in reasons)
        reason = f"CASE {whens} END" if whens else NULL_TEXT
        return Layers(raw, typed, {"reason": reason} | self._classes())

    def _variant(self) -> str:
        whens: list[str] = []
        for number, variant in enumerate(self.form.variants):
            if variant.when is None:
                return f"CASE {' '.join(whens)} ELSE {number} END" if whens else str(number)
            whens.append(f"WHEN {self.values.test(variant.when)} THEN {number}")
        return f"CASE {' '.join(whens)} ELSE -1 END"

    def _picked(self, parts: Mapping[int, str], base: str) -> str:
        """Return the part of the record's variant, else the base."""
        if not parts or set(parts.values()) == {base}:
            return base
        whens = " ".join(f"WHEN {number} THEN {sql}" for number, sql in sorted(parts.items()))
        return f"CASE v {whens} ELSE {base} END"

    def _blocks(self) -> dict[int, TokenBlock]:
        return {n: v.tokens for n, v in enumerate(self.form.variants) if v.tokens is not None}

    def _counts(
        self, raw: dict[str, str], typed: dict[str, str], reasons: list[tuple[str, str]]
    ) -> None:
        blocks = self._blocks()
        names = sorted({n for b in (self.form.tokens, *blocks.values()) for n in b.counts})
        limit = BUCKET_LIMIT if self.bucket else REQUEST_LIMIT
        for name in names:
            parts = {n: self.values.text(b.counts.get(name, ())) for n, b in blocks.items()}
            raw[f"n_{name}"] = self._picked(
                parts, self.values.text(self.form.tokens.counts.get(name, ()))
            )
            typed[f"i_{name}"], bad = count(name, names, limit)
            reasons.append((bad, f"{name} is no count of tokens"))

    def _expression(self, name: str) -> tuple[dict[int, Expression], Expression]:
        base: Expression = self.form.row.get(name, ())
        if name in self.form.constants:
            base = (*base, Value(constant=self.form.constants[name]))
        parts = {}
        for number, variant in enumerate(self.form.variants):
            own = self._variant_expression(variant, name)
            if own:
                parts[number] = own
        return parts, base

    def _variant_expression(self, variant: Variant, name: str) -> Expression:
        own: Expression = variant.row.get(name, ())
        if name in variant.constants:
            own = (*own, Value(constant=variant.constants[name]))
        return own

    def _carried(self, name: str) -> str | None:
        for carry in self.form.carry:
            if carry.column == name:
                value = self.values.text(carry.value)
                held = f"CASE WHEN {self.values.test(carry.source)} THEN {value} END"
                return f"last_value({held} IGNORE NULLS) OVER (in_file ROWS UNBOUNDED PRECEDING)"
        return None

    def _column(
        self, name: str, raw: dict[str, str], typed: dict[str, str], reasons: list[tuple[str, str]]
    ) -> None:
        parts, base = self._expression(name)
        if name in TIME_COLUMNS:
            self._time(name, parts, base, raw, reasons)
            typed[f"c_{name}"] = f"CASE WHEN {of_our_time(f't_{name}')} THEN t_{name} END"
            return
        own = self.values.text(base)
        carried = self._carried(name)
        if carried is not None:
            own = f"coalesce({own}, {carried})" if base else carried
        raw[f"x_{name}"] = self._picked({n: self.values.text(e) for n, e in parts.items()}, own)
        sql, bad = cast(name, f"x_{name}", f"c_{name}")
        typed[f"c_{name}"] = sql
        if bad:
            reasons.append((bad, f"{name} cannot be read"))

    def _time(
        self,
        name: str,
        parts: Mapping[int, Expression],
        base: Expression,
        raw: dict[str, str],
        reasons: list[tuple[str, str]],
    ) -> None:
        stamp, naive, said = (
            self.values.time(base) if base else ("CAST(NULL AS TIMESTAMP)", "false", "false")
        )
        found = {n: self.values.time(e) for n, e in parts.items()}
        raw[f"t_{name}"] = self._picked({n: f[0] for n, f in found.items()}, stamp)
        if name == "occurred_at":
            raw["naive"] = self._picked({n: f[1] for n, f in found.items()}, naive)
        raw[f"said_{name}"] = self._picked({n: f[2] for n, f in found.items()}, said)
        # A program that knows no end writes the beginning of its calendar: no reason to lose the call.
        bad = f"{'c' if name == 'occurred_at' else 't'}_{name} IS NULL"
        reasons.append((f"(said_{name} AND {bad})", f"{name} is no time"))

    def _maps(self, typed: dict[str, str]) -> None:
        tags = {n.removeprefix("tags."): self._text_of(n) for n in self._of_map("tags.")}
        if self.form.tags:
            lists = [self.values.documents.text(path) for path in self.form.tags]
            # Few records have any: the others shall cost nothing.
            some = " OR ".join(f"{text} IS NOT NULL" for text in (*tags.values(), *lists))
            typed["c_tags"] = f"CASE WHEN {some} THEN {merged_map(tags, lists)} END"
        elif tags:
            typed["c_tags"] = fixed_map(tags)
        units = {
            n.removeprefix(
                "units."
            ): f"nullif(greatest(try_cast({self._text_of(n)} AS BIGINT), 0), 0)"
            for n in self._of_map("units.")
        }
        if units:
            typed["c_units"] = fixed_map(units)

    def _of_map(self, prefix: str) -> list[str]:
        return [name for name in self.columns if name.startswith(prefix)]

    def _text_of(self, name: str) -> str:
        parts, base = self._expression(name)
        return self._picked(
            {n: self.values.text(e) for n, e in parts.items()}, self.values.text(base)
        )

    def _classes(self) -> dict[str, str]:
        blocks = self._blocks()
        base = block_classes(self.form.tokens)
        found = {n: block_classes(b) for n, b in blocks.items()}
        names = (*TOKEN_CLASSES, *OF_WHICH, "mismatch")
        classes = {
            f"k_{n}": self._picked({v: f[n] for v, f in found.items()}, base[n]) for n in names
        }
        have = self.columns
        classes["k_status"] = self._status()
        classes["k_hit"] = "coalesce(c_cache_hit, false)" if "cache_hit" in have else "false"
        counted = sorted(
            {n for b in (self.form.tokens, *blocks.values()) for n in b.counts if n != "total"}
        )
        none = " AND ".join(f"i_{n} IS NULL" for n in counted) or "true"
        if any(n.startswith("units.") for n in have):
            none += " AND c_units IS NULL"
        classes["k_counted"] = (
            "coalesce(c_tokens_known, true)" if "tokens_known" in have else f"NOT ({none})"
        )
        classes["k_tier"] = tier(
            "c_tier" if "tier" in have else None,
            "c_service_tier" if "service_tier" in have else None,
        )
        return classes

    def _status(self) -> str:
        parts = []
        if "status" in self.columns:
            whens = " ".join(f"WHEN {lit(k)} THEN {lit(v)}" for k, v in STATUSES.items())
            parts.append(
                "CASE WHEN c_status IS NULL THEN NULL "
                f"WHEN try_cast(c_status AS INTEGER) >= {HTTP_ERROR} THEN 'error' "
                f"ELSE CASE l_status {whens} ELSE 'ok' END END"
            )
        if "http_status" in self.columns:
            parts.append(f"CASE WHEN c_http_status >= {HTTP_ERROR} THEN 'error' END")
        return f"coalesce({', '.join([*parts, lit('ok')])})" if parts else lit("ok")


def cast(name: str, text: str, typed: str) -> tuple[str, str]:  # noqa: PLR0911 - one return per kind
    """Return a text as the type of its column, and the test over this, called `typed`, that it is filled and cannot be."""
    column = BY_NAME.get(name)
    kind = column.sql_type if column else "VARCHAR"
    if kind == "BOOLEAN":
        return f"CASE WHEN {text} IS NULL THEN NULL ELSE lower({text}) IN {TRUE_WORDS} END", ""
    if kind == "VARCHAR[]":
        return f"from_json({text}, '[\"VARCHAR\"]')", ""
    if name == "requests":
        number = f"try_cast({text} AS BIGINT)"
        return f"CASE WHEN {number} BETWEEN 0 AND {BUCKET_LIMIT} THEN {number} END", bad_count(
            text, typed
        )
    if kind in {"BIGINT", "INTEGER", "DOUBLE"}:
        number = f"try_cast({text} AS {kind})"
        return (
            f"CASE WHEN isfinite({number}) THEN {number} END" if kind == "DOUBLE" else number
        ), ""
    if kind == MONEY:
        return (
            f"try_cast({text} AS {MONEY})",
            f"({text} IS NOT NULL AND NOT coalesce(abs({typed}) <= {MONEY_LIMIT}, false))",
        )
    if name == "provider":
        whens = " ".join(f"WHEN {lit(k)} THEN {lit(v)}" for k, v in PROVIDERS.items())
        return f"CASE lower({text}) {whens} ELSE lower({text}) END", ""
    if name == "operation":
        whens = " ".join(
            f"WHEN regexp_matches(lower({text}), {lit(p)}) THEN {lit(v)}" for p, v in OPERATIONS
        )
        return f"CASE WHEN {text} IS NULL THEN NULL {whens} ELSE 'other' END", ""
    return text, ""
