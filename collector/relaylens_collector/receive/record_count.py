"""A look at how many records a request holds, before anything is built from it.

A span can be as short as two bytes on the wire and hundreds in memory, so that the size alone does not bound the work.
"""

from typing import Final

from relaylens_collector.mapping.walking import parts

_SHORTEST_RECORD: Final = 2
_RESOURCES: Final = 1 << 3 | 2
_SCOPES: Final = 2 << 3 | 2
_RECORDS: Final = 2 << 3 | 2
"""Resource, scope and record lists have the same field numbers in all three signals."""


def has_more_records(body: bytes, limit: int) -> bool:
    """Tell whether resources, scopes and records together are more than a limit; broken bytes are left to the decoder."""
    if len(body) <= _SHORTEST_RECORD * limit:
        return False
    count = 0
    try:
        for resource in parts(body, 0, len(body), _RESOURCES):
            count += 1
            for scope in parts(body, *resource, _SCOPES):
                count += 1
                for _ in parts(body, *scope, _RECORDS):
                    count += 1
                    if count > limit:
                        return True
            if count > limit:
                return True
    except (IndexError, ValueError):
        return False
    return False
