"""How the collector's process gets memory: what one transaction frees the next one takes again.

By default glibc gives every large block back to the system when it is freed, and Arrow's own allocator does so after a moment; the kernel
then clears each page anew for the next transaction. That was a third of the processor time of taking spans in.
"""

import ctypes
from typing import Final

import pyarrow as pa

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""From glibc's malloc.h."""

_KEPT: Final = 32 << 20
_LARGEST_KEPT: Final = 32 << 20
"""glibc takes no more."""
_ARENAS: Final = 2
"""Each keeps what it has; with one a thread, as many as ten would."""


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
