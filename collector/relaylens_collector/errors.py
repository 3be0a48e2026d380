"""The collector's exceptions; each docstring is the sentence that the user reads.

CollectorError
├── UndecodableError     the request is not what its signal says
└── StoreError           the database did not take the batch
    └── StoreVersionError   the file was made by a newer Relaylens
"""


class CollectorError(Exception):
    """The collector could not do what was asked."""

    def __init__(self, detail: str | None = None) -> None:
        """Say the class's sentence, and the detail of this case after it."""
        sentence = (type(self).__doc__ or "").strip().split("\n", maxsplit=1)[0]
        super().__init__(sentence if detail is None else f"{sentence} {detail}")


class UndecodableError(CollectorError):
    """The body is not a valid OTLP request; sending it again cannot help."""


class StoreError(CollectorError):
    """The database did not take the batch; nothing of it is stored and it may be applied again."""


class StoreVersionError(StoreError):
    """The database file was written by a newer Relaylens; upgrade, or rebuild it from the journal."""
