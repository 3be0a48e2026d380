"""From a span that ended to the collector: a bounded queue, a thread that sends, and a spool on disk while the collector is away.

OpenTelemetry's batch processor overwrites the oldest span of a full queue and gives up a batch after ten seconds, and says
which in neither case; so the queue is our own. A host's thread only ever puts a span into it.
"""

import atexit
import os
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter

from relaylens.dispatching import Dispatcher
from relaylens.exporting import Sender
from relaylens.safety import guarded

AT_EXIT: Final = 2.0
"""Seconds to send what is left when the process ends and the rest can be kept on disk."""
AT_EXIT_WITHOUT_SPOOL: Final = 5.0


@dataclass(frozen=True)
class Route:
    """Where spans go, and where they wait."""

    resource: Resource
    """What is said of the process; its id is added."""
    make_sender: Callable[[], Sender] | None = None
    exporter: SpanExporter | None = None
    """Takes spans in the place of OTLP; it has no spool and is given no accounts."""
    spool: Path | None = None
    spool_bytes: int = 0


class Delivery:
    """Takes the spans of this process to where they go; a forked child does so on its own account."""

    def __init__(self, route: Route, finish: Callable[[ReadableSpan, Any], ReadableSpan]) -> None:
        """Begin; `finish` makes of a span what is exported, on the thread that sends."""
        self._route = route
        self._finish = finish
        self._closed = False
        self._lock = threading.Lock()
        self._dispatcher: Dispatcher | None = None
        self.dispatcher()
        if hasattr(os, "register_at_fork"):
            child = weakref.WeakMethod(self._in_child)

            def in_child() -> None:
                if (method := child()) is not None:
                    method()

            os.register_at_fork(after_in_child=in_child)

    def dispatcher(self) -> Dispatcher:
        """What does the work in this process, begun with its first span."""
        dispatcher = self._dispatcher
        if dispatcher is None:
            with self._lock:
                dispatcher = self._dispatcher
                if dispatcher is None:
                    dispatcher = self._dispatcher = Dispatcher(self._route, self._finish)
                    _at_exit(self.close)
        return dispatcher

    @property
    def process_id(self) -> str:
        """`relaylens.process.id`."""
        return self.dispatcher().process_id

    def flush(self, timeout: float) -> bool:
        """Send what has ended by now; False when it could not all be sent in time."""
        return self._closed or self.dispatcher().flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Send what is left, for so long at most, keep the rest on disk, and stop."""
        if self._closed:
            return
        self._closed = True
        with guarded("stop sending"):
            atexit.unregister(self.close)
            if self._dispatcher is not None:
                default = AT_EXIT if self._dispatcher.has_spool else AT_EXIT_WITHOUT_SPOOL
                self._dispatcher.close(default if timeout is None else timeout)

    def _in_child(self) -> None:
        """A forked child has nothing to do with what the parent still has to send."""
        self._lock = threading.Lock()
        parents, self._dispatcher = self._dispatcher, None
        if parents is not None:
            parents.abandon()


def _at_exit(close: Callable[[], None]) -> None:
    """Close when the process ends; children of multiprocessing end without Python's own exit handlers."""
    atexit.register(close)
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - loaded by whoever is in such a child

        Finalize(None, close, exitpriority=-100)
