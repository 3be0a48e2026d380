"""The analytics' exceptions; each docstring begins with the sentence that the user reads.

RelaylensAnalyticsError
├── OpenError                    the store cannot be opened
│   ├── StoreInUseError          a collector holds the file
│   ├── NoStoreError             the folder has no database
│   ├── UnreadableStoreError     the file is there and does not open
│   └── StoreAddressError        the address is neither a folder nor an http address
├── CollectorError               the collector did not give an answer
│   ├── CollectorNotRunningError nothing answers at the address
│   ├── InsecureError            one of the two does not believe the other's certificate
│   ├── NotAuthorisedError       the token is missing or wrong
│   │   └── NotAllowedError      the token is not good for this
│   └── BadAnswerError           what came back is not what the read API says
├── QueryError                   the query was refused
│   ├── UnknownQueryError        no such file of SQL
│   ├── UnknownParameterError    the file has no such parameter
│   ├── UnknownMetricError       no such metric
│   ├── UnknownDimensionError    the metric is not offered by this dimension
│   ├── UnknownSortError         the list cannot be sorted by this column
│   └── QueryLimitError          the answer is larger, or took longer, than the limit
├── LabelError                   the label was not taken
├── LabelFileError               the table of labels cannot be read
├── PriceFileError               the price table cannot be read
├── DetectorFileError            a detector's file does not say what it has to
├── DetectorSettingsError        what a store sets of its detectors cannot be followed
└── SpecificationError           the declared network cannot be read
"""

from typing import Self

from relaylens_collector.errors import Correctable


class RelaylensAnalyticsError(Exception):
    """The analytics could not do what was asked."""

    def __init__(self, detail: str | None = None) -> None:
        """Say the class's sentence, and the detail of this case after it."""
        sentence = (type(self).__doc__ or "").strip().split("\n", maxsplit=1)[0]
        super().__init__(sentence if detail is None else f"{sentence} {detail}")

    @classmethod
    def told(cls, sentence: str) -> Self:
        """Repeat what a collector says, which is a sentence of its own."""
        error = cls.__new__(cls)
        Exception.__init__(error, sentence)
        return error


class OpenError(RelaylensAnalyticsError):
    """The store cannot be opened."""


class StoreInUseError(OpenError):
    """A running collector holds this store; ask the collector by its address, such as --url http://127.0.0.1:4318."""


class NoStoreError(OpenError):
    """There is no Relaylens database here; give the folder that `relaylens up` writes to, or import data into it first."""


class UnreadableStoreError(OpenError):
    """The database does not open; `relaylens rebuild` makes it anew from the journal."""


class StoreAddressError(OpenError):
    """A store is named by its folder or by a collector's address, http://host:port."""


class CollectorError(RelaylensAnalyticsError):
    """The collector did not answer the question."""


class CollectorNotRunningError(CollectorError):
    """No collector answers here; start it with `relaylens up`, or name the store's folder to read it without one."""


class InsecureError(CollectorError):
    """The connection cannot be secured; OTEL_EXPORTER_OTLP_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE name certificates."""


class NotAuthorisedError(CollectorError):
    """The collector asks for a token, and none or a wrong one was given."""


class NotAllowedError(NotAuthorisedError):
    """The collector knows who asks, and does not allow this."""


class BadAnswerError(CollectorError):
    """What answers at this address does not speak Relaylens' read API; perhaps the port is another program's."""


class QueryError(RelaylensAnalyticsError):
    """The query cannot be answered."""


class OutdatedStoreError(QueryError):
    """The store was last settled by an older Relaylens; a start of `relaylens up` on its folder brings it up to date."""


class UnknownQueryError(QueryError):
    """There is no query of this name."""


class UnknownParameterError(QueryError):
    """The query has no such parameter."""


class UnknownMetricError(QueryError):
    """There is no metric of this name."""


class UnknownDimensionError(QueryError):
    """The metric is not offered by this dimension."""


class UnknownSortError(QueryError):
    """The list cannot be sorted by this column."""


class QueryLimitError(QueryError):
    """The query takes more rows, bytes or time than the collector allows; ask for less."""


class LabelError(RelaylensAnalyticsError):
    """The label was not taken."""


class LabelFileError(RelaylensAnalyticsError):
    """The table of labels cannot be read; it is CSV, in UTF-8, with the columns run or trace_id, and failed (0 or 1)."""


class JudgeError(RelaylensAnalyticsError):
    """There is no judge to ask."""


class PriceFileError(RelaylensAnalyticsError):
    """The price table cannot be read."""


class DetectorFileError(RelaylensAnalyticsError):
    """A detector's file does not say what it has to."""


class DetectorSettingsError(RelaylensAnalyticsError, Correctable):
    """What detectors.toml in the store's folder says cannot be followed."""


class SpecificationError(RelaylensAnalyticsError, Correctable):
    """What network.toml in the store's folder declares cannot be read."""
