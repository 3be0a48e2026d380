"""Who may do what: every route of the real route table, over both transports, with every kind of token."""

import http.client
import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from tests.collector.receive.conftest import PROTOBUF, Client, Reply

from relaylens_collector.access import ALL_SCOPES, Scope, TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.receive import permissions
from relaylens_collector.receive.otlp_grpc import METHODS
from relaylens_collector.settings import Settings

JSON = "application/json"
SETTING = "the-token-of-the-setting"
OTLP = ("/v1/traces", "/v1/logs", "/v1/metrics")
UNKNOWN = (("GET", "/nowhere"), ("POST", "/v1/profiles"), ("GET", "/v1/traces"), ("DELETE", "/api/v1/sql"), ("OPTIONS", "/v1/traces"))
UNKNOWN_METHODS = ("/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/a/b", "/")

NEEDS: dict[tuple[str, str], str | None] = {
    **{("POST", path): "ingest" for path in OTLP},
    ("POST", "/api/v1/sql"): "read",
    ("GET", "/api/v1/traces/"): "read",
    ("POST", "/api/v1/labels"): "label",
    ("POST", "/api/v1/admin/snapshot"): "admin",
    ("POST", "/api/v1/admin/orders"): "admin",
    ("GET", "/api/v1/whoami"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,
}
"""What each route of HTTP asks for, said once more: None where any valid token will do."""

BODIES = {
    "/api/v1/admin/orders": b'{"order": "list"}',
    "/api/v1/sql": b'{"sql": "SELECT 1"}',
    "/api/v1/labels": b'{"run": "r", "name": "accuracy", "value": "true"}',
}


@dataclass
class Tokens:
    """One collector with tokens of every kind."""

    client: Client
    good: dict[str, tuple[str, frozenset[Scope]]]
    """By what they are called: the text, and what it is good for."""

    bad: dict[str, str | None]
    """What is sent as the header Authorization, and good for nothing."""

    def send(self, method: str, path: str, authorization: str | None, content_type: str = JSON) -> Reply:
        """Send a request that would be answered with success, if its sender may."""
        headers = {"content-type": content_type} | ({} if authorization is None else {"authorization": authorization})
        body = BODIES.get(path, b"" if content_type == PROTOBUF else b"{}")
        target = f"{path}{'0' * 31}1" if path.endswith("traces/") else path
        return self.client.send(method, target, body if method == "POST" else None, headers)

    def call(self, method: str, authorization: str | bytes | None) -> tuple[grpc.StatusCode, Status | None, str]:
        """Call a method of gRPC."""
        metadata = () if authorization is None else (("authorization", authorization),)
        with grpc.insecure_channel(f"127.0.0.1:{self.client.collector.grpc_port}") as channel:
            call = channel.unary_unary(method, request_serializer=None, response_deserializer=None)
            try:
                call(b"", timeout=20, metadata=metadata)
            except grpc.RpcError as error:
                assert isinstance(error, grpc.Call)  # noqa: PT017 - the stubs do not say so
                details = [value for name, value in error.trailing_metadata() or () if name == "grpc-status-details-bin"]
                return error.code(), Status.FromString(details[0]) if details else None, error.details() or ""
        return grpc.StatusCode.OK, None, ""


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokens]:
    """A collector, and tokens made beside it while it runs."""
    store: Path = tmp_path_factory.mktemp("access")
    running = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0, token=SETTING))
    running.start()
    file = TokenFile(store)
    good: dict[str, tuple[str, frozenset[Scope]]] = {"the setting": (SETTING, ALL_SCOPES)}
    for project in ("default", "other"):
        for scopes in (*({scope} for scope in Scope), ALL_SCOPES, frozenset[Scope]()):
            name = f"{' '.join(sorted(scopes))} in {project}"
            good[name] = file.create(name, project=project, scopes=scopes).text, frozenset(scopes)
    expired = file.create("e", project="default", scopes=ALL_SCOPES, expires=datetime.now(UTC) - timedelta(days=1)).text
    revoked = file.create("r", project="default", scopes=ALL_SCOPES)
    file.revoke(revoked.token.token_id)
    valid = good["ingest in default"][0]
    bad = {
        "nothing": None,
        "an empty header": "",
        "a scheme alone": "Bearer",
        "a wrong token": "Bearer rl_0123456789_" + "A" * 43,
        "a wrong secret": f"Bearer {valid[:-1]}{'A' if valid[-1] != 'A' else 'B'}",
        "no scheme": valid,
        "another scheme": f"Basic {valid}",
        "an id alone": "Bearer " + "_".join(valid.split("_")[:2]),
        "the hash of a token": f"Bearer {next(iter(file.tokens().values())).secret_hash.hex()}",
        "expired": f"Bearer {expired}",
        "revoked": f"Bearer {revoked.text}",
    }
    yield Tokens(Client(running), good, bad)
    running.stop()


