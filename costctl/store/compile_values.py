"""Values and tests of a declaration as SQL expressions over text."""

from collections.abc import Callable
from datetime import UTC

from costctl.formats._base import Expression, Path, Predicate, Value
from costctl.store.compile_identity import EARLIEST, LATEST
from costctl.store.compile_paths import Documents
from costctl.store.compile_tree import lit

NULL_TEXT = "CAST(NULL AS VARCHAR)"
MONEY = "DECIMAL(38, 18)"
ORDINAL = "CAST(count(CASE WHEN kept THEN 1 END) OVER (PARTITION BY ingest_id, c_session_id ORDER BY rn, sub) AS VARCHAR)"
"""Number of a call within its session in the file; a filtered count would need time by the square of the session."""


class Values:
    """Compiles values of one format; `column` gives the SQL of another column of the row.

    Attributes:
        words: texts that stand in many places -> a column for each, which the layer before must have.
    """

    def __init__(self, documents: Documents, tz: str = "UTC") -> None:
        self.documents = documents
        self.tz = tz
        self.words: dict[str, str] = {}

    def text(self, expression: Expression) -> str:
        """Return the first filled alternative as text."""
        return _coalesce([self._text(value) for value in expression])

    def _text(self, value: Value) -> str:
        sql = self._source(value)
        if value.prefix is not None:
            sql = (
                f"substr(list_filter(from_json(try_cast({sql} AS JSON), '[\"VARCHAR\"]'), lambda e: starts_with(e, {lit(value.prefix)}))[1], "
                f"{len(value.prefix) + 1})"
            )
        if value.match is not None:
            sql = f"nullif(regexp_extract({sql}, {lit(value.match)}, 1), '')"
        if value.mapping:
            whens = " ".join(f"WHEN {lit(key)} THEN {lit(to)}" for key, to in value.mapping)
            other = lit(value.otherwise) if value.otherwise is not None else "NULL"
            sql = f"CASE WHEN {sql} IS NULL THEN NULL ELSE CASE {sql} {whens} ELSE {other} END END"
        if value.scale is not None:
            sql = self._scaled(value, sql)
        return self._when(value, sql)

    def _when(self, value: Value, sql: str) -> str:
        return f"CASE WHEN {self.test(value.when)} THEN {sql} END" if value.when else sql

    def _scaled(self, value: Value, sql: str) -> str:
        scale = value.scale
        assert scale is not None  # noqa: S101 - the caller looked
        factor = f"CAST({lit(str(scale.factor))} AS DECIMAL(14, 6))"
        if scale.by is not None:
            whens = " ".join(
                f"WHEN {lit(key)} THEN CAST({lit(str(f))} AS DECIMAL(14, 6))"
                for key, f in scale.factors
            )
            if whens:
                factor = f"CASE {self.documents.text(scale.by)} {whens} ELSE {factor} END"
        return f"CAST(try_cast({sql} AS DECIMAL(24, 12)) * {factor} AS VARCHAR)"

    def _source(self, value: Value) -> str:  # noqa: PLR0911 - one return per kind
        if value.constant is not None:
            return lit(value.constant)
        if value.column == "ordinal":
            return ORDINAL
        if value.column is not None:
            return f"CAST(c_{value.column} AS VARCHAR)"
        if value.sum:
            return self._sum(value)
        if value.sum_keys is not None:
            return self._sum_keys(value)
        if value.delta is not None:
            return delta(self.documents.text(value.delta))
        return _coalesce([self.documents.text(path) for path in value.paths])

    def _sum(self, value: Value) -> str:
        texts, less = ([self.documents.text(path) for path in p] for p in (value.sum, value.less))
        filled = " OR ".join(f"{text} IS NOT NULL" for text in texts)
        total, off = (
            " + ".join(f"coalesce(try_cast({text} AS DECIMAL(38, 9)), 0)" for text in part)
            for part in (texts, less)
        )
        return f"CASE WHEN {filled} THEN {whole(f'greatest({total} - ({off}), 0)' if off else total)} END"

    def _sum_keys(self, value: Value) -> str:
        spec = value.sum_keys
        assert spec is not None  # noqa: S101 - the caller looked
        source = self.documents.value(spec.path)
        keys = f"list_filter(json_keys({source}), lambda k: regexp_matches(k, {lit(spec.where)})"
        keys += f" AND NOT regexp_matches(k, {lit(spec.unless)}))" if spec.unless else ")"
        numbers = (
            f"list_transform({keys}, lambda k: try_cast(json_extract_string({source}, "
            "'/' || replace(replace(k, '~', '~0'), '/', '~1')) AS DECIMAL(38, 9)))"
        )
        return f"CASE WHEN len({keys}) > 0 THEN {whole(f'list_sum({numbers})')} END"

    def test(self, predicate: Predicate | None) -> str:
        """Return a predicate as an SQL condition that is never NULL."""
        if predicate is None:
            return "true"
        parts = [self.test(part) for part in predicate.of]
        if predicate.kind in {"all", "any"}:
            joiner = " AND " if predicate.kind == "all" else " OR "
            empty = "true" if predicate.kind == "all" else "false"
            return "(" + joiner.join(parts) + ")" if parts else empty
        if predicate.kind == "not":
            return f"(NOT {parts[0]})"
        if predicate.kind == "has":
            return "(" + " OR ".join(self.documents.present(path) for path in predicate.paths) + ")"
        if predicate.kind == "filled" and len(predicate.paths) == 1:
            told = self.documents.filled(predicate.paths[0])
            if told is not None:
                return told
        text = _coalesce([self.documents.text(path) for path in predicate.paths])
        return self._compare(predicate, text)

    def _compare(self, predicate: Predicate, text: str) -> str:
        if predicate.kind == "filled":
            return f"coalesce({text} NOT IN ('{{}}', '[]'), false)"
        if predicate.kind == "in":
            values = ", ".join(lit(value) for value in predicate.values)
            return f"coalesce({text} IN ({values}), false)"
        if predicate.kind == "matches":
            return f"coalesce(regexp_matches({text}, {lit(predicate.values[0])}), false)"
        return f"coalesce(try_cast({text} AS DOUBLE) >= {float(predicate.values[0])!r}, false)"

    def time(self, expression: Expression) -> tuple[str, str, str]:
        """Return (timestamp in UTC, whether it had no zone where it is one, whether any text is filled).

        A timestamp is a long expression: it is written once, and whoever needs it again reads the column.
        """
        stamps, zones, filled = [], [], []
        for value in expression:
            text = self._word(self._text(value))
            stamp, no_zone = self._stamp(value, text)
            stamps.append(stamp)
            zones.append(no_zone)
            filled.append(f"{text} IS NOT NULL")
        whens = " ".join(
            f"WHEN {stamp} IS NOT NULL THEN {no_zone}"
            for stamp, no_zone in zip(stamps[:-1], zones, strict=False)
        )
        return (
            stamps[0] if len(stamps) == 1 else f"coalesce({', '.join(stamps)})",
            f"CASE {whens} ELSE {zones[-1]} END" if whens else zones[-1],
            f"({' OR '.join(filled)})",
        )

    def columns(self) -> dict[str, str]:
        """Return the columns of the layer before, by name."""
        return {name: text for text, name in self.words.items()}

    def _word(self, text: str) -> str:
        """Return a column for a text that a statement repeats: the engine plans every place where it stands."""
        return self.words.setdefault(text, f"w_{len(self.words)}")

    def _stamp(self, value: Value, text: str) -> tuple[str, str]:
        form = value.time or "auto"
        if form == "us_12h":
            parsed = f"coalesce(try_strptime({text}, '%m/%d/%Y, %I:%M:%S.%g %p'), try_strptime({text}, '%m/%d/%Y, %I:%M:%S %p'))"
            return self._zoned(parsed, value), "true"
        if form == "auto":
            return self._auto(value, text)
        since = ""
        if value.since is not None:
            base = value.since.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
            since = f" + epoch_us(TIMESTAMP {lit(base)})"
        return _moment(f"{EPOCH[form](text)}{since}"), "true" if since else "false"

    def _zoned(self, naive: str, value: Value) -> str:
        zone = value.tz or self.tz
        return naive if zone == "UTC" else f"timezone('UTC', timezone({lit(zone)}, {naive}))"

    def _auto(self, value: Value, text: str) -> tuple[str, str]:
        naive = self._zoned(f"try_cast({text} AS TIMESTAMP)", value)
        comma = self._zoned(f"try_strptime({text}, '%Y-%m-%d %H:%M:%S,%g')", value)
        # Nearly every log writes ISO without a zone or with Z: test for those first, at the price of a few characters.
        plain = f"(length({text}) >= 19 AND {text}[5] = '-' AND NOT regexp_matches(right({text}, 6), '[^0-9.:]'))"
        zoned = f"({text}[5] = '-' AND (regexp_matches({text}, ':.*([zZ]|[+-][0-9:]+|UTC|GMT)$')))"
        number = f"try_cast({text} AS DECIMAL(28, 9))"
        # As seconds these are of 1970, and as milliseconds of a time to come.
        compact = f"regexp_full_match({text}, '(19|20)[0-9]{{6}}([0-9]{{6}})?')"
        day = self._zoned(
            f"coalesce(try_strptime({text}, '%Y%m%d'), try_strptime({text}, '%Y%m%d%H%M%S'))", value
        )
        # The shortest time with seconds and Z has 20 characters. What stands so is told without a regular expression.
        zulu = f"(ends_with({text}, 'Z') AND strlen({text}) >= 20)"
        stamp = (
            f"CASE WHEN {zulu} THEN try_cast({text} AS TIMESTAMP) WHEN {text} IS NULL THEN NULL WHEN {plain} THEN {naive} "
            f"WHEN {zoned} THEN try_cast(replace({text}, ' GMT', ' UTC') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' "
            f"WHEN {compact} THEN {day} "
            f"WHEN {number} IS NOT NULL THEN {_moment(_epoch_auto(text))} "
            f"WHEN contains({text}, '/') THEN "
            + self._zoned(
                f"coalesce(try_strptime({text}, '%m/%d/%Y, %I:%M:%S.%g %p'), try_strptime({text}, '%m/%d/%Y, %I:%M:%S %p'), "
                f"try_strptime({text}, '%m/%d/%Y %H:%M:%S'), try_strptime({text}, '%m/%d/%Y'), "
                f"try_strptime({text}, '%Y/%m/%d %H:%M:%S'))",
                value,
            )
            # Python's logging parts the milliseconds by a comma.
            + f" ELSE coalesce({naive}, {comma}) END"
        )
        return (
            stamp,
            f"CASE WHEN {zulu} THEN false ELSE NOT ({zoned} OR ({number} IS NOT NULL AND NOT {compact})) END",
        )


