"""Erases in a process that ends by itself, as a killed one does, when it is about to change its so many-th file."""

import os
import sys
from pathlib import Path

from relaylens_analytics.settle import settle
from relaylens_collector.erasing.orders import erase_subject
from relaylens_collector.erasing.planning import Kind
from relaylens_collector.ingest import Ingest

CHANGES = frozenset({"os.rename", "os.remove", "os.truncate"})


def main() -> None:
    """Take the store, the conversation and the number of the change before which to end."""
    store, conversation, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with Ingest(store, settle) as ingest:
        ingest.flush()

        def count(event: str, _arguments: object) -> None:
            nonlocal left
            if event in CHANGES:
                left -= 1
                if left < 0:
                    os._exit(9)

        sys.addaudithook(count)
        erase_subject(ingest, Kind.CONVERSATION, conversation, said_by="tester")


if __name__ == "__main__":
    main()
