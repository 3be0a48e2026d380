"""The account on the wire: a log record with the event name `relaylens.account`, plain OTLP."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.sdk.resources import Resource

from relaylens.accounting import Ranges, Tally
from relaylens.recorder import VERSION
from relaylens.semconv import (
    RELAYLENS_ACCOUNT,
    RELAYLENS_ACCOUNT_DROPPED,
    RELAYLENS_ACCOUNT_DROPPED_COUNT,
    RELAYLENS_ACCOUNT_LAST,
    RELAYLENS_ACCOUNT_NUMBER,
    RELAYLENS_ACCOUNT_OPEN,
    RELAYLENS_ACCOUNT_STATE,
    RELAYLENS_ACCOUNT_WAITING,
    AccountState,
    DropReason,
)

_INFO: Final = 9
_EVENT_NAME: Final = bytes([12 << 3 | 2, len(RELAYLENS_ACCOUNT)]) + RELAYLENS_ACCOUNT.encode()
"""`event_name` on the wire: the oldest messages that are supported have no such field, and pass on what they do not know."""


@dataclass(frozen=True)
class Account:
    """What a process says of its spans; without a state it only adds to what was given up."""

    number: int = 0
    state: AccountState | None = None
    last: int = 0
    open: Ranges = ()
    waiting: Ranges = ()
    counts: Mapping[DropReason, int] = field(default_factory=dict)
    dropped: Mapping[DropReason, Ranges] = field(default_factory=dict)

    @classmethod
    def of(cls, tally: Tally, number: int, state: AccountState, waiting: Ranges = ()) -> "Account":
        """The account of a ledger."""
        return cls(number, state, tally.last, tally.open, waiting, tally.counts, tally.dropped)


def account_body(account: Account, resource: bytes) -> bytes:
    """The OTLP request of an account; `resource` is the process's, in OTLP."""
    said: dict[str, str | int] = {RELAYLENS_ACCOUNT_NUMBER: account.number}
    if account.state is not None:
        said |= {
            RELAYLENS_ACCOUNT_STATE: account.state.value,
            RELAYLENS_ACCOUNT_LAST: account.last,
            RELAYLENS_ACCOUNT_OPEN: as_text(account.open),
            RELAYLENS_ACCOUNT_WAITING: as_text(account.waiting),
        }
    said |= {RELAYLENS_ACCOUNT_DROPPED + reason.value: as_text(ranges) for reason, ranges in account.dropped.items()}
    said |= {RELAYLENS_ACCOUNT_DROPPED_COUNT + reason.value: count for reason, count in account.counts.items()}
    moment = time.time_ns()
    record = LogRecord(
        time_unix_nano=moment,
        observed_time_unix_nano=moment,
        severity_number=_INFO,  # type: ignore[arg-type] # an enum of protobuf is a number
        attributes=[KeyValue(key=key, value=_value(value)) for key, value in said.items()],
    )
    record.MergeFromString(_EVENT_NAME)
    scope = ScopeLogs(scope=InstrumentationScope(name="relaylens", version=VERSION or ""), log_records=[record])
    message = ResourceLogs(resource=ResourceMessage.FromString(resource), scope_logs=[scope])
    return ExportLogsServiceRequest(resource_logs=[message]).SerializeToString()


def resource_bytes(resource: Resource) -> bytes:
    """A resource in OTLP."""
    pairs = [KeyValue(key=key, value=_value(value)) for key, value in resource.attributes.items()]
    return ResourceMessage(attributes=pairs).SerializeToString()


def as_text(ranges: Ranges) -> str:
    """Ranges as they are written: `1-3,7`."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def _value(value: object) -> AnyValue:
    """A value of an attribute."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list | tuple):
        return AnyValue(array_value=ArrayValue(values=[_value(one) for one in value]))
    return AnyValue(string_value=str(value))
