"""YAML -> `Format`: every key of a declaration, with the line of each mistake."""

from collections.abc import Collection, Mapping

from costctl.errors import nearest
from costctl.formats._base import (
    COUNTS,
    MERGES,
    Carry,
    ExclusiveIf,
    Expression,
    Format,
    Identity,
    Path,
    TokenBlock,
    Variant,
)
from costctl.formats._columns import BILLING_KEYS, MAPS, ROW_KEYS, canonical_column
from costctl.formats._structure import Structure
from costctl.formats._values import Values
from costctl.vocabulary import TOKEN_CLASSES
from costctl.yaml_tree import Node, Problems

KEYS = (
    *("name", "about", "containers", "tables", "ignore_case", "recognise", "incomplete"),
    *("parse", "unwrap", "records", "attributes", "keep", "skip", "leaf", "row", "tokens"),
    *("constants", "variants", "carry", "copies", "changed", "identity", "merge", "newest"),
    *("text", "to"),
)
TOKEN_KEYS = (*COUNTS, "input_includes", "output_includes", "output_adds", "exclusive_if")


def read_format(node: Node, problems: Problems, name: str = "", *, user: bool = False) -> Format:
    """Return the format that a mapping declares; what is wrong is noted in `problems`."""
    values = Values(problems)
    entries = values.known(node, KEYS, name or "format")
    return _Declaration(values, entries, name, user=user).read()


class _Declaration(Structure):
    """One mapping being read."""

    def __init__(
        self, values: Values, entries: Mapping[str, Node], name: str, *, user: bool
    ) -> None:
        super().__init__(values, entries)
        self.name = name or (values.one(entries["name"], "name") if "name" in entries else "")
        self.user = user
        self.to = "usage"

    def read(self) -> Format:
        values, get = self.values, self.entries.get
        attributes = self.attributes()
        values.prefixes = tuple(attributes)
        self.to = self.word("to", ("usage", "billing")) or "usage"
        row, tags = self._row(get("row"), "row")
        constants = self._constants(get("constants"))
        return Format(
            name=self.name,
            about=self.word("about"),
            containers=self.containers(),
            tables=values.texts(get("tables"), "tables"),
            ignore_case=self.flag("ignore_case"),
            recognise=self.recognise(),
            incomplete=self.test("incomplete"),
            parse=self.parse(),
            unwrap=values.paths(get("unwrap"), "unwrap"),
            explode=self.explode(),
            attributes=attributes,
            keep=self.test("keep"),
            skip=self.test("skip"),
            leaf=self.leaf(),
            row=row,
            tags=tags,
            tokens=self._tokens(get("tokens")) or TokenBlock(),
            constants=constants,
            variants=self._variants(),
            carry=self._carry(),
            copies=self.copies(),
            changed=next(iter(values.paths(get("changed"), "changed")), None),
            identity=self._identity(),
            merge=self.word("merge", MERGES) or "first",
            newest=self.expression("newest"),
            text=self.expression("text"),
            to=self.to,
            assumed=_stated(row, constants) if self.user else (),
            user=self.user,
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


def _stated(row: Mapping[str, Expression], constants: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that a user's constant fills, whatever the record says."""
    fixed = {n for n, e in row.items() if any(v.constant is not None and not v.when for v in e)}
    return tuple(sorted(fixed | (set(constants) - {"tz"})))
