"""The compiled price table as tables of the engine, compiled once and kept as Parquet."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import duckdb

from costctl.pricebook import Names
from costctl.pricebook.tables import TABLES, CompiledBook, Row, TableSpec
from costctl.store.bulk import insert
from costctl.store.connection import Store

_WARNINGS = TableSpec("price_warnings", (("code", "VARCHAR"), ("message", "VARCHAR")))
_ALL = (*TABLES, _WARNINGS)
_NAME_TABLES = (
    "price_names",
    "price_providers",
    "price_regions",
    "price_deployments",
    "price_fixed",
    "price_meta",
)
_DIGEST = "digest"
_OPEN_ENDS = {"valid_from": "-infinity", "valid_to": "infinity"}

_names: WeakKeyDictionary[Store, Names] = WeakKeyDictionary()


@dataclass(frozen=True)
class LoadedPrices:
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
    if folder and _load_parquet(store, folder):
        return _loaded(store, from_cache=True, kept=True)
    load_prices(store, compile_book())
    kept = folder is not None and _keep(store, folder)
    return _loaded(store, from_cache=False, kept=kept)


def load_prices(store: Store, book: CompiledBook) -> LoadedPrices:
    """Make the temp tables `price_book`, `price_rates`, ... of a compiled price table."""
    for spec in TABLES:
        _load_rows(store, spec, book.rows.get(spec.name, ()))
    _load_rows(store, _WARNINGS, book.warnings)
    return _loaded(store, from_cache=False, kept=False)


def names_of(store: Store) -> Names:
    """Return what name resolution needs of the loaded table; built once."""
    if store not in _names:
        _names[store] = Names.of({name: fetch_rows(store, name) for name in _NAME_TABLES})
    return _names[store]


def fetch_rows(
    store: Store, table: str, where: str = "true", values: Sequence[object] = ()
) -> list[Row]:
    """Return rows of a loaded table as the compiler made them: open ends of time are None."""
    spec = next(spec for spec in TABLES if spec.name == table)
    columns = ", ".join(
        f"CASE WHEN isfinite({name}) THEN {name} END" if name in _OPEN_ENDS else f'"{name}"'
        for name in spec.names
    )
    rows: list[Row] = store.connection.execute(
        f"SELECT {columns} FROM {table} WHERE {where}", list(values)
    ).fetchall()
    return rows


def add_rows(store: Store, spec: TableSpec, rows: Iterable[Row], *, table: str = "") -> None:
    """Add rows to a loaded table, or to another one of the same columns."""
    insert(store.connection, table or spec.name, spec.columns, rows, missing=_OPEN_ENDS)


def _loaded(store: Store, *, from_cache: bool, kept: bool) -> LoadedPrices:
    _names.pop(store, None)
    run = store.connection.execute
    meta = dict(run("SELECT key, value FROM price_meta").fetchall())
    warnings = run("SELECT code, message FROM price_warnings").fetchall()
    return LoadedPrices(
        version=str(meta.get("version", "")),
        sha256=str(meta.get("sha256", "")),
        warnings=tuple((str(code), str(message)) for code, message in warnings),
        from_cache=from_cache,
        kept=kept,
    )


def _load_rows(store: Store, spec: TableSpec, rows: Iterable[Row]) -> None:
    _clear(store, spec.name)
    store.connection.execute(f"CREATE TEMP TABLE {spec.name} ({_columns(spec)})")
    add_rows(store, spec, rows)


def _clear(store: Store, name: str) -> None:
    """Drop what an earlier load left: a view of a file, or a table of rows."""
    try:
        store.connection.execute(f"DROP VIEW IF EXISTS {name}")
    except duckdb.CatalogException:
        store.connection.execute(f"DROP TABLE {name}")


def _columns(spec: TableSpec) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in spec.columns)


def _load_parquet(store: Store, folder: Path) -> bool:
    """Make the tables from a folder of the cache; false where a file is not as it was written."""
    try:
        if (folder / _DIGEST).read_text("utf-8") != _digest(folder):
            return False
        for spec in _ALL:
            columns = ", ".join(f'"{column}"' for column in spec.names)
            file = _quoted(_file(folder, spec))
            _clear(store, spec.name)
            store.connection.execute(
                f"CREATE TEMP VIEW {spec.name} AS SELECT {columns} FROM read_parquet({file})"
            )
    except (OSError, UnicodeDecodeError, duckdb.Error):
        return False
    return True


def _keep(store: Store, folder: Path) -> bool:
    """Write the loaded tables beside the folder and move them there in one step."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".prices-", dir=folder.parent))
    except OSError:
        return False
    try:
        for spec in _ALL:
            file = _quoted(_file(fresh, spec))
            store.connection.execute(f"COPY {spec.name} TO {file} (FORMAT parquet)")
        (fresh / _DIGEST).write_text(_digest(fresh), "utf-8")
        _replace(fresh, folder)
    except (OSError, duckdb.Error):
        return False
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _file(folder: Path, spec: TableSpec) -> Path:
    return folder / f"{spec.name}.parquet"


def _digest(folder: Path) -> str:
    """Return a digest over all files of a compiled table: a damaged one is noticed before it is used."""
    digest = hashlib.sha256()
    for spec in _ALL:
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
