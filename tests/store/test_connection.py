"""What the database leaves on disk, and to whom."""

import os
from pathlib import Path

from costctl.store import Store


def test_the_log_beside_a_database_is_as_private_as_the_database(tmp_path):
    before = os.umask(0o022)
    try:
        with Store.open(tmp_path / "usage.duckdb", write=True) as store:
            store.add_rows([{"response_model": "gpt-4o", "input_uncached": 1}])
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        after = os.umask(0o022)
    finally:
        os.umask(before)
    assert modes == {"usage.duckdb": 0o600, "usage.duckdb.wal": 0o600}
    assert after == 0o022


def test_what_a_store_in_memory_spills_goes_to_a_private_folder_that_is_gone_afterwards(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with Store.memory() as store:
        setting = store.connection.execute("SELECT current_setting('temp_directory')").fetchone()
        folder = Path(setting[0])
        assert folder.stat().st_mode & 0o777 == 0o700
        assert tmp_path not in folder.parents
    assert not folder.exists()
    assert not list(tmp_path.iterdir())
