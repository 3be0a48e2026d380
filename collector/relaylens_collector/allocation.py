"""How the collector's process gets memory: what one transaction frees the next one takes again.

By default glibc gives every large block back to the system when it is freed, and Arrow's own allocator does so after a moment; the kernel
then clears each page anew for the next transaction. That was a third of the processor time of taking spans in.
"""

import ctypes
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
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
_ARENAS: Final = 2
"""Each keeps what it has; with one a thread, as many as ten would."""


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
    """Return to the system what is free in the midst of what is used; takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
