"""What of a record the reader shall give as structs, for a statement that never sees a whole document."""

from costctl.formats._base import Attributes, Path, SumKeys
from costctl.store.compile_paths import (
    Document,
    Documents,
    NeedsWholeError,
    declared,
    paths_in,
)
from costctl.store.compile_tree import Keys, Tree

OTLP = ("stringValue", "intValue", "doubleValue", "boolValue", "arrayValue")
"""Where a typed value of OpenTelemetry stands, by its type."""


def read_directly(documents: Documents) -> None:
    """Have the reader give lines as structs, with JSON where that is looked into, and arrays of records as lists.

    Raises `NeedsWholeError` where it cannot.
    """
    form = documents.form
    if any(explode.or_self for explode in form.explode) or (form.explode and form.unwrap):
        raise NeedsWholeError
    if any(attributes.objects for attributes in form.attributes.values()):
        raise NeedsWholeError
    # What a single list unfolds may as well be an object: it is read as JSON.
    single = len(form.explode) == 1
    for level in documents.levels[: 1 if single else None]:
        level.direct = True
    itself = form.recognise if form.unwrap else None
    for path in paths_in((documents.asked, itself)):
        level, keys = _place(documents, path)
        level.tree.want(keys, arrays=True)
    _want_json(documents)
    for attributes in form.attributes.values():
        level, keys = _place(documents, attributes.list)
        if keys:
            level.tree.want_entries(keys, entry_tree(attributes))
    if single:
        documents.levels[0].tree.want_json(form.explode[0].path.keys)
    else:
        _nest(documents)


def _want_json(documents: Documents) -> None:
    """Have JSON where the names of keys are asked for, or where a value is wanted whole and in parts."""
    for summed in declared(documents.asked, SumKeys):
        level, keys = _place(documents, summed.path)
        if keys:
            level.tree.want_json(keys)
    for path in declared(documents.asked, Path, told=True):
        level, keys = _place(documents, path)
        node = level.tree.at(keys)
        if node is not None and node.leaf and node.inner:
            level.tree.want_json(keys)


def _place(documents: Documents, path: Path) -> tuple[Document, Keys]:
    """Return the record that a path is in, and the path within it; no path if it is in no record itself."""
    if any(isinstance(key, int) and key < 0 for key in path.keys):
        raise NeedsWholeError
    found = documents.locate(path) if not path.attributes else None
    return found if found and found[0].direct else (documents.levels[0], ())


def entry_tree(attributes: Attributes) -> Tree:
    """Return what is wanted of each entry of a keyed list."""
    value = Tree(leaf=True)
    if attributes.typed == "otlp":
        value = Tree({name: Tree(leaf=True, json=name == "arrayValue") for name in OTLP})
    return Tree({attributes.key: Tree(leaf=True), attributes.value: value})


def _nest(documents: Documents) -> None:
    """Have each record hold the records below it."""
    for level, inner, explode in zip(
        documents.levels, documents.levels[1:], documents.form.explode, strict=False
    ):
        alone = level.tree.want_records(explode.path.keys, inner.tree)
        if not alone:
            raise NeedsWholeError
    if len(documents.levels) > 1 and not documents.levels[-1].tree.nodes:
        raise NeedsWholeError
