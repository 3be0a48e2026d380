"""The blocks of a large database are read while it is in use, and damage that nobody has met yet is found and mended."""

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.collector.crash.killing import request
from tests.collector.store.building import request as request_of
from tests.collector.store.building import span

from relaylens_analytics.settle import settle
from relaylens_collector import store_folder
from relaylens_collector.errors import CollectorError
from relaylens_collector.ingest import Ingest
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal
from relaylens_collector.store.blocks import BLOCK_BYTES, HEADERS_BYTES
from relaylens_collector.store.statements import read_statement

_PACE = Pace(quiet_seconds=0.05, settle_every_seconds=0.2)
_PATIENCE_S = 30


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_folder, "CHECKED_FIRST_BYTES", 0)


def _fill(folder: Path) -> None:
    """Store spans with long texts, which fill blocks of their own."""
    draw = random.Random(1)  # noqa: S311 - texts that do not pack, nothing secret
    with Ingest(folder, settle, pace=_PACE) as ingest:
        for number in range(1, 9):
            one = span(number)
            one.attributes.add(key="input.value").value.string_value = draw.randbytes(200_000).hex()
            ingest.submit(Signal.TRACES, request_of(one).SerializeToString())
        ingest.flush()


def _block_of_texts(folder: Path) -> int:
    """Name a block that holds texts and nothing else, so that nobody reads it before a text is asked for."""
    with duckdb.connect(folder / "relaylens.duckdb", read_only=True) as connection:
        used: dict[str, set[int]] = {}
        for (table,) in connection.execute(read_statement("table_names")).fetchall():
            stored = "SELECT column_name, list_append(coalesce(additional_block_ids, []), block_id) FROM pragma_storage_info($table)"
            for column, blocks in connection.execute(f"{stored} WHERE persistent", {"table": table}).fetchall():
                used.setdefault(f"{table}.{column}", set()).update(blocks)
    return min(used.pop("texts.text").difference(*used.values()))


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _texts(ingest: Ingest) -> int:
    """Count the spans whose texts can be read; none while the database is being mended."""
    try:
        with ingest.reading() as cursor:
            [(count,)] = cursor.execute("SELECT count(*) FROM spans WHERE length(text_of(input)) = 400000").fetchall()
    except (CollectorError, duckdb.Error):
        return 0
    return int(count)


def test_damage_that_nobody_meets_is_found_and_mended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A flipped byte in a block of texts is reported though no text is asked for, and the database made anew from the journal."""
    _fill(tmp_path)
    block = _block_of_texts(tmp_path)
    with (tmp_path / "relaylens.duckdb").open("r+b") as file:
        file.seek(HEADERS_BYTES + block * BLOCK_BYTES + BLOCK_BYTES // 2)
        before = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([before[0] ^ 1]))

    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        _until(lambda: any(tmp_path.glob("relaylens.duckdb.damaged-*")))
        _until(lambda: _texts(ingest) == 8)
        assert [f"1 of its blocks are damaged, the first is block {block}." in caplog.text] == [True]


def test_a_database_that_is_written_meanwhile_is_not_called_damaged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Blocks that are written while they are read are looked at again."""
    _fill(tmp_path)
    caplog.set_level(logging.INFO)

    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        numbers = iter(range(10_000))

        def is_told() -> bool:
            body, _ = request("h0", next(numbers))
            ingest.submit(Signal.TRACES, body)
            with ingest.reading() as cursor:
                cursor.execute("FORCE CHECKPOINT")
            return "blocks are undamaged" in caplog.text

        _until(is_told)
        ingest.flush()
        assert [] == list(tmp_path.glob("relaylens.duckdb.damaged-*"))
