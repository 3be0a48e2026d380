"""Reads a store through its collector's read API."""

import json
from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from relaylens_analytics.errors import BadAnswerError
from relaylens_analytics.http_client import HttpClient
from relaylens_analytics.reader import ReaderBase
from relaylens_analytics.values import Value, to_wire

SQL_PATH: Final = "/api/v1/sql"
"""Where the read API answers."""


class HttpReader(ReaderBase):
    """A collector's read API; each query is a request of its own, so that threads may share the reader."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 60.0) -> None:
        """Remember the address; the first query finds out whether anyone answers."""
        self._client = HttpClient(url, token=token, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The address, as given."""
        return self._client.url

    def query(self, sql: str, params: Mapping[str, Value] | None = None, *, max_rows: int | None = None) -> pa.Table:
        """Answer one SELECT with its `$parameters` bound; `max_rows` cuts the answer off."""
        request: dict[str, object] = {"sql": sql, "params": to_wire(params), "format": "arrow"}
        if max_rows is not None:
            request["max_rows"] = max_rows
        body = self._client.post(SQL_PATH, json.dumps(request).encode())
        try:
            with pa.ipc.open_stream(body) as stream:
                return stream.read_all()
        except pa.ArrowException as error:
            detail = f"{self.url}{SQL_PATH}: {error}"
            raise BadAnswerError(detail) from error
