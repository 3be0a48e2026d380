"""Who may ask: token, Host and Origin, on every route."""

import http.client
import logging

import pytest
from tests.collector.receive.conftest import Client, Start

_TOKEN = "s3cret-tok3n"  # noqa: S105 - a test's own


def _all_routes(client: Client) -> list[tuple[str, str]]:
    """Every path and method that is served, and one that is not."""
    routes = client.collector.routes
    return [*((path, method) for path, methods in routes.items() for method in methods), ("/nowhere", "GET")]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", f"Basic {_TOKEN}", _TOKEN, f"Bearer {_TOKEN}x", f"Bearer x{_TOKEN}", "Bearer \xff"],
)
def test_without_the_token_every_route_refuses(start: Start, authorization: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """C63: also health, metrics and what is not there; the token is in no answer and no log."""
    caplog.set_level(logging.DEBUG)
    client = start(token=_TOKEN)
    headers = {} if authorization is None else {"authorization": authorization}
    routes = _all_routes(client)
    replies = [client.send(method, path, b"{}", {"content-type": "application/json", **headers}) for path, method in routes]

    assert len(routes) >= 9
    assert [401] * len(routes) == [reply.status for reply in replies]
    assert {"Bearer"} == {reply.headers["www-authenticate"] for reply in replies}
    assert all(_TOKEN.encode() not in reply.body for reply in replies)
    assert _TOKEN not in caplog.text


def test_with_the_token_routes_answer(start: Start) -> None:
    """C63: the scheme's name may be in any case."""
    client = start(token=_TOKEN)

    assert [200, 200] == [
        client.send("GET", "/healthz", None, {"authorization": f"{scheme} {_TOKEN}"}).status for scheme in ("Bearer", "bearer")
    ]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4318", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.0.0.1", "[::2]:80"]
)
def test_foreign_hosts_are_refused(start: Start, host: str) -> None:
    """G23: a name that an attacker made point here does not reach any route."""
    client = start()
    statuses = {client.send(method, path, b"", {"host": host}).status for path, method in _all_routes(client)}

    assert {403} == statuses


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:4318", "127.0.0.1", "127.0.0.1:1", "[::1]:4318", "[::1]", "mine.example"])
def test_own_hosts_are_served(start: Start, host: str) -> None:
    """Loopback's names and those that were allowed."""
    client = start(allowed_hosts=("mine.example",))

    assert 200 == client.send("GET", "/healthz", None, {"host": host}).status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://", "garbage", "http://[bad"])
def test_requests_of_foreign_pages_are_refused(start: Start, origin: str) -> None:
    """G23: what a browser sends on behalf of another site does not reach any route."""
    client = start()
    statuses = {
        client.send(method, path, b"{}", {"origin": origin, "content-type": "application/json"}).status
        for path, method in _all_routes(client)
    }

    assert {403} == statuses


def test_requests_of_own_pages_are_served(start: Start) -> None:
    """A page of this machine may ask."""
    assert 200 == start().send("GET", "/healthz", None, {"origin": "http://localhost:8501"}).status


def test_without_a_host_nothing_is_served(start: Start) -> None:
    """G23: a request that does not say whom it means is not answered."""
    client = start()
    with client.raw() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 403 ")


def test_on_another_address_the_token_is_what_counts(start: Start) -> None:
    """Where anyone may have a name for this machine, the Host is not checked unless names are given."""
    open_to_names = start(host="0.0.0.0", token=_TOKEN)  # noqa: S104 - that is what is tested
    named = start(host="0.0.0.0", token=_TOKEN, allowed_hosts=("mine.example",))  # noqa: S104
    headers = {"authorization": f"Bearer {_TOKEN}", "host": "any.example"}

    assert (200, 403) == (open_to_names.send("GET", "/healthz", None, headers).status, named.send("GET", "/healthz", None, headers).status)


def test_browsers_are_told_to_show_nothing(start: Start) -> None:
    """No answer is a page, is guessed to be one, or is kept."""
    headers = start().send("GET", "/metrics").headers

    assert ("nosniff", "DENY", "no-store") == (headers["x-content-type-options"], headers["x-frame-options"], headers["cache-control"])
    assert "default-src 'none'" in headers["content-security-policy"]


_SIMPLE = ("text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None)
"""Content types that a page may send to anyone without asking first."""


@pytest.mark.parametrize("content_type", _SIMPLE)
def test_what_pages_can_send_without_asking_is_not_taken(start: Start, content_type: str | None) -> None:
    """G23: not even without an Origin does a simple request reach anything that takes a body."""
    client = start()
    takers = [(path, method) for path, method in _all_routes(client) if method not in {"GET", "HEAD"}]
    headers = {} if content_type is None else {"content-type": content_type}

    assert len(takers) >= 5
    assert {415} == {client.send(method, path, b"{}", headers).status for path, method in takers}
    assert [(0,)] == client.rows("SELECT count(*) FROM batches")


def test_pictures_of_foreign_pages_are_refused(start: Start) -> None:
    """G23: requests without an Origin, of which the browser says that another site made them."""
    client = start()
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "content-type": "application/json"}

    assert {403} == {client.send(method, path, b"{}", headers).status for path, method in _all_routes(client)}
    assert 200 == client.send("GET", "/healthz", None, {"sec-fetch-site": "same-origin"}).status


def test_no_answer_is_for_pages_of_others(start: Start) -> None:
    """G23: no route says that others may read its answers, also when it is asked beforehand."""
    client = start()
    asking = {"origin": "http://localhost:8501", "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    replies = [client.send("OPTIONS", path, None, asking) for path, _ in _all_routes(client)]
    replies += [client.send(method, path, b"{}", {"origin": "http://localhost:8501"}) for path, method in _all_routes(client)]

    assert [] == [name for reply in replies for name in reply.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", "application/json"])
def test_pages_do_not_reach_grpc(start: Start, content_type: str) -> None:
    """G23: what a browser can send to that port, HTTP/1.1, is not answered as a call."""
    client = start()
    connection = http.client.HTTPConnection("127.0.0.1", client.collector.grpc_port, timeout=10)
    path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    connection.request("POST", path, bytes(5), {"content-type": content_type})
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
    connection.close()
    assert [(0,)] == client.rows("SELECT count(*) FROM batches")
