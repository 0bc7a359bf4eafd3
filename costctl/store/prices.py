"""The compiled price table, compiled once and kept: what is joined as Parquet, what is looked up in Python as JSON."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import duckdb

from costctl.pricebook import Names
from costctl.pricebook.tables import (
    PRICE_BOOK,
    PRICE_MODELS,
    PRICE_PERIODS,
    PRICE_RATES,
    PRICE_SIBLINGS,
    PRICE_STEPS,
    TABLES,
    CompiledBook,
    Row,
    TableSpec,
)
from costctl.store.bulk import as_json, from_json, insert
from costctl.store.connection import Store

_JOINED = (PRICE_BOOK, PRICE_STEPS, PRICE_RATES, PRICE_MODELS)
_SHOWN = (PRICE_PERIODS, PRICE_SIBLINGS)
_IN_ENGINE = (*_JOINED, *_SHOWN)
_WARNINGS = TableSpec("price_warnings", (("code", "VARCHAR"), ("message", "VARCHAR")))
_IN_PYTHON = (*(spec for spec in TABLES if spec not in _IN_ENGINE), _WARNINGS)
_SPECS = {spec.name: spec for spec in (*TABLES, _WARNINGS)}

_LOOKED_UP = "names.json"
_DIGEST = "digest"
_OPEN_ENDS = {"valid_from": "-infinity", "valid_to": "infinity"}


@dataclass(frozen=True)
class _Held:
    """What a store has loaded.

    Attributes:
        rows: of the tables that are looked up in Python.
        folder: of the cache, where the other tables stand; None where they are tables of the engine.
    """

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    folder: Path | None = None

    @cached_property
    def names(self) -> Names:
        return Names.of(self.rows)


_held: WeakKeyDictionary[Store, _Held] = WeakKeyDictionary()


class LoadedPrices(NamedTuple):
    """What is known about the price table that a store has loaded.

    Attributes:
        version, sha256: of the resolved table; stamped on every output.
        warnings: what validation found that is no error, as (code, message).
        from_cache: no price file was read.
        kept: the compiled table stands in the cache now.
    """

    version: str
    sha256: str
    warnings: tuple[tuple[str, str], ...] = ()
    from_cache: bool = False
    kept: bool = False


def prepare_prices(
    store: Store, compile_book: Callable[[], CompiledBook], *, key: str, cache: Path | None
) -> LoadedPrices:
    """Load the table that `key` names from the cache folder, else compile it and keep it there.

    A file that cannot be read is made anew; a folder that cannot be written means compiling every time.
    """
    folder = cache / f"prices-{key}" if cache else None
    if folder and _load_kept(store, folder):
        return _loaded(store, from_cache=True, kept=True)
    load_prices(store, compile_book())
    kept = folder is not None and _keep(store, folder)
    return _loaded(store, from_cache=False, kept=kept)


def load_prices(store: Store, book: CompiledBook) -> LoadedPrices:
    """Make the temp tables `price_book`, `price_rates`, ... of a compiled price table."""
    for spec in _IN_ENGINE:
        _made(store, spec.name, f"TABLE {spec.name} ({_columns(spec)})")
        add_rows(store, spec, book.rows.get(spec.name, ()))
    _made(store, PRICE_RATES.name, f"TABLE {PRICE_RATES.name} AS {_BOUNDED}")
    rows = {**book.rows, _WARNINGS.name: book.warnings}
    text = as_json({spec.name: rows.get(spec.name, ()) for spec in _IN_PYTHON})
    _held[store] = _Held(_rows(text))
    return _loaded(store, from_cache=False, kept=False)


_BOUNDED = (
    "SELECT *, coalesce(lead(min_prompt_tokens) OVER (PARTITION BY variant "
    "ORDER BY min_prompt_tokens), 9223372036854775807) AS below_prompt_tokens FROM price_rates"
)
"""The rates with the prompt size from which on the next step holds."""


def names_of(store: Store) -> Names:
    """Return what name resolution needs of the loaded table; built once."""
    return _held[store].names


def fetch_rows(
    store: Store, table: str, where: str = "true", values: Sequence[object] = ()
) -> Sequence[Row]:
    """Return rows of a loaded table as the compiler made them: open ends of time are None.

    Only a table that the engine joins can be asked for a part.
    """
    held = _held[store]
    if table in held.rows:
        return held.rows[table]
    spec = _SPECS[table]
    columns = ", ".join(
        f"CASE WHEN isfinite({name}) THEN {name} END" if name in _OPEN_ENDS else f'"{name}"'
        for name in spec.names
    )
    source = _parquet(held.folder, spec) if held.folder else table
    rows: list[Row] = store.connection.execute(
        f"SELECT {columns} FROM {source} WHERE {where}", list(values)
    ).fetchall()
    return rows


def add_rows(store: Store, spec: TableSpec, rows: Iterable[Row], *, table: str = "") -> None:
    """Add rows to a loaded table, or to another one of the same columns."""
    insert(store.connection, table or spec.name, spec.columns, rows, missing=_OPEN_ENDS)


def _loaded(store: Store, *, from_cache: bool, kept: bool) -> LoadedPrices:
    rows = _held[store].rows
    meta = {str(key): str(value) for key, value in rows["price_meta"]}
    return LoadedPrices(
        version=meta.get("version", ""),
        sha256=meta.get("sha256", ""),
        warnings=tuple((str(code), str(message)) for code, message in rows[_WARNINGS.name]),
        from_cache=from_cache,
        kept=kept,
    )


def _rows(text: str) -> dict[str, Sequence[Row]]:
    """Return the tables of a JSON text."""
    return {name: from_json(_SPECS[name].columns, rows) for name, rows in json.loads(text).items()}


def _made(store: Store, name: str, what: str) -> None:
    """Make a temp table or view in place of what an earlier load left under its name."""
    run = store.connection.execute
    try:
        run(f"CREATE OR REPLACE TEMP {what}")
    except duckdb.CatalogException:
        run(f"DROP {'TABLE' if what.startswith('VIEW') else 'VIEW'} {name}")
        run(f"CREATE TEMP {what}")


def _columns(spec: TableSpec) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in spec.columns)


def _load_kept(store: Store, folder: Path) -> bool:
    """Make the tables from a folder of the cache; false where a file is not as it was written."""
    try:
        if (folder / _DIGEST).read_text("utf-8") != _digest(folder):
            return False
        rows = _rows((folder / _LOOKED_UP).read_text("utf-8"))
        for spec in _JOINED:
            _made(store, spec.name, f"VIEW {spec.name} AS FROM {_parquet(folder, spec)}")
    except (OSError, UnicodeDecodeError, duckdb.Error):
        return False
    _held[store] = _Held(rows, folder)
    return True


def _keep(store: Store, folder: Path) -> bool:
    """Write the loaded tables beside the folder and move them there in one step."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".prices-", dir=folder.parent))
    except OSError:
        return False
    try:
        for spec in _IN_ENGINE:
            file = _quoted(_file(fresh, spec))
            store.connection.execute(f"COPY {spec.name} TO {file} (FORMAT parquet)")
        (fresh / _LOOKED_UP).write_text(as_json(_held[store].rows), "utf-8")
        (fresh / _DIGEST).write_text(_digest(fresh), "utf-8")
        _replace(fresh, folder)
    except (OSError, duckdb.Error):
        return False
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _file(folder: Path, spec: TableSpec) -> Path:
    return folder / f"{spec.name}.parquet"


def _parquet(folder: Path, spec: TableSpec) -> str:
    return f"read_parquet({_quoted(_file(folder, spec))})"


def _digest(folder: Path) -> str:
    """Return a digest over all files of a compiled table: a damaged one is noticed before it is used."""
    digest = hashlib.sha256((folder / _LOOKED_UP).read_bytes())
    for spec in _IN_ENGINE:
        digest.update(_file(folder, spec).read_bytes())
    return digest.hexdigest()


def _replace(fresh: Path, folder: Path) -> None:
    """Move a finished folder into place; another process may have done the same just now, with the same bytes."""
    try:
        fresh.rename(folder)
    except OSError:
        broken = Path(tempfile.mkdtemp(prefix=".prices-old-", dir=folder.parent))
        folder.replace(broken)
        shutil.rmtree(broken, ignore_errors=True)
        fresh.rename(folder)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
