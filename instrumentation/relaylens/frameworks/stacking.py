"""Several things around one function of a framework: a run, and what is first in it."""

from relaylens.around import Around


class Stacked(Around):
    """Several around one function, the first outermost."""

    def __init__(self, *parts: Around | None) -> None:
        """Prepare those that there are."""
        self._parts = [part for part in parts if part is not None]

    def _enter(self) -> None:
        for part in self._parts:
            part.__enter__()

    def _returned(self, value: object) -> None:
        for part in reversed(self._parts):
            part._returned(value)  # noqa: SLF001 - as a caller of each would

    def _leave(self, error: BaseException | None) -> None:
        for part in reversed(self._parts):
            part.__exit__(None if error is None else type(error), error, None)

    def _suspend(self) -> None:
        for part in reversed(self._parts):
            part._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        for part in self._parts:
            part._resume()  # noqa: SLF001 - as above


class InRun(Around):
    """Something around a function that may begin a run: the run begins before it, waits with it and ends after it."""

    _run: Around | None = None
    """None inside of a run that is open already."""

    def _enter_run(self) -> None:
        if self._run is not None:
            self._run._enter()  # noqa: SLF001 - as above

    def _leave_run(self, error: BaseException | None) -> None:
        if self._run is not None:
            self._run._leave(error)  # noqa: SLF001 - as above

    def _suspend(self) -> None:
        if self._run is not None:
            self._run._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        if self._run is not None:
            self._run._resume()  # noqa: SLF001 - as above
