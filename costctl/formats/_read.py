"""YAML -> `Format`: every key of a declaration, with the line of each mistake."""

from collections.abc import Collection, Mapping

from costctl.errors import nearest
from costctl.formats._base import (
    CONTAINERS,
    COUNTS,
    MERGES,
    Attributes,
    Carry,
    ExclusiveIf,
    Explode,
    Expression,
    Format,
    Identity,
    Leaf,
    Parse,
    Path,
    Predicate,
    Recognise,
    TokenBlock,
    Variant,
)
from costctl.formats._values import Values
from costctl.vocabulary import BILLING, TOKEN_CLASSES, USAGE
from costctl.yaml_file import Node, Problems

KEYS = (
    *("name", "about", "containers", "tables", "ignore_case", "recognise", "incomplete"),
    *("parse", "unwrap", "records", "attributes", "keep", "skip", "leaf", "row", "tokens"),
    *("constants", "variants", "carry", "changed", "identity", "merge", "text", "to"),
)
TOKEN_KEYS = (*COUNTS, "input_includes", "output_includes", "output_adds", "exclusive_if")
NOT_MAPPED = {"event_key", "parent_key", "source_format", "ingest_id", "source_line", "billable"}
ROW_KEYS = frozenset(
    {column.name for column in USAGE} - NOT_MAPPED - {"model", "time_assumed_utc", "assumed"}
) | {"request_id"}
BILLING_KEYS = frozenset(name for name, _ in BILLING) - {"ingest_id", "source_line", "source"}
MAPS = ("tags", "units")


def read_format(node: Node, problems: Problems, name: str = "", *, user: bool = False) -> Format:
    """Return the format that a mapping declares; what is wrong is noted in `problems`."""
    values = Values(problems)
    entries = values.known(node, KEYS, name or "format")
    return _Declaration(values, entries, name, user=user).read()