def test_every_route_is_in_the_table(tokens: Tokens) -> None:
    """What this module says of HTTP and gRPC is about the routes that are served, all of them."""
    served = {(method, path) for path, methods in tokens.client.collector.routes.items() for method in methods}

    assert served == set(NEEDS)
    assert 3 == len(METHODS)
    assert {**NEEDS, **{("gRPC", method): "ingest" for method in METHODS}} == permissions.PERMISSIONS


def test_a_route_that_declares_no_scope_is_not_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It stops the collector at its start, over both transports, and so does an entry without a route."""
    settings = Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0)
    for route in (("POST", "/api/v1/labels"), ("gRPC", next(iter(METHODS)))):
        with monkeypatch.context() as patch:
            patch.delitem(permissions.PERMISSIONS, route)
            with pytest.raises(RuntimeError, match=re.escape(route[1])):
                Collector(settings).start()
    monkeypatch.setitem(permissions.PERMISSIONS, ("GET", "/forgotten"), None)
    with pytest.raises(RuntimeError, match="forgotten"):
        Collector(settings).start()


def test_without_a_valid_token_nothing_answers(tokens: Tokens, caplog: pytest.LogCaptureFixture) -> None:
    """C63, G22: every route over HTTP, known or not, with every bad token: 401, with a google.rpc.Status, and nothing is logged."""
    caplog.set_level(logging.DEBUG)
    for name, authorization in tokens.bad.items():
        for method, path in (*NEEDS, *UNKNOWN):
            reply = tokens.send(method, path, authorization)
            assert (401, "Bearer") == (reply.status, reply.headers["www-authenticate"]), (name, method, path)
            assert grpc.StatusCode.UNAUTHENTICATED.value[0] == reply.json()["code"], (name, method, path)
    assert not [text for text, _ in tokens.good.values() if text in caplog.text]
    assert "expired" in tokens.send("GET", "/healthz", tokens.bad["expired"]).json()["message"]


@pytest.mark.parametrize("path", OTLP)
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_senders_are_refused_in_their_own_encoding(tokens: Tokens, path: str, content_type: str) -> None:
    """C14, C15: 401 and 403 of OTLP are protobuf to those who send protobuf and JSON to those who send JSON."""
    replies = [
        tokens.send("POST", path, authorization, content_type)
        for authorization in (None, tokens.bad["a wrong token"], f"Bearer {tokens.good['read in default'][0]}")
    ]
    codes = [reply.rpc_status().code if content_type == PROTOBUF else reply.json()["code"] for reply in replies]
    messages = [reply.rpc_status().message if content_type == PROTOBUF else reply.json()["message"] for reply in replies]

    assert [401, 401, 403] == [reply.status for reply in replies]
    assert {content_type} == {reply.content_type for reply in replies}
    assert [16, 16, 7] == codes
    assert "ingest" in messages[2]
    assert all(messages)


def test_each_scope_opens_its_routes_and_no_other(tokens: Tokens) -> None:
    """403 where the token is valid and lacks the scope, success where it has it: every route over HTTP, every kind of token."""
    for name, (text, scopes) in tokens.good.items():
        for (method, path), needed in NEEDS.items():
            reply = tokens.send(method, path, f"Bearer {text}")
            may = needed is None or needed in scopes
            allowed = {200, 404} if path.endswith("traces/") else {200, 503} if path == "/readyz" else {200}
            assert reply.status in (allowed if may else {403}), (name, method, path, reply.status, reply.body)
            if not may:
                assert f'Bearer error="insufficient_scope", scope="{needed}"' == reply.headers["www-authenticate"]
        for method, path in UNKNOWN:
            assert tokens.send(method, path, f"Bearer {text}").status in {404, 405}, (name, method, path)


def test_over_grpc_it_is_the_same(tokens: Tokens) -> None:
    """UNAUTHENTICATED without a valid token, PERMISSION_DENIED without the scope: every service, known or not, every kind of token."""
    for name, authorization in tokens.bad.items():
        for method in (*METHODS, *UNKNOWN_METHODS):
            code, status, message = tokens.call(method, authorization)
            assert grpc.StatusCode.UNAUTHENTICATED is code, (name, method)
            assert status is not None, (name, method)
            assert (16, message) == (status.code, status.message)
    for name, (text, scopes) in tokens.good.items():
        for method in METHODS:
            code, status, _ = tokens.call(method, f"Bearer {text}")
            expected = grpc.StatusCode.OK if Scope.INGEST in scopes else grpc.StatusCode.PERMISSION_DENIED
            assert expected is code, (name, method)
            assert (status is None) == (expected is grpc.StatusCode.OK)
        for method in UNKNOWN_METHODS:
            assert grpc.StatusCode.UNIMPLEMENTED is tokens.call(method, f"Bearer {text}")[0]


def test_who_is_turned_away_is_counted(tokens: Tokens) -> None:
    """Without a valid token in no project, without the scope in that of the token, on both transports."""

    def counts() -> Counter[str]:
        reply = tokens.send("GET", "/metrics", f"Bearer {SETTING}")
        counted = "relaylens_requests_turned_away_total{"
        lines = [line.rsplit(" ", 1) for line in reply.body.decode().splitlines() if line.startswith(counted)]
        return Counter({labels.removeprefix(counted).rstrip("}"): int(float(value)) for labels, value in lines})

    traces, before = next(iter(METHODS)), counts()
    reader = next(text for text, scopes in tokens.good.values() if scopes == {Scope.READ})
    tokens.send("POST", "/v1/traces", "Bearer wrong")
    tokens.send("POST", "/v1/traces", f"Bearer {reader}")
    tokens.send("GET", "/nowhere", f"Bearer {reader}")
    tokens.call(traces, None)
    tokens.call(traces, f"Bearer {reader}")
    labels = 'code="{}",project="{}",reason="{}",transport="{}"'

    assert {
        labels.format("UNAUTHENTICATED", "", "unauthenticated", "http"): 1,
        labels.format("PERMISSION_DENIED", "default", "forbidden", "http"): 1,
        labels.format("NOT_FOUND", "default", "not_served", "http"): 1,
        labels.format("UNAUTHENTICATED", "", "unauthenticated", "grpc"): 1,
        labels.format("PERMISSION_DENIED", "default", "forbidden", "grpc"): 1,
    } == counts() - before


def test_who_a_token_is(tokens: Tokens) -> None:
    """Its holder may ask what it is good for."""
    text, _ = tokens.good["read in other"]

    answer = tokens.send("GET", "/api/v1/whoami", f"Bearer {text}").json()
    assert {"holder": text.split("_")[1], "project": "other", "scopes": ["read"]} == answer


def test_a_refusal_does_not_wait_for_the_body(tokens: Tokens) -> None:
    """C30: over both transports the answer is there before the request is, however long that would be."""
    connection = http.client.HTTPConnection("127.0.0.1", tokens.client.collector.http_port, timeout=20)
    connection.putrequest("POST", "/v1/traces")
    connection.putheader("content-type", PROTOBUF)
    connection.putheader("content-length", str(60 << 20))
    connection.endheaders(b"x")
    status = connection.getresponse().status
    connection.close()

    never = threading.Event()
    with grpc.insecure_channel(f"127.0.0.1:{tokens.client.collector.grpc_port}") as channel:
        for name, authorization in (("nobody", "none"), ("without the scope", tokens.good["read in default"][0])):
            call = channel.stream_unary(next(iter(METHODS)), request_serializer=None, response_deserializer=None)
            answer = call.future(_after(never), timeout=20, metadata=(("authorization", f"Bearer {authorization}"),))
            expected = grpc.StatusCode.UNAUTHENTICATED if name == "nobody" else grpc.StatusCode.PERMISSION_DENIED
            assert expected is answer.code()
        never.set()

    assert 401 == status


def _after(event: threading.Event) -> Iterator[bytes]:
    """A request that comes only then."""
    event.wait(30)
    yield b""


def test_a_file_that_cannot_be_read_asks_for_patience(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Senders keep their data (503, UNAVAILABLE), nobody gets in, the reason is logged once, and it is over when the file is whole."""
    file = TokenFile(tmp_path)
    text = file.create("agents", project="default", scopes={Scope.INGEST}).text
    running = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0))
    running.start()
    try:
        tokens = Tokens(Client(running), {}, {})
        whole = file.path.read_bytes()
        file.path.write_bytes(whole[:-9])
        broken = [tokens.send("POST", path, f"Bearer {text}") for path in OTLP]
        code, _, _ = tokens.call(next(iter(METHODS)), f"Bearer {text}")
        file.path.write_bytes(whole)
        mended = tokens.send("POST", OTLP[0], f"Bearer {text}")
    finally:
        running.stop()

    assert [503] * 3 == [reply.status for reply in broken]
    assert {"2"} == {reply.headers["retry-after"] for reply in broken}
    assert grpc.StatusCode.UNAVAILABLE is code
    assert 1 == caplog.text.count("tokens.json")
    assert 200 == mended.status
