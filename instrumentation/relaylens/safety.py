"""An error of ours costs telemetry and never the host's work."""

import logging
import threading
from types import TracebackType
from typing import Final, Self

logger: Final = logging.getLogger("relaylens")

_raising = False
_reported: set[tuple[str, str]] = set()
_lock = threading.Lock()


def raise_errors(*, switch: bool) -> None:
    """Let internal errors out (the tests of Relaylens do), or log them."""
    global _raising  # noqa: PLW0603 - one switch for the process, as the tests need it
    _raising = switch


def report(doing: str, error: BaseException) -> None:
    """Log an internal error, the same one only once for the life of the process."""
    key = (doing, type(error).__qualname__)
    with _lock:
        if key in _reported:
            return
        _reported.add(key)
    logger.warning("Relaylens could not %s: %s: %s. Your program goes on; some telemetry is missing.", doing, type(error).__name__, error)


class guarded:  # noqa: N801 - reads as a verb: `with guarded("end a span"):`
    """Runs a block of ours so that its errors are logged and swallowed."""

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        """Say what the block does, for the log."""
        self._doing = doing

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """Swallow what is an error of ours; interrupts of the host pass."""
        if error is None or not isinstance(error, Exception) or _raising:
            return False
        report(self._doing, error)
        return True
