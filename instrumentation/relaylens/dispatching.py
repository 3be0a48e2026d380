"""One process's queue, ledger and spool, and the thread that sends."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from relaylens.accounting import Ledger, Ranges, joined, read_ledger
from relaylens.accounts import Account, account_body, resource_bytes
from relaylens.exporting import Answer
from relaylens.queueing import Entry, SpanQueue, is_needed, numbers_of
from relaylens.safety import guarded, logger
from relaylens.semconv import (
    RELAYLENS_PROCESS_ID,
    AccountState,
    DropReason,
)
from relaylens.settings import BATCH_SIZE, QUEUE_SIZE, SCHEDULE_DELAY
from relaylens.spool import IS_POSSIBLE, Lock, Need, Request, Spool, Waiting, ledger_path

if TYPE_CHECKING:
    from relaylens.delivering import Route

ACCOUNT_SECONDS: Final = 30.0
"""A process that has something to say of its spans says it so often."""
ADOPT_SECONDS: Final = 30.0
"""How often is looked for what ended processes have left."""
_LARGEST_REQUEST: Final = 3 << 20
"""Bytes; what gRPC takes by default is a little more."""
_LONGEST_BACKOFF: Final = 60.0


class _TakenOver(BaseException):
    """The host's thread has done the rest while a request was on its way."""


