"""A database whose file is shorter than it was, because what was at its end is not needed any more, is whole."""

from pathlib import Path

from relaylens_collector.store_folder import StoreFolder


def test_a_file_that_became_shorter_is_opened_as_it_is(tmp_path: Path) -> None:
    """DuckDB cuts free blocks off the end of a file that it closes, and goes on counting them."""
    folder = StoreFolder(tmp_path)
    store = folder.open_database(memory_limit="512MB")
    store.connection.execute("CREATE TABLE filler AS SELECT hash(range) AS number FROM range(500_000)")
    store.connection.execute("CHECKPOINT")
    store.connection.execute("DROP TABLE filler")
    store.close()

    again = folder.open_database(memory_limit="512MB")
    [(blocks, used)] = again.connection.execute("SELECT total_blocks, used_blocks FROM pragma_database_size()").fetchall()
    again.close()
    folder.close()

    assert blocks > used
    assert [] == list(tmp_path.glob("*.unreadable-*"))