def _decimal(text: str) -> str:
    return f"try_cast({text} AS DECIMAL(28, 9))"


def of_our_time(moment: str) -> str:
    """Return the test that a time is one that a log can mean, and that whoever shows it can write down."""
    return f"coalesce({moment} BETWEEN {EARLIEST} AND {LATEST}, false)"


def _moment(microseconds: str) -> str:
    """Return a number as a time, NULL where it is too large to be one: that is one bad record and no bad file."""
    return f"TRY(make_timestamp({microseconds}))"


def _cut(sql: str) -> str:
    """Return a number without its fraction: finer digits are cut, not rounded."""
    return f"CAST(trunc({sql}) AS BIGINT)"


EPOCH: dict[str, Callable[[str], str]] = {
    "s": lambda text: _cut(f"{_decimal(text)} * 1000000"),
    "ms": lambda text: _cut(f"{_decimal(text)} * 1000"),
    "us": lambda text: _cut(_decimal(text)),
    "ns": lambda text: f"(try_cast({text} AS HUGEINT) // 1000)::BIGINT",
    "dotnet_ticks": lambda text: (
        f"((try_cast({text} AS HUGEINT) - 621355968000000000) // 10)::BIGINT"
    ),
    # Seconds and nanoseconds as JavaScript writes them: [1793606400, 123456789].
    "hrtime": lambda text: (
        f"(try_cast(json_extract_string(try_cast({text} AS JSON), '$[0]') AS BIGINT) * 1000000 + "
        f"try_cast(json_extract_string(try_cast({text} AS JSON), '$[1]') AS BIGINT) // 1000)"
    ),
}


