"""Being asked to stop: by Ctrl-C, or by SIGTERM."""

import os
import select
import signal
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Knows whether it is time to stop, and can be waited for.

    The handler writes a byte into a pipe and does nothing else: it may run between any two steps of the main thread, which may
    hold any lock then, that of a `threading.Event` too.
    """

    def __init__(self) -> None:
        """From here on the signals stop us in order; child processes have them as they were."""
        self._asked = False
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._writes, False)
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait until it is time to stop, for so long at most; whether it is."""
        if not self._asked:
            select.select([self._reads], [], [], seconds)
        return self._asked

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._asked:
            self._asked = True
            os.write(self._writes, b".")