class _Declaration:
    """One mapping being read."""

    def __init__(
        self, values: Values, entries: Mapping[str, Node], name: str, *, user: bool
    ) -> None:
        self.values = values
        self.entries = entries
        self.name = name or (values.one(entries["name"], "name") if "name" in entries else "")
        self.user = user
        self.to = "usage"

    def read(self) -> Format:
        values, get = self.values, self.entries.get
        attributes = self._attributes()
        values.prefixes = tuple(attributes)
        if "to" in self.entries:
            self.to = values.choice(self.entries["to"], ("usage", "billing"), "to")
        row, tags = self._row(get("row"), "row")
        constants = self._constants(get("constants"))
        constant_values = {
            name for name, e in row.items() if any(v.constant is not None and not v.when for v in e)
        }
        return Format(
            name=self.name,
            about=values.one(self.entries["about"], "about") if "about" in self.entries else "",
            containers=self._containers(),
            tables=values.texts(get("tables"), "tables"),
            ignore_case=self._flag("ignore_case"),
            recognise=self._recognise(),
            incomplete=self._test("incomplete"),
            parse=self._parse(),
            unwrap=values.paths(get("unwrap"), "unwrap"),
            explode=self._explode(),
            attributes=attributes,
            keep=self._test("keep"),
            skip=self._test("skip"),
            leaf=self._leaf(),
            row=row,
            tags=tags,
            tokens=self._tokens(get("tokens")) or TokenBlock(),
            constants=constants,
            variants=self._variants(),
            carry=self._carry(),
            changed=values.path(self.entries["changed"], "changed")
            if "changed" in self.entries
            else None,
            identity=self._identity(),
            merge=values.choice(self.entries["merge"], MERGES, "merge")
            if "merge" in self.entries
            else "first",
            text=values.expression(self.entries["text"], "text") if "text" in self.entries else (),
            to=self.to,
            assumed=tuple(sorted(constant_values | (set(constants) - {"tz"}))) if self.user else (),
            user=self.user,
        )

    def _flag(self, key: str) -> bool:
        if key not in self.entries:
            return False
        return self.values.choice(self.entries[key], ("true", "false"), key) == "true"

    def _test(self, key: str) -> Predicate | None:
        node = self.entries.get(key)
        return self.values.predicate(node, key) if node is not None else None

    def _containers(self) -> tuple[str, ...]:
        nodes = self.values.nodes(self.entries.get("containers"))
        return tuple(self.values.choice(n, CONTAINERS, "containers") for n in nodes) or CONTAINERS

    def _attributes(self) -> dict[str, Attributes]:
        node = self.entries.get("attributes")
        if node is None:
            return {}
        found = {}
        for prefix, item in (node.entries or {}).items():
            where = f"attributes.{prefix}"
            entries = self.values.known(item, ("list", "key", "value", "typed"), where)
            if not prefix.endswith("@"):
                self.values.bad(item, f"{where}: a prefix ends in @")
            if "list" not in entries:
                self.values.bad(item, f"{where}: list is missing")
                continue
            words = {k: self.values.one(v, where) for k, v in entries.items() if k != "list"}
            found[prefix] = Attributes(
                prefix,
                self.values.path(entries["list"], where),
                words.get("key", "key"),
                words.get("value", "value"),
                words.get("typed", ""),
            )
        return found

    def _recognise(self) -> Recognise | None:
        node = self.entries.get("recognise")
        if node is None:
            return None
        values = self.values
        known = ("order", "has", "has_any", "equals", "test", "text", "tables", "containers")
        entries = values.known(node, known, "recognise")
        tests = [values.predicate(entries["test"], "recognise")] if "test" in entries else []
        if "equals" in entries:
            wrapped = Node(node.line, entries={"equals": entries["equals"]})
            tests.append(values.predicate(wrapped, "recognise"))
        containers = values.nodes(entries.get("containers"))
        return Recognise(
            order=int(values.number(entries["order"], "recognise.order"))
            if "order" in entries
            else 0,
            has=values.paths(entries.get("has"), "recognise.has"),
            has_any=values.paths(entries.get("has_any"), "recognise.has_any"),
            test=(tests[0] if len(tests) == 1 else Predicate("all", tuple(tests)))
            if tests
            else None,
            text=values.pattern(entries["text"], "recognise.text") if "text" in entries else "",
            tables=values.texts(entries.get("tables"), "recognise.tables"),
            containers=tuple(values.choice(n, CONTAINERS, "containers") for n in containers),
        )

    def _parse(self) -> tuple[Parse, ...]:
        found = []
        for node in self.values.nodes(self.entries.get("parse")):
            if node.entries is None:
                found.append(Parse(self.values.path(node, "parse")))
                continue
            entries = self.values.known(node, ("path", "sse"), "parse")
            sse = (
                "sse" in entries
                and self.values.choice(entries["sse"], ("true", "false"), "parse.sse") == "true"
            )
            found += [Parse(p, sse) for p in self.values.paths(entries.get("path"), "parse")]
        return tuple(found)

    def _explode(self) -> tuple[Explode, ...]:
        records = self.entries.get("records")
        if records is None:
            return ()
        entries = self.values.known(records, ("explode",), "records")
        found = []
        for node in self.values.nodes(entries.get("explode")):
            if node.entries is None:
                found.append(Explode(self.values.path(node, "records.explode")))
                continue
            item = self.values.known(node, ("path", "or_self"), "records.explode")
            or_self = (
                "or_self" in item
                and self.values.choice(item["or_self"], ("true", "false"), "or_self") == "true"
            )
            paths = self.values.paths(item.get("path"), "records.explode")
            found += [Explode(path, or_self) for path in paths]
        return tuple(found)

    def _leaf(self) -> Leaf | None:
        node = self.entries.get("leaf")
        if node is None:
            return None
        entries = self.values.known(node, ("id", "parent"), "leaf")
        return Leaf(
            self.values.paths(entries.get("id"), "leaf.id"),
            self.values.paths(entries.get("parent"), "leaf.parent"),
        )

    def _row(self, node: Node | None, where: str) -> tuple[dict[str, Expression], tuple[Path, ...]]:
        if node is None:
            return {}, ()
        if node.entries is None:
            self.values.bad(node, f"{where}: expected a mapping of column: path")
            return {}, ()
        allowed: Collection[str] = BILLING_KEYS if self.to == "billing" else ROW_KEYS
        row: dict[str, Expression] = {}
        tags: tuple[Path, ...] = ()
        for key, value in node.entries.items():
            column = canonical_column(key)
            if column == "tags":
                tags = self.values.paths(value, f"{where}.{key}")
            elif column.partition(".")[0] in MAPS or column in allowed:
                row[column] = self.values.expression(value, f"{where}.{key}")
            else:
                known = [*allowed, *COUNTS]
                more = (
                    "; it belongs under tokens"
                    if key in COUNTS or key in TOKEN_CLASSES
                    else nearest(key, known)
                )
                self.values.bad(value, f"{where}.{key}: unknown column{more}")
        return row, tags

    def _tokens(self, node: Node | None) -> TokenBlock | None:
        if node is None:
            return None
        values = self.values
        entries = values.known(node, TOKEN_KEYS, "tokens")
        counts = {
            key: values.expression(entries[key], f"tokens.{key}")
            for key in COUNTS
            if key in entries and not entries[key].is_null
        }
        exclusive = None
        if "exclusive_if" in entries:
            inner = values.known(entries["exclusive_if"], ("sum", "exceeds"), "exclusive_if")
            names = tuple(values.choice(n, COUNTS, "sum") for n in values.nodes(inner.get("sum")))
            exceeds = (
                values.choice(inner["exceeds"], COUNTS, "exceeds")
                if "exceeds" in inner
                else "input"
            )
            exclusive = ExclusiveIf(names, exceeds)
        lists = {
            key: tuple(values.choice(n, COUNTS, key) for n in values.nodes(entries.get(key)))
            for key in ("input_includes", "output_includes", "output_adds")
        }
        return TokenBlock(counts, **lists, exclusive_if=exclusive)

    def _constants(self, node: Node | None) -> dict[str, str]:
        if node is None or node.is_null:
            return {}
        found = {}
        allowed = BILLING_KEYS if self.to == "billing" else ROW_KEYS
        for key, value in (node.entries or {}).items():
            column = canonical_column(key)
            if key == "tz":
                found[key] = self.values.zone(value, "constants.tz")
            elif column.partition(".")[0] in MAPS or column in allowed:
                found[column] = self.values.one(value, f"constants.{key}")
            else:
                self.values.bad(
                    value, f"constants.{key}: unknown column{nearest(key, [*allowed, 'tz'])}"
                )
        return found

    def _variants(self) -> tuple[Variant, ...]:
        found = []
        for node in self.values.nodes(self.entries.get("variants")):
            entries = self.values.known(node, ("when", "row", "tokens", "constants"), "variants")
            row, _ = self._row(entries.get("row"), "variants.row")
            when = (
                self.values.predicate(entries["when"], "variants.when")
                if "when" in entries
                else None
            )
            found.append(
                Variant(
                    when,
                    row,
                    self._tokens(entries.get("tokens")),
                    self._constants(entries.get("constants")),
                )
            )
        return tuple(found)

    def _carry(self) -> tuple[Carry, ...]:
        node = self.entries.get("carry")
        found = []
        for column, item in (node.entries or {}).items() if node is not None else ():
            name = canonical_column(column)
            if name not in ROW_KEYS:
                self.values.bad(item, f"carry.{column}: unknown column{nearest(column, ROW_KEYS)}")
                continue
            entries = dict(item.entries) if item.entries is not None else {}
            source = entries.pop("from", None)
            value = Node(item.line, entries=entries) if item.entries is not None else item
            found.append(
                Carry(
                    name,
                    self.values.expression(value, f"carry.{column}"),
                    self.values.predicate(source, f"carry.{column}.from") if source else None,
                )
            )
        return tuple(found)

    def _identity(self) -> Identity:
        node = self.entries.get("identity")
        if node is None:
            return Identity(scope=self.name)
        entries = self.values.known(node, ("key", "content", "scope"), "identity")
        key = tuple(
            (self.values.value(item, "identity.key"),)
            for item in self.values.nodes(entries.get("key"))
        )
        scope = self.values.one(entries["scope"], "scope") if "scope" in entries else self.name
        return Identity(key, scope)


def canonical_column(name: str) -> str:
    """Return the column that a written name stands for."""
    short = {"model": "requested_model", "timestamp": "occurred_at"}
    if name.startswith("tag."):
        return "tags." + name.removeprefix("tag.")
    return short.get(name, name)
