"""A disk that remembers what was synced and what was not, and shows what it may hold when the power goes at any moment.

What is promised: a sync that returned brought to the disk what had been written to the file before it began, with the file's size and
its name; a sync of a folder brings all its names. Names that were not synced reach the disk in their order, but nobody knows how far.
Anything else that was written may be there or not, in pieces of 4 KiB, and any piece may be torn at a sector.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.collector.crash.recording import Call, Moment

_PAGE: Final = 4096
_SECTOR: Final = 512
_BLOCK: Final = 256 << 10
_TORN_SHARE: Final = 0.2
_RECORD: Final = b"RLRC"
_RECORD_HEADER: Final = 96


class Model(StrEnum):
    """How a disk may lose what was not synced."""

    PREFIX = "in order, the last write torn"
    PAGES = "any pages, any of them torn"
    ZEROS = "sizes without their data: zeros at the end"


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that were written, or with `data` being nothing the length that a file was cut to."""

    offset: int
    data: bytes | None

    def on(self, content: bytearray) -> None:
        """Do it to the content of a file."""
        if self.data is None:
            del content[self.offset :]
        content.extend(bytes(max(0, self.offset - len(content))))
        if self.data is not None:
            content[self.offset : self.offset + len(self.data)] = self.data

    def pieces(self) -> Iterator["Write"]:
        """Cut it at the pages of the disk."""
        if self.data is None:
            yield self
            return
        start = 0
        while start < len(self.data):
            end = min(len(self.data), start + _PAGE - (self.offset + start) % _PAGE)
            yield Write(self.offset + start, self.data[start:end])
            start = end


@dataclass(eq=False, slots=True)
class File:
    """One file, whatever its names."""

    synced: bytearray = field(default_factory=bytearray)
    waiting: list[Write] = field(default_factory=list)
    size: int = 0
    named: bool = False
    """Its first name is on the disk."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A name that was given, moved or taken away."""

    path: str
    file: File | None
    """Nothing: the name was taken away."""


