"""A database whose file is shorter than it was, because what was at its end is not needed any more, is whole."""

from pathlib import Path

from relaylens_collector.store_folder import StoreFolder


def test_a_file_that_became_shorter_is_opened_as_it_is(tmp_path: Path) -> None:
    """DuckDB cuts free blocks off the end of a file that it closes, and goes on counting them."""
    folder = StoreFolder(tmp_path)
    store = folder.open_database(memory_limit="512MB")
    # Room at the front first, so that nothing is left behind the large table when it goes.
    for statement in (
        "CREATE TABLE small AS SELECT hash(range) AS number FROM range(1_000_000)",
        "CHECKPOINT",
        "DROP TABLE small",
        "CHECKPOINT",
        "CREATE TABLE large AS SELECT hash(range) AS number FROM range(2_000_000)",
        "CHECKPOINT",
        "DROP TABLE large",
        "CREATE TABLE one AS SELECT 1 AS number",
        "CHECKPOINT",
    ):
        store.connection.execute(statement)
    store.close()
    length = folder.database.stat().st_size

    again = folder.open_database(memory_limit="512MB")
    [(blocks, block_size)] = again.connection.execute("SELECT total_blocks, block_size FROM pragma_database_size()").fetchall()
    [(kept,)] = again.connection.execute("SELECT number FROM one").fetchall()
    again.close()
    folder.close()

    assert length < blocks * block_size
    assert 1 == kept
    assert [] == list(tmp_path.glob("*.unreadable-*"))
