"""Texts packed with zstd, which Python 3.11 has no module for, as files of their own."""

from pathlib import Path

import duckdb

from costctl.errors import CostctlError

LONGEST = 1 << 26
AT_ONCE = 10_000


def unpack_text(connection: duckdb.DuckDBPyConnection, path: Path, target: Path) -> Path:
    """Write the lines of a zstd text to `target` and return it; broken bytes of a line become `?`.

    Errors: `CostctlError` for a damaged file or a line that is too long.
    """
    try:
        lines = connection.execute(
            "SELECT line FROM read_csv(?, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, "
            "delim = '\x01\x02\x03\x04', quote = '', escape = '', compression = 'zstd', strict_mode = false, "
            "store_rejects = true, rejects_table = 'unpack_errors', rejects_scan = 'unpack_scans', "
            f"max_line_size = {LONGEST}, buffer_size = {2 * LONGEST})",
            [str(path)],
        )
        with target.open("w", encoding="utf-8", newline="\n") as out:
            while batch := lines.fetchmany(AT_ONCE):
                out.writelines(f"{line or ''}\n" for (line,) in batch)
    except duckdb.Error as error:
        raise _refused(path, str(error).splitlines()[0]) from error
    broken = _broken(connection, path)
    if broken:
        _put_back(target, broken)
    return target


def _broken(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[int, str]:
    """Return the lines that the engine refused, and forget them."""
    rows = connection.execute(
        "SELECT line, first(error_type), first(csv_line) FROM unpack_errors GROUP BY line ORDER BY line"
    ).fetchall()
    connection.execute("DROP TABLE unpack_errors")
    connection.execute("DROP TABLE unpack_scans")
    for line, kind, _ in rows:
        if kind != "INVALID ENCODING":
            raise _refused(path, f"line {line}: {str(kind).lower()}")
    return {line: str(text).lstrip("\r\n") for line, _, text in rows}


def _put_back(target: Path, broken: dict[int, str]) -> None:
    """Put refused lines where they were, so that nothing is lost and lines keep their numbers."""
    whole = target.with_suffix(".whole")
    left = iter(sorted(broken.items()))
    number, text = next(left)
    with (
        target.open(encoding="utf-8", newline="\n") as good,
        whole.open("w", encoding="utf-8", newline="\n") as out,
    ):
        written = 0
        for line in good:
            while number == written + 1:
                out.write(f"{text}\n")
                written += 1
                number, text = next(left, (0, ""))
            out.write(line)
            written += 1
        if number:
            out.writelines(f"{rest}\n" for rest in (text, *(rest for _, rest in left)))
    whole.replace(target)


def _refused(path: Path, why: str) -> CostctlError:
    return CostctlError(
        f"{path}: cannot be unpacked: {why}",
        hint=f"unpack it first: zstd -d {path}",
        code="unreadable",
    )
