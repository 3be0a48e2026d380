"""The collector's exceptions; each docstring is the sentence that the user reads.

CollectorError
├── UndecodableError        the request is not what its signal says
│   └── RequestTooLargeError    it would be far larger in memory than on the wire
├── OverloadedError         there is no room for the request now; it may be sent again
├── JournalError            the journal cannot be used
│   ├── AnchorKeyError          the key that signs anchors cannot be used
│   ├── JournalCorruptError     what is on disk does not verify
│   └── JournalUnavailableError what was asked is not on disk; it may be sent again
├── StoreError              the database did not take the batch
│   ├── StoreOpenError          it cannot be opened, or is not the journal's
│   │   └── StoreDamagedError       what is in the file is not what was written
│   ├── StoreUnavailableError   it cannot be opened at this moment
│   ├── StoreVersionError       the file was made by a newer Relaylens
│   └── StoreOutdatedError      the file was made by an older Relaylens
├── BackupError             the copy cannot be made, or is not whole
├── StoreNotFoundError      there is no store in the folder
├── StoreLockedError        another process has the store folder
├── NotReadyError           the database cannot be read at this moment; ask again
├── QueryError              a question to the read API has no answer
│   ├── OrderError              what was ordered cannot be done
│   ├── LabelRefusedError       it does not say what a label has to say
│   └── QueryRefusedError       the statement is not one that a reader may send
├── NotAuthenticatedError   no valid token came with the request
├── TokenFileError          the file of tokens cannot be used
├── UnknownTokenError       there is no such token
├── ProjectNameError        a name cannot be a project's
├── SettingsError           a setting is missing or cannot be used
└── ListenError             an address cannot be listened on
"""

from typing import Final


class Correctable:
    """A person wrote what cannot be followed: beside an exception's own base; its sentence says what to mend, a traceback nothing."""


class CollectorError(Exception):
    """The collector could not do what was asked."""

    def __init__(self, detail: str | None = None) -> None:
        """Say the class's sentence, and the detail of this case after it."""
        sentence = (type(self).__doc__ or "").strip().split("\n", maxsplit=1)[0]
        super().__init__(sentence if detail is None else f"{sentence} {detail}")


class UndecodableError(CollectorError):
    """The body is not a valid OTLP request; sending it again cannot help."""


class RequestTooLargeError(UndecodableError):
    """The request holds more parts than are taken at once; send them in several requests."""


class StoreError(CollectorError):
    """The database did not take the batch; nothing of it is stored and it may be applied again."""


class StoreOpenError(StoreError):
    """The database cannot be opened."""


class StoreDamagedError(StoreOpenError):
    """The database file is damaged."""


class StoreUnavailableError(StoreError):
    """The database cannot be opened at this moment."""


class StoreVersionError(StoreError):
    """The database file was written by a newer Relaylens; upgrade, or rebuild it from the journal."""


class StoreOutdatedError(StoreError):
    """The database file was written by an older Relaylens; rebuild it from the journal with `relaylens rebuild`."""


class OverloadedError(CollectorError):
    """The collector holds as much as it may; nothing of the request is stored, send it again later."""

    def __init__(self, detail: str | None = None, *, retry_after: float = 1.0) -> None:
        """Say how long to wait, in seconds."""
        super().__init__(detail)
        self.retry_after: Final = retry_after


class JournalError(CollectorError):
    """The journal cannot be used."""


class AnchorKeyError(JournalError):
    """The key that signs the journal's anchors cannot be used."""


class JournalCorruptError(JournalError):
    """The journal does not verify; nothing of it was skipped or changed."""


class JournalUnavailableError(JournalError):
    """The journal cannot be written; nothing of the request is stored, send it again later."""


class BackupError(CollectorError):
    """The copy cannot be made, or is not whole."""


class StoreNotFoundError(CollectorError):
    """There is no store here; give the folder that `relaylens up` writes to."""


class StoreLockedError(CollectorError):
    """Another process uses this store folder."""


class NotReadyError(CollectorError):
    """The database is being opened or closed; ask again in a moment."""


class QueryError(CollectorError):
    """The query has no answer."""


class OrderError(QueryError):
    """What was ordered cannot be done."""


class LabelRefusedError(QueryError):
    """The label was not taken."""


class QueryRefusedError(QueryError):
    """Only one SELECT that reads the store is answered."""


class NotAuthenticatedError(CollectorError):
    """A valid token is needed: send it as Authorization: Bearer TOKEN."""


class TokenFileError(CollectorError):
    """The file of tokens cannot be used; mend it, or put it aside and make new tokens with `relaylens token create`."""


class UnknownTokenError(CollectorError):
    """There is no token with this id; `relaylens token list` shows those that there are."""


class ProjectNameError(CollectorError):
    """A project is named by 1 to 63 small letters, digits, - and _, and begins and ends with a letter or digit."""


class SettingsError(CollectorError):
    """A setting is missing or cannot be used."""


class ListenError(CollectorError):
    """The collector cannot listen."""
