"""Talks to a collector over HTTP with the standard library alone, and turns what goes wrong into our own errors."""

import http.client
import json
import ssl
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from relaylens_analytics import tls
from relaylens_analytics.errors import (
    BadAnswerError,
    CollectorError,
    CollectorNotRunningError,
    InsecureError,
    NotAllowedError,
    NotAuthorisedError,
    QueryError,
    QueryLimitError,
    StoreAddressError,
)

_OK: Final = 200
_BAD_QUESTION: Final = 400
_REFUSED: Final = {401: NotAuthorisedError, 403: NotAllowedError, 404: BadAnswerError, 405: BadAnswerError}
_LIMITED: Final = {408, 413, 422, 429, 504}


class HttpClient:
    """One address and its token; connects straight to it, without the machine's proxies."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 60.0) -> None:
        """Check the address."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            detail = f"{url.rpartition('@')[2]!r} has no valid port."
            raise StoreAddressError(detail) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            # What stands before an @ is a password, and is not repeated.
            detail = f"Got {url.rpartition('@')[2]!r}; a token goes into --token or RELAYLENS_TOKEN."
            raise StoreAddressError(detail)
        self.url = url.rstrip("/")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = port
        self._prefix = parts.path.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s

    def post(self, path: str, body: bytes) -> bytes:
        """Send JSON and give back the answer's body."""
        return self._exchanged("POST", path, body, {"Content-Type": "application/json"})

    def get(self, path: str, *, accepted: Collection[int] = (_OK,)) -> bytes:
        """Ask for what is at a path, and give back the answer's body; any status but those that are accepted is an error."""
        return self._exchanged("GET", path, None, {}, accepted)

    def _exchanged(self, method: str, path: str, body: bytes | None, headers: dict[str, str], accepted: Collection[int] = (_OK,)) -> bytes:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connect()
        try:
            connection.request(method, self._prefix + path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except TimeoutError as error:
            detail = f"No answer from {self.url} within {self._timeout_s:g} s."
            raise QueryLimitError(detail) from error
        except http.client.HTTPException as error:
            other = "" if self._secure else ", by https:// where TLS is spoken"
            detail = f"{self.url} does not speak HTTP ({type(error).__name__}); the read API is on the port of OTLP/HTTP{other}."
            raise BadAnswerError(detail) from error
        except ssl.SSLError as error:
            detail = f"({self.url}: {getattr(error, 'verify_message', None) or error.reason or error})"
            raise InsecureError(detail) from error
        except OSError as error:
            secured = isinstance(error, ConnectionResetError) and not self._secure
            detail = f"({self.url}: {error}{'; where TLS is spoken the address begins with https://' if secured else ''})"
            raise CollectorNotRunningError(detail) from error
        finally:
            connection.close()
        if response.status not in accepted:
            raise self._error(response.status, answer)
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=tls.context())
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)

    def _error(self, status: int, answer: bytes) -> Exception:
        detail = f"{_message(answer)} ({self.url} answered {status}.)"
        if status == _BAD_QUESTION:
            return QueryError.told(detail)
        if status in _LIMITED:
            return QueryLimitError(detail)
        return _REFUSED.get(status, CollectorError)(detail)


def _message(answer: bytes) -> str:
    """Find the sentence in an error's body: a google.rpc.Status or any JSON with a message, else the text itself."""
    text = answer.decode(errors="replace").strip()
    try:
        document = json.loads(text)
    except ValueError:
        return text[:500]
    if isinstance(document, dict):
        for name in ("message", "detail", "error"):
            if isinstance(document.get(name), str):
                return str(document[name])
    return text[:500]