def _epoch_auto(text: str) -> str:
    number = _decimal(text)
    return (
        f"CASE WHEN {number} < 100000000000 THEN {EPOCH['s'](text)} WHEN {number} < 100000000000000 THEN {EPOCH['ms'](text)} "
        f"WHEN {number} < 100000000000000000 THEN {EPOCH['us'](text)} "
        f"WHEN {number} BETWEEN 620000000000000000 AND 660000000000000000 THEN {EPOCH['dotnet_ticks'](text)} "
        f"ELSE {EPOCH['ns'](text)} END"
    )


def delta(text: str) -> str:
    """Return the increase of a running count since the previous record that had it."""
    number = f"try_cast({text} AS BIGINT)"
    before = f"lag({number} IGNORE NULLS) OVER in_file"
    return f"CAST(CASE WHEN {before} IS NULL OR {number} < {before} THEN {number} ELSE {number} - {before} END AS VARCHAR)"


def whole(number: str) -> str:
    """Return a decimal as text, an integer without a fraction."""
    return f"CASE WHEN ({number}) = trunc({number}) THEN CAST(CAST(({number}) AS HUGEINT) AS VARCHAR) ELSE CAST(({number}) AS VARCHAR) END"


def _coalesce(parts: list[str]) -> str:
    if not parts:
        return NULL_TEXT
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def paths_filled(documents: Documents, paths: tuple[Path, ...]) -> str:
    """Return whether any of these paths has a text, as SQL."""
    return (
        "(" + " OR ".join(f"{documents.text(path)} IS NOT NULL" for path in paths) + ")"
        if paths
        else "false"
    )
