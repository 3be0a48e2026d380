"""What a collector makes of the disks that lost power at random moments of its work: it starts by itself, and has all it acknowledged."""

import logging
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.collector.crash.disk import Disk, Model, Write
from tests.collector.crash.recording import Moment, moments, record

from relaylens_analytics.settle import settle
from relaylens_collector.errors import CollectorError
from relaylens_collector.ingest import Ingest

TORN_CHECKPOINT: Final = "a block of the database torn in a checkpoint"
_LONGEST_CATCH_UP: Final = 120


@dataclass(frozen=True)
class Image:
    """What a disk held after the power went, and what had been acknowledged until then."""

    number: int
    kind: str
    files: dict[str, bytes]
    acknowledged: frozenset[str]


@dataclass(frozen=True)
class Start:
    """What came of one image."""

    number: int
    kind: str
    acknowledged: int
    lost: int
    doubled: int
    rebuilt: bool
    """The database was made anew from the journal."""
    problem: str
    """Why it did not start by itself, or did not catch up."""


def images(trace: Path, store: Path, number: int, torn: int, seed: int) -> Iterator[Image]:
    """Cut the power at so many random moments in each model in turn, and so many times while a checkpoint writes over a block."""
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not cryptography
    writing = [place for place, moment in enumerate(moments(trace)) if _touches(moment, store)]
    cuts = Counter(chance.choices(writing, k=number))
    live = [place for place, is_live in enumerate(_live_blocks(trace, store)) if is_live]
    tears = Counter(chance.choices(live, k=torn)) if live else Counter()
    disk, made = Disk(store), 0
    models = list(Model)
    for place, moment in enumerate(moments(trace)):
        block = disk.live_block(moment.call) if place in tears else None
        disk.take(moment)
        for _ in range(cuts[place]):
            model = models[made % len(models)]
            yield Image(made, model.value, disk.image(model, chance), frozenset(disk.acknowledged))
            made += 1
        for _ in range(tears[place]):
            assert block is not None
            files = disk.torn_block(block[0], Write(block[1], moment.call.texts[0]), chance)
            yield Image(made, TORN_CHECKPOINT, files, frozenset(disk.acknowledged))
            made += 1


def start_on(image: Image, folder: Path) -> Start:
    """Write the image into a folder, start on it, wait until all is stored, and count."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in image.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    stored: Counter[str] = Counter()
    problem = ""
    try:
        with Ingest(folder, settle) as ingest:
            ingest.flush(_LONGEST_CATCH_UP)
            with ingest.reading() as cursor:
                for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                    cursor.sql(f'SELECT count(hash(COLUMNS(*))) FROM "{table}"').fetchall()  # noqa: S608
                stored.update(name for (name,) in cursor.execute("SELECT name FROM spans").fetchall())
    except CollectorError as error:
        problem = str(error)
    return Start(
        number=image.number,
        kind=image.kind,
        acknowledged=len(image.acknowledged),
        lost=len(image.acknowledged - stored.keys()),
        doubled=sum(count - 1 for count in stored.values()),
        rebuilt=any(folder.glob("relaylens.duckdb.*-*")),
        problem=problem,
    )


def run(folder: Path, *, requests: int, number: int, torn: int, seed: int) -> list[Start]:
    """Record a run, and start on each of its images."""
    trace = record(folder, requests)
    logging.getLogger("relaylens_collector").setLevel(logging.CRITICAL)
    try:
        return [start_on(image, folder / "image") for image in images(trace, folder / "store", number, torn, seed)]
    finally:
        logging.getLogger("relaylens_collector").setLevel(logging.NOTSET)


def _live_blocks(trace: Path, store: Path) -> Iterator[bool]:
    disk = Disk(store)
    for moment in moments(trace):
        yield not moment.is_over and disk.live_block(moment.call) is not None
        disk.take(moment)


def _touches(moment: Moment, store: Path) -> bool:
    """Tell whether the power going now differs from it going a moment ago; most calls read libraries."""
    if moment.call.name in {"openat", "mkdir", "rename", "unlink"}:
        return any(text.startswith(bytes(store)) for text in moment.call.texts) and "O_RDONLY" not in moment.call.arguments
    return moment.call.name not in {"close", "lseek"}