class Dispatcher:
    """Sends the spans of one process."""

    def __init__(self, route: Route, finish: Callable[[ReadableSpan, Any], ReadableSpan]) -> None:
        """Take a place in the spool and start the thread."""
        self.process_id = uuid.uuid4().hex
        self._route = route
        self._finish = finish
        self._resource = resource_bytes(route.resource.merge(Resource({RELAYLENS_PROCESS_ID: self.process_id})))
        self._spool: Spool | None = None
        if route.spool is not None and route.spool_bytes > 0 and IS_POSSIBLE:
            try:
                self._spool = Spool(route.spool, route.spool_bytes, self.process_id, self._resource)
            except OSError as error:
                logger.warning("Relaylens cannot use the spool %s: %s. Spans wait in memory only.", route.spool, error)
        self.ledger = Ledger(None if self._spool is None else ledger_path(self._spool.folder, self.process_id))
        self._wake = threading.Event()
        most = max(1, QUEUE_SIZE.resolve())
        self.queue = SpanQueue(most, min(most, max(1, BATCH_SIZE.resolve())), self.ledger, self._wake)
        self._delay = max(1, SCHEDULE_DELAY.resolve()) / 1000
        self._pending: deque[Request] = deque()
        self._spooled: dict[str, Ranges] = {}
        self._backlog: list[Waiting] | None = None
        self._sender = None if route.make_sender is None else route.make_sender()
        self._mutex = threading.Lock()
        self._done = threading.Condition()
        self._flushes_wanted = self._flushes_done = 0
        self._flushed_all = True
        self._closing = self._finished = self._taken_over = False
        self._deadline = 0.0
        self._not_before = self._retry_at = 0.0
        self._failures = 0
        self._adopt_at = 0.0
        self._account_at = time.monotonic() + ACCOUNT_SECONDS
        self._accounted: tuple[object, ...] = ()
        self._accounts_wanted = self._sender is not None
        self._thread = threading.Thread(target=self._work, name="relaylens-sends", daemon=True)
        self._thread.start()

    # The host's threads.

    @property
    def has_spool(self) -> bool:
        """Whether what cannot be sent is kept on disk."""
        return self._spool is not None

    def flush(self, timeout: float) -> bool:
        """Send what is there; False when it could not all be sent in time."""
        if threading.current_thread() is self._thread:
            return False
        with self._done:
            self._flushes_wanted += 1
            mine = self._flushes_wanted
            self._wake.set()
            in_time = self._done.wait_for(lambda: self._flushes_done >= mine or self._finished, timeout)
            return in_time and self._flushed_all

    def close(self, timeout: float) -> None:
        """Send what is left, for so long at most, and keep the rest on disk."""
        self._deadline = time.monotonic() + timeout
        self._closing = True
        self._wake.set()
        with self._done:
            if self._done.wait_for(lambda: self._finished, timeout):
                return
        # The thread waits for an answer. What it has sent is kept all the same: the collector knows what comes twice.
        if self._mutex.acquire(timeout=1.0):
            try:
                self._taken_over = True
                self._deadline = 0.0
                self._end()
            finally:
                self._mutex.release()

    def abandon(self) -> None:
        """In a forked child: have nothing to do with it any more."""
        if self._spool is not None:
            self._spool.abandon()

    # The thread that sends.

    def _work(self) -> None:
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003 - OpenTelemetry's own form
        with contextlib.suppress(_TakenOver):
            with self._mutex, guarded("take over what ended processes have left"):
                self._adopt()
            while not self._finished:
                # A mistake of ours costs a pause and not the thread.
                with guarded("send spans"):
                    self._send_until_closed()
                if not self._finished:
                    self._wake.wait(1.0)

    def _send_until_closed(self) -> None:
        """Send now and then, and what is left at the end."""
        while not self._closing:
            self._wake.wait(self._delay)
            self._wake.clear()
            wanted = self._flushes_wanted
            sent = False
            with self._mutex:
                if not self._closing:
                    with guarded("send spans"):
                        sent = self._cycle(is_flush=wanted > self._flushes_done)
            with self._done:
                self._flushes_done, self._flushed_all = wanted, sent
                self._done.notify_all()
        with self._mutex:
            self._end()

    def _cycle(self, *, is_flush: bool) -> bool:
        """Send what can be sent, and put the rest aside; says whether nothing is left."""
        now = time.monotonic()
        if now >= self._adopt_at:
            self._adopt()
        may_send = now >= self._not_before and (is_flush or now >= self._retry_at)
        sent = may_send and self._send_all()
        if not sent:
            self._put_aside()
        self._give_account(now)
        return sent

    def _send_all(self) -> bool:
        """Send until nothing is left; False when the collector is away."""
        while True:
            spooled, request = self._next()
            if request is None:
                if self._spool is not None:
                    self._spool.settle()
                if self._route.exporter is not None:
                    self._route.exporter.force_flush()
                return True
            if not self._send(request, spooled):
                return False

    def _next(self) -> tuple[Waiting | None, Request | None]:
        """What is needed most: what has begun to be sent, accounts and urgent requests of the spool, new spans, the rest of the spool."""
        while True:
            if self._pending:
                return None, self._pending[0]
            spooled = self._first_spooled()
            if self.queue and (spooled is None or spooled.need is Need.BULK):
                self._encode_some()
                continue
            if spooled is None or self._spool is None:
                return None, None
            request = self._spool.read(spooled)
            if request is not None:
                return spooled, request
            logger.warning("Relaylens found %s broken, and has removed it.", spooled.path)
            self._forget(spooled)

    def _first_spooled(self) -> Waiting | None:
        if self._spool is None:
            return None
        if self._backlog is None:
            self._backlog = self._spool.waiting()
        return self._backlog[0] if self._backlog else None

    def _forget(self, spooled: Waiting) -> None:
        if self._spool is not None:
            self._spool.remove(spooled)
        self._spooled.pop(spooled.key, None)
        if self._backlog is not None and spooled in self._backlog:
            self._backlog.remove(spooled)

    def _encode_some(self) -> None:
        """Make requests of the oldest spans; while the collector is away, what is needed first is made a request of its own."""
        entries = self.queue.take()
        if self._failures == 0:
            self._encode(entries)
            return
        needed = [entry for entry in entries if is_needed(entry[1])]
        rest = [entry for entry in entries if not is_needed(entry[1])]
        for part, need in ((needed, Need.URGENT), (rest, Need.BULK)):
            if part:
                self._encode(part, need)

    def _encode(self, entries: list[Entry], need: Need | None = None) -> None:
        """Make requests of spans; they are pending then."""
        numbers = numbers_of(entries)
        try:
            spans = [self._finish(span, remembered) for _, span, remembered in entries]
            if self._route.exporter is not None:
                self._export(spans, numbers)
                return
            body = encode_spans(spans).SerializeToString()
        except Exception as error:  # noqa: BLE001 - one span that cannot be written must not cost the others
            if len(entries) == 1:
                logger.warning("Relaylens could not encode the span %r: %s", entries[0][1].name, error)
                self.ledger.drop(DropReason.UNENCODABLE, numbers)
                return
            body = b""
        if not body or (len(body) > _LARGEST_REQUEST and len(entries) > 1):
            half = len(entries) // 2
            self._encode(entries[:half], need)
            self._encode(entries[half:], need)
            return
        if need is None:
            need = Need.URGENT if any(is_needed(span) for _, span, _ in entries) else Need.BULK
        self._pending.append(Request(body, need, numbers, len(entries)))

    def _export(self, spans: list[ReadableSpan], numbers: Ranges) -> None:
        """Hand spans to an exporter of the host's choice."""
        result = SpanExportResult.FAILURE
        with guarded("export spans"):
            if self._route.exporter is not None:
                result = self._route.exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.ledger.drop(DropReason.EXPORT_REFUSED, numbers)

    def _send(self, request: Request, spooled: Waiting | None) -> bool:
        """Send one request and see to what becomes of it; False when it is to be tried again later."""
        answer = self._transmit(request)
        if answer.is_retryable:
            self._failures += 1
            backoff = min(_LONGEST_BACKOFF, 2.0 ** (self._failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
            now = time.monotonic()
            self._retry_at = now + backoff
            self._not_before = now + (answer.retry_after or 0.0)
            if self._failures == 1:
                logger.info("Relaylens cannot send to the collector now: %s", answer.reason)
            return False
        self._failures = 0
        if request.need is Need.ACCOUNT:
            # Whoever takes no log records takes no accounts.
            self._accounts_wanted = self._accounts_wanted and answer.is_delivered
        elif not answer.is_delivered or answer.rejected:
            logger.warning("The collector refuses spans: %s", answer.reason)
            self._refused(request, spooled, answer)
        if spooled is None:
            self._pending.popleft()
        else:
            self._forget(spooled)
        return True

    def _transmit(self, request: Request) -> Answer:
        """Send the bytes; meanwhile the host's thread may take over."""
        if self._sender is None:
            return Answer(reason="nothing to send with")
        timeout = self._sender.timeout
        if self._closing:
            timeout = min(timeout, self._deadline - time.monotonic())
            if timeout <= 0:
                return Answer(is_retryable=True, reason="no time is left")
        self._mutex.release()
        try:
            answer = self._sender.send(request.body, is_account=request.need is Need.ACCOUNT, timeout=timeout)
        finally:
            self._mutex.acquire()
        if self._taken_over:
            raise _TakenOver
        return answer

    def _refused(self, request: Request, spooled: Waiting | None, answer: Answer) -> None:
        """Count what the collector will never take, in the account of the process that recorded it."""
        count = min(answer.rejected, request.count) if answer.is_delivered else request.count
        if spooled is None or spooled.owner == self.process_id or self._spool is None:
            self.ledger.drop(DropReason.EXPORT_REFUSED, request.sequences, count)
            return
        about = self._spool.about(spooled.owner)
        if about is not None:
            reason = DropReason.EXPORT_REFUSED
            added = Account(counts={reason: count}, dropped={reason: request.sequences})
            self._keep(Request(account_body(added, about), Need.ACCOUNT))

    # While the collector is away.

    def _put_aside(self) -> None:
        """Move what waits in memory to the disk, what is needed first in requests of their own."""
        if self._spool is None:
            return
        while self._pending:
            self._keep(self._pending[0])
            self._pending.popleft()
        while self.queue:
            self._encode_some()
            while self._pending:
                self._keep(self._pending[0])
                self._pending.popleft()

    def _keep(self, request: Request) -> bool:
        """Write a request to the spool, or count it as dropped."""
        spool = self._spool
        if spool is None:
            return False
        try:
            kept = spool.put(request)
            if not kept and request.need is Need.URGENT:
                for bulk in spool.own_bulk():
                    given_up = spool.read(bulk)
                    self._forget(bulk)
                    if given_up is not None:
                        self.ledger.drop(DropReason.SPOOL_FULL, given_up.sequences, given_up.count)
                    kept = spool.put(request)
                    if kept:
                        break
        except OSError as error:
            logger.warning("Relaylens cannot write to the spool: %s", error)
            self.ledger.drop(DropReason.SPOOL_FAILED, request.sequences, request.count)
            return False
        if not kept:
            self.ledger.drop(DropReason.SPOOL_FULL, request.sequences, request.count)
            return False
        self._spooled[request.key] = request.sequences
        self._backlog = None
        return True

    def _adopt(self) -> None:
        """Take over what ended processes have left, and give the account that they no longer can."""
        self._adopt_at = time.monotonic() + ADOPT_SECONDS
        if self._spool is None:
            return
        for lock in self._spool.adopt():
            self._backlog = None
            self._wake.set()
            with guarded("give the account of an ended process"):
                self._account_for(self._spool, lock)

    def _account_for(self, spool: Spool, lock: Lock) -> None:
        """Write the last account of an ended process, from its ledger."""
        path = ledger_path(spool.folder, lock.owner)
        tally = None if path is None else read_ledger(path)
        if path is None or tally is None:
            return
        state = AccountState.ENDED if tally.is_closed else AccountState.DIED
        waiting = joined(spool.sequences(one) for one in spool.waiting() if one.owner == lock.owner)
        account = Account.of(tally, tally.accounts + 1, state, waiting)
        if tally.last == 0 or self._keep(Request(account_body(account, lock.about), Need.ACCOUNT)):
            path.unlink(missing_ok=True)
        else:
            spool.leave(lock.owner)

    # Accounts.

    def _give_account(self, now: float) -> None:
        """Say from time to time how things are, while there is anything to say."""
        if not self._accounts_wanted or self._failures or now < max(self._account_at, self._not_before):
            return
        account = self._account(AccountState.RUNNING)
        if account is None:
            return
        said = (account.last, account.counts, account.open, account.waiting)
        if said == self._accounted and not account.open and not account.waiting:
            return
        self._account_at = now + ACCOUNT_SECONDS
        # One that does not arrive is not missed: the next one says it all again.
        answer = self._transmit(Request(account_body(account, self._resource), Need.ACCOUNT))
        if answer.is_delivered:
            self._accounted = said
        elif not answer.is_retryable:
            self._accounts_wanted = False

    def _account(self, state: AccountState) -> Account | None:
        """The account of this process; None while it could not name what is open."""
        tally = self.ledger.tally()
        if tally.unlisted_open and state is AccountState.RUNNING:
            return None
        waiting = joined([self.queue.numbers(), *(request.sequences for request in self._pending), *self._spooled.values()])
        return Account.of(tally, self.ledger.next_account(), state, waiting)

    def _end(self) -> None:
        """Send what time allows, put the rest aside, and say how it ended."""
        with guarded("send what is left"):
            self._end_in_order()
        with self._done:
            self._finished = True
            self._flushes_done, self._flushed_all = self._flushes_wanted, not self._spooled
            self._done.notify_all()

    def _end_in_order(self) -> None:
        now = time.monotonic()
        # With a spool there is another time; without one this is the last.
        if self._not_before <= now < self._deadline and (self._failures == 0 or self._spool is None):
            self._send_all()
        self._put_aside()
        for request in self._pending:
            self.ledger.drop(DropReason.SHUTDOWN, request.sequences, request.count)
        self._pending.clear()
        while entries := self.queue.take():
            self.ledger.drop(DropReason.SHUTDOWN, numbers_of(entries), len(entries))
        account = self._account(AccountState.ENDED)
        self.ledger.mark_closed()
        told = account is None or account.last == 0 or self._sender is None
        if account is not None and not told:
            request = Request(account_body(account, self._resource), Need.ACCOUNT)
            told = (self._accounts_wanted and self._failures == 0 and self._transmit(request).is_delivered) or self._keep(request)
        if told:
            self.ledger.discard()
        if self._spool is not None:
            self._spool.settle()
            self._spool.close(keep=bool(self._spooled) or not told)
        if self._sender is not None:
            self._sender.close()
        if self._route.exporter is not None:
            self._route.exporter.shutdown()
