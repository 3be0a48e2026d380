"""One trace as OTLP, as Jaeger's and Tempo's read APIs answer it: what the store holds, in the form it came in."""

import json
import re
from typing import Final

import duckdb
import grpc

from relaylens_collector.errors import QueryError
from relaylens_collector.ingest import Ingest
from relaylens_collector.otlp_documents import document_of
from relaylens_collector.receive.exchange import JSON, Answer, Exchange
from relaylens_collector.receive.refusals import Refusal
from relaylens_collector.store.otlp_messages import Messages

PATH: Final = "/api/v1/traces/"
_PROTOBUF: Final = "application/x-protobuf"
_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}")


def answer_trace(ingest: Ingest, exchange: Exchange) -> Answer:
    """Answer `GET /api/v1/traces/{trace_id}` in JSON, or in protobuf where the request accepts that."""
    trace_id = exchange.path.removeprefix(PATH)
    if not _TRACE_ID.fullmatch(trace_id):
        message = "A trace id is 32 hex digits."
        raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)
    with ingest.reading() as cursor:
        try:
            data = Messages(cursor).trace(trace_id.lower())
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
    if not data.resource_spans:
        message = f"There is no trace {trace_id}."
        raise Refusal(grpc.StatusCode.NOT_FOUND, message)
    if _PROTOBUF in exchange.headers.get("accept", ""):
        return Answer(200, _PROTOBUF, data.SerializeToString())
    return Answer(200, JSON, json.dumps(document_of(data), ensure_ascii=False).encode("utf-8", "replace"))
