"""Several things around one function of a framework: a run, and the first step in it."""

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
