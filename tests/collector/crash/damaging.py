"""Damage to one file of a store, at a random place, and what the next start and `relaylens verify` say of it.

Each case ends in one of four ways. Silence is the one that may not be: something is missing or there twice, and nobody says so.
"""

import logging
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from relaylens_analytics.settle import settle
from relaylens_collector.errors import CollectorError
from relaylens_collector.ingest import Ingest
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict

FILES: Final = (
    "journal/*.segment",
    "journal/*.segment.zst",
    "journal/anchor",
    "relaylens.duckdb",
    "relaylens.duckdb.wal",
)
KINDS: Final = ("cut", "flip", "zero")
_ZEROS: Final = 512
_LONGEST_CATCH_UP: Final = 60


class Ending(StrEnum):
    """What came of a case."""

    REFUSED = "refused: the start says what is wrong"
    MENDED = "mended: the start says so, and nothing is missing"
    VERIFIED = "told: `relaylens verify` says what is wrong, and nothing is missing"
    NO_EFFECT = "no effect: bytes that nothing reads"
    SILENT = "silent"


@dataclass(frozen=True)
class Case:
    """One damage and its ending."""

    file: str
    kind: str
    place: int
    ending: Ending
    said: str


class _Said(logging.Handler):
    """Keeps the warnings and errors of a start."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def damage(file: Path, kind: str, chance: random.Random) -> int:
    """Change the file at a random place, and return where."""
    data = bytearray(file.read_bytes())
    place = chance.randrange(len(data))
    if kind == "cut":
        del data[place:]
    elif kind == "flip":
        data[place] ^= 1 << chance.randrange(8)
    else:
        data[place : place + _ZEROS] = bytes(len(data[place : place + _ZEROS]))
    file.write_bytes(bytes(data))
    return place


def try_case(store: Path, folder: Path, pattern: str, kind: str, chance: random.Random, names: Sequence[str]) -> Case:
    """Copy a store, damage one file of the copy, look at it, start on it, and count."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(store, copy)
    file = chance.choice(sorted(copy.glob(pattern)))
    before = file.read_bytes()
    place = damage(file, kind, chance)
    if before == file.read_bytes():  # zeros over zeros
        return Case(file.name, kind, place, Ending.NO_EFFECT, "the same bytes")
    report = verify(copy)
    found = "" if report.verdict is Verdict.WHOLE else "; ".join(f"{finding.fault}: {finding.what}" for finding in report.findings)
    ending, said = _start(copy, Counter(names))
    if ending is Ending.NO_EFFECT and found:
        ending, said = Ending.VERIFIED, found
    return Case(file.name, kind, place, ending, said)


def _start(store: Path, names: Counter[str]) -> tuple[Ending, str]:
    heard = _Said()
    logger = logging.getLogger("relaylens_collector")
    logger.addHandler(heard)
    try:
        with Ingest(store, settle) as ingest:
            try:
                ingest.flush(_LONGEST_CATCH_UP)
            except CollectorError as error:
                heard.messages.append(str(error))
            stored = _names(ingest)
    except CollectorError as error:
        return Ending.REFUSED, str(error)
    finally:
        logger.removeHandler(heard)
    said = "; ".join(heard.messages)
    if stored != names:
        return Ending.SILENT, f"{(names - stored).total()} missing, {(stored - names).total()} too many. {said}"
    return (Ending.MENDED if said else Ending.NO_EFFECT), said


def _names(ingest: Ingest) -> Counter[str]:
    """Count the names of the stored spans, and read everything else there is."""
    with ingest.reading() as cursor:
        for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            cursor.sql(f'SELECT count(hash(COLUMNS(*))) FROM "{table}"').fetchall()  # noqa: S608
        return Counter(name for (name,) in cursor.execute("SELECT name FROM spans").fetchall())
