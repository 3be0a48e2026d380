"""A refusal in both of OTLP's transports: one table from our errors to codes, and the google.rpc.Status that says why.

What a client does next hangs on the code. Bad data never gets a code that asks for a resend, for it would come for ever; trouble with
the store never gets one that tells the client to drop the data.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]

from relaylens_collector.errors import (
    JournalError,
    NotAuthenticatedError,
    NotReadyError,
    OverloadedError,
    QueryError,
    RequestTooLargeError,
    StoreError,
    TokenFileError,
    UndecodableError,
)

_LONGEST_MESSAGE: Final = 2000
_RETRY_SOON: Final = 2.0
_NOBODY_KNOWN: Final = "The collector cannot read its tokens at this moment; its log says why. Send the request again later."

_HTTP_STATUS: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.UNIMPLEMENTED: 405,
    grpc.StatusCode.DEADLINE_EXCEEDED: 408,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 413,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
}


class Reason(StrEnum):
    """Why a request is not taken, as it is counted and logged."""

    BAD_DATA = "bad_data"
    MEDIA_TYPE = "media_type"
    TOO_LARGE = "too_large"
    SLOW_BODY = "slow_body"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_SERVED = "not_served"
    OVERLOADED = "overloaded"
    JOURNAL = "journal"
    STORE = "store"
    MISTAKE = "mistake"


_REASONS: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: Reason.BAD_DATA,
    grpc.StatusCode.UNAUTHENTICATED: Reason.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: Reason.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: Reason.NOT_SERVED,
    grpc.StatusCode.UNIMPLEMENTED: Reason.NOT_SERVED,
    grpc.StatusCode.DEADLINE_EXCEEDED: Reason.SLOW_BODY,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Reason.TOO_LARGE,
    grpc.StatusCode.INTERNAL: Reason.MISTAKE,
    grpc.StatusCode.UNAVAILABLE: Reason.OVERLOADED,
}


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """The answer to a request that is not taken."""

    code: grpc.StatusCode
    message: str
    retry_after: float | None = None
    """Seconds; set exactly when a resend can help."""
    http_status: int | None = None
    """Where HTTP has a better word than the code's usual one."""
    headers: tuple[tuple[str, str], ...] = ()
    reason: Reason | None = None
    """Where there are several for one code."""

    @property
    def why(self) -> Reason:
        """What it is counted as."""
        return self.reason or _REASONS[self.code]

    @property
    def http(self) -> int:
        """The HTTP status."""
        return self.http_status or _HTTP_STATUS[self.code]

    def status(self) -> status_pb2.Status:
        """Return what OTLP asks for in the body or the trailers."""
        status = status_pb2.Status(code=self.code.value[0], message=self.message[:_LONGEST_MESSAGE])
        if self.code is grpc.StatusCode.INVALID_ARGUMENT:
            violation = error_details_pb2.BadRequest.FieldViolation(field="body", description=self.message[:_LONGEST_MESSAGE])
            status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
        if self.retry_after is not None:
            delay = Duration()
            delay.FromMilliseconds(int(self.retry_after * 1000))
            status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
        return status


def refusal_of(error: Exception) -> Refusal | None:  # noqa: PLR0911 - one return for each kind
    """Return the answer to one of our errors, nothing for an unforeseen one."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestTooLargeError):
        return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
    if isinstance(error, UndecodableError | QueryError):
        return Refusal(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    if isinstance(error, OverloadedError):
        return Refusal(grpc.StatusCode.UNAVAILABLE, str(error), retry_after=error.retry_after)
    if isinstance(error, NotAuthenticatedError):
        return Refusal(grpc.StatusCode.UNAUTHENTICATED, str(error), headers=(("www-authenticate", "Bearer"),))
    if isinstance(error, TokenFileError):  # where the file is and what is wrong in it is said in the log
        return Refusal(grpc.StatusCode.UNAVAILABLE, _NOBODY_KNOWN, retry_after=_RETRY_SOON)
    if isinstance(error, JournalError | StoreError | NotReadyError | MemoryError):
        reason = (
            Reason.JOURNAL if isinstance(error, JournalError) else Reason.OVERLOADED if isinstance(error, MemoryError) else Reason.STORE
        )
        return Refusal(grpc.StatusCode.UNAVAILABLE, str(error) or "Out of memory.", retry_after=_RETRY_SOON, reason=reason)
    return None


def out_of_scope(needed: str, what: str) -> Refusal:
    """Return the answer to a valid token that is not good for this."""
    message = f"This token does not have the scope {str(needed)!r}, which {what} asks for."
    return Refusal(
        grpc.StatusCode.PERMISSION_DENIED, message, headers=(("www-authenticate", f'Bearer error="insufficient_scope", scope="{needed}"'),)
    )


def unforeseen() -> Refusal:
    """Return the answer to an error that is a mistake of ours; what it was stands in the log and not in the answer."""
    return Refusal(grpc.StatusCode.INTERNAL, "The collector made a mistake with this request; its log says more.")


def stopping() -> Refusal:
    """Return the answer to what comes while the collector stops."""
    return Refusal(grpc.StatusCode.UNAVAILABLE, "The collector is stopping; send the request again later.", retry_after=5.0)


def too_large(what: str, limit: int) -> Refusal:
    """Return the answer to a request that is over a limit: no resend can help."""
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{what} is larger than the limit of {limit} bytes; send smaller batches.")
