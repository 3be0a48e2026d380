"""Whether the blocks of a database file are those that DuckDB wrote, told before it opens the file.

DuckDB compares a block with its checksum when it reads it, which may be weeks after the file was opened. Here all are read at once, at
the speed of the disk; of a large file, `block_check` reads them beside its use. Here they have to be read while the file is closed: to
close another descriptor of it takes DuckDB's lock away.
"""

from pathlib import Path
from typing import Final

import duckdb
import numpy as np

from relaylens_collector.store.statements import read_statement

BLOCK_BYTES: Final = 256 << 10
"""DuckDB's own size of a block; files are created with it."""

HEADERS_BYTES: Final = 3 * 4096
"""The file's header and two headers of the database, written in turn."""

_FACTOR: Final = np.uint64(0xBF58476D1CE4E5B9)
_START: Final = 5381
_WORD: Final = 8


def doubtful_blocks(database: Path) -> set[int]:
    """Return the numbers of the blocks that do not have their checksum; one may be free, and then it does not matter."""
    found = set()
    with database.open("rb", buffering=0) as file:
        file.seek(HEADERS_BYTES)
        number = 0
        while block := file.read(BLOCK_BYTES):
            if not has_its_checksum(block):
                found.add(number)
            number += 1
    return found


def used_blocks(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """Return the numbers of the blocks that the database refers to."""
    used = {number for (number,) in connection.execute(read_statement("metadata_blocks")).fetchall()}
    for (table,) in connection.execute(read_statement("table_names")).fetchall():
        used.update(number for (number,) in connection.execute(read_statement("table_blocks"), {"table": table}).fetchall())
    return used


def has_its_checksum(block: bytes) -> bool:
    """Tell whether a block is whole and holds what its checksum was computed of."""
    if len(block) < BLOCK_BYTES:
        return False
    words = np.frombuffer(block, "<u8")
    computed = int(np.bitwise_xor.reduce(words[1:] * _FACTOR)) ^ _START
    return computed == int(words[0])