class Disk:
    """What is on the disk, and what waits to be, at one moment of a recording."""

    def __init__(self, root: Path) -> None:
        """Watch one folder, which is empty."""
        self._root = f"{root}/"
        self._open: dict[int, tuple[File | None, int]] = {}
        """Descriptors, with the place of the next write; those of folders have no file."""
        self._names: dict[str, File] = {}
        self._synced_names: dict[str, File] = {}
        self._waiting_names: list[Naming] = []
        self._syncing: dict[Call, int] = {}
        self.acknowledged: set[str] = set()
        self._written: dict[File, list[str]] = {}
        """Spans in the journal that no sync has covered yet."""
        self._covered: dict[Call, int] = {}

    def take(self, moment: Moment) -> None:
        """Go on by one moment."""
        call = moment.call
        if moment.is_over:
            if call.result >= 0:
                self._finish(call)
        elif call.name in {"pwrite64", "pwritev", "pwritev2", "write", "writev"}:
            self._write(call)
        elif call.name in {"fsync", "fdatasync"} and (file := self._file(call.number(0))) is not None:
            self._syncing[call] = len(file.waiting)
            self._covered[call] = len(self._written.get(file, ()))

    def live_block(self, call: Call) -> tuple[File, int] | None:
        """Return the file and offset when a call writes a block of the database over one that is on the disk."""
        if call.name != "pwrite64" or len(call.texts[0]) != _BLOCK:
            return None
        file = self._file(call.number(0))
        offset = call.number(3)
        if file is None or offset + _BLOCK > len(file.synced) or file.synced[offset : offset + _BLOCK] == call.texts[0]:
            return None
        return file, offset

    def image(self, model: Model, chance: random.Random) -> dict[str, bytes]:
        """Return the files that may be found after the power went now."""
        names = dict(self._synced_names)
        kept = len(self._waiting_names) if model is Model.PREFIX else chance.randint(0, len(self._waiting_names))
        for naming in self._waiting_names[:kept]:
            if naming.file is None:
                names.pop(naming.path, None)
            else:
                names[naming.path] = naming.file
        return {path: bytes(_content(file, model, chance)) for path, file in names.items()}

    def torn_block(self, file: File, write: Write, chance: random.Random) -> dict[str, bytes]:
        """Return the files as they may be when everything before is on the disk, and of one block only some pages."""
        found = {}
        for path, one in self._names.items():
            content = bytearray(one.synced)
            for earlier in one.waiting:
                if earlier != write:
                    earlier.on(content)
            if one is file:
                pages = list(write.pieces())
                for piece in chance.sample(pages, chance.randint(1, len(pages) - 1)):
                    piece.on(content)
            found[path] = bytes(content)
        return found

    # --- calls --------------------------------------------------------------------------------------------------------

    def _file(self, descriptor: int) -> File | None:
        return self._open.get(descriptor, (None, 0))[0]

    def _path(self, text: bytes) -> str | None:
        path = text.decode()
        return path.removeprefix(self._root) if path.startswith(self._root) else None

    def _write(self, call: Call) -> None:
        descriptor = call.number(0)
        file, place = self._open.get(descriptor, (None, 0))
        if file is None:
            return
        data = b"".join(call.texts)
        if call.name in {"write", "writev"}:
            offset = file.size if place < 0 else place
            self._open[descriptor] = (file, place if place < 0 else offset + len(data))
        else:
            offset = call.number(3)
        file.waiting.append(Write(offset, data))
        file.size = max(file.size, offset + len(data))
        if any(text[:4] == _RECORD for text in call.texts[::2]) and len(call.texts[0]) == _RECORD_HEADER:
            for body in call.texts[1::2]:
                self._written.setdefault(file, []).extend(_names_in(body))

    def _finish(self, call: Call) -> None:  # noqa: C901 - one case for each call of the kernel
        paths = (
            [self._path(text) for text in call.texts]
            if call.name in {"openat", "rename", "unlink", "renameat", "renameat2", "unlinkat"}
            else []
        )
        match call.name:
            case "openat":
                self._opened(call, paths[0])
            case "close":
                self._open.pop(call.number(0), None)
            case "lseek":
                file, place = self._open.get(call.number(0), (None, 0))
                if file is not None and place >= 0:
                    self._open[call.number(0)] = (file, call.result)
            case "ftruncate":
                if (file := self._file(call.number(0))) is not None:
                    file.waiting.append(Write(call.number(1), None))
                    file.size = call.number(1)
            case "rename" | "renameat" | "renameat2" if paths[0] is not None and paths[1] is not None:
                file = self._names.pop(paths[0])
                self._names[paths[1]] = file
                # One step of the disk's own journal: both names change, or none does.
                self._waiting_names += [Naming(paths[1], file), Naming(paths[0], None)]
            case "unlink" | "unlinkat" if paths[0] is not None:
                self._names.pop(paths[0], None)
                self._waiting_names.append(Naming(paths[0], None))
            case "fsync" | "fdatasync":
                self._synced(call)
            case "fallocate" | "sync_file_range" | "copy_file_range" | "sendfile":
                message = f"The disk does not know what {call.name} does."
                raise NotImplementedError(message)

    def _opened(self, call: Call, path: str | None) -> None:
        if path is None:
            # A folder of the store is opened to be synced: all names are one folder's here.
            is_root = call.texts[0].decode().rstrip("/") + "/" == self._root
            self._open.pop(call.result, None)
            if is_root:
                self._open[call.result] = (None, 0)
            return
        if "O_DIRECTORY" in call.arguments:
            self._open[call.result] = (None, 0)
            return
        file = self._names.get(path)
        if file is None:
            file = self._names[path] = File()
            self._waiting_names.append(Naming(path, file))
        elif "O_TRUNC" in call.arguments:
            file.waiting.append(Write(0, None))
            file.size = 0
        self._open[call.result] = (file, -1 if "O_APPEND" in call.arguments else 0)

    def _synced(self, call: Call) -> None:
        descriptor = call.number(0)
        if descriptor not in self._open:
            return
        file = self._file(descriptor)
        if file is None:
            self._settle_names(len(self._waiting_names))
            return
        covered = self._syncing.pop(call)
        for write in file.waiting[:covered]:
            write.on(file.synced)
        del file.waiting[:covered]
        if not file.named:
            file.named = True
            first = next((place for place, naming in enumerate(self._waiting_names) if naming.file is file), -1)
            self._settle_names(first + 1)
        written = self._written.get(file, [])
        self.acknowledged.update(written[: self._covered[call]])
        del written[: self._covered.pop(call)]

    def _settle_names(self, count: int) -> None:
        for naming in self._waiting_names[:count]:
            if naming.file is None:
                self._synced_names.pop(naming.path, None)
            else:
                self._synced_names[naming.path] = naming.file
        del self._waiting_names[:count]


def _names_in(body: bytes) -> list[str]:
    request = ExportTraceServiceRequest.FromString(body)
    return [span.name for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]


def _content(file: File, model: Model, chance: random.Random) -> bytearray:
    content = bytearray(file.synced)
    if model is Model.PREFIX:
        for write in file.waiting[:-1]:
            write.on(content)
        for last in file.waiting[-1:]:
            _torn(last, chance).on(content)
        return content
    if model is Model.PAGES:
        share = chance.random()
        for write in file.waiting:
            for piece in write.pieces():
                if chance.random() < share:
                    (_torn(piece, chance) if chance.random() < _TORN_SHARE else piece).on(content)
        return content
    for write in file.waiting:
        write.on(content)
    # The size is there and the data behind some point is not; what was there before is not touched by that.
    start = chance.randint(min(len(file.synced), len(content)), len(content))
    content[start:] = bytes(len(content) - start)
    return content


def _torn(write: Write, chance: random.Random) -> Write:
    if not write.data:
        return write
    return Write(write.offset, write.data[: chance.randrange(0, len(write.data) + 1, 1 if len(write.data) < _SECTOR else _SECTOR)])
