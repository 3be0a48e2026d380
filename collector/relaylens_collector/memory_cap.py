"""The most memory that the collector's process may take, so that one query cannot take the machine's.

DuckDB counts what it keeps between operators against its own limit, but not the text or list that a function makes of one row:
`SELECT repeat('x', 4000000000)` takes four gigabytes under any memory_limit, and cannot be interrupted before it has them. Where the
process has a limit the allocation fails instead, DuckDB raises an error, and nothing else notices.
"""

import re
import resource
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_DATA: Final = re.compile(r"^VmData:\s+(\d+) kB$", re.MULTILINE)


def cap_memory(more: int) -> int | None:
    """Let the process take so many bytes more than it has now, unless a lower limit is set already.

    To be called when everything is open. Returns the limit in bytes, or nothing where the system does not tell what a process has.
    """
    found = _DATA.search(_STATUS.read_text()) if _STATUS.exists() else None
    if found is None:
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = (int(found[1]) << 10) + more
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    return limit
