"""How the collector's process gets memory: what one transaction frees the next one takes again.

By default glibc gives every large block back to the system when it is freed, and Arrow's own allocator does so after a moment; the kernel
then clears each page anew for the next transaction. That was a third of the processor time of taking spans in.
"""

import contextlib
import ctypes
import mmap
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

import pyarrow as pa

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""From glibc's malloc.h."""

_KEPT: Final = 16 << 20
_LARGEST_KEPT: Final = 32 << 20
"""glibc takes no more."""
_ARENAS: Final = 1
"""Each keeps what it has; with one a thread, as many as ten would. A second one makes nothing quicker that was measured."""

_SMAPS: Final = Path("/proc/self/smaps")
_MAPPING: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-(?:x|-)p \S+ \S+ \d+ +(/.+\.so[.0-9]*)")
_OWN_PAGES: Final = re.compile(r"Anonymous: +([1-9]\d*) kB")

MUCH_MEMORY: Final = threading.Lock()
"""Held by what takes tens of MiB for a moment, such as a checkpoint or the compression of a journal's part, so that they come one after
the other. Nobody who holds it waits for a request, and no request waits for it."""


class _NoPandas(MetaPathFinder):
    """Finds that pandas is not there."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Say so."""
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def leave_pandas_out() -> None:
    """Keep Arrow from importing pandas, 50 MiB, only to tell its objects from others, of which the collector has none.

    To be called early, by a program whose process is the collector's own: Arrow looks once, and turns nothing into pandas there later.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(finder)


def keep_freed_memory() -> bool:
    """Keep freed memory for the next transaction, some tens of MiB at most; say whether this system's C library can.

    To be called early, by a program whose process is the collector's own.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    options = ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _LARGEST_KEPT), (_TRIM_THRESHOLD, _KEPT))
    return all(mallopt(option, value) for option, value in options)


def give_freed_memory_back() -> None:
    """Return to the system what is free in the midst of what is used, and code that ran only once; takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
        _let_go_of_code()


def _let_go_of_code() -> None:
    """Unmap the pages of libraries' code and constants, which their files still hold: those that are needed come back by themselves.

    Half of what starting and the first requests touch, 50 MiB, is not touched again, and counts as the process's memory all the same. To
    bring the others back takes some milliseconds.
    """
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, length in _code():
        advise(start, length, mmap.MADV_DONTNEED)


@cache
def _code() -> tuple[tuple[int, int], ...]:
    """Return start and length of what is mapped from libraries, is never written, and has no page that differs from the file's."""
    if not _SMAPS.exists():
        return ()
    for path in {found[3] for found in _MAPPING.finditer(_SMAPS.read_text())}:
        with contextlib.suppress(OSError):
            # Held for good: where one was unmapped, something else could be one day.
            ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
    return tuple(_unchanged(_SMAPS.read_text()))


def _unchanged(smaps: str) -> Iterator[tuple[int, int]]:
    """Find the mappings of libraries that can only be read, without those that were written before, as at the start by the linker."""
    found = None
    for line in smaps.splitlines():
        if (begun := _MAPPING.fullmatch(line)) is not None:
            found = int(begun[1], 16), int(begun[2], 16)
        elif found is not None and _OWN_PAGES.match(line):
            found = None
        elif found is not None and line.startswith("VmFlags:"):
            yield found[0], found[1] - found[0]
            found = None
