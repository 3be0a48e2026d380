"""`python -m relaylens_collector`: the collector alone, without analytics and screens; raw tables only, nothing is settled."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Final

from relaylens_collector.allocation import give_freed_memory_back, keep_freed_memory, leave_pandas_out
from relaylens_collector.collector import Collector
from relaylens_collector.errors import CollectorError, SettingsError
from relaylens_collector.log_lines import log_to_stderr
from relaylens_collector.memory_cap import cap_memory
from relaylens_collector.settings import Settings, flag, sentence, variable
from relaylens_collector.store import Settler

_FAILED: Final = 1
_WRONG_USE: Final = 2
_STOPS: Final = (signal.SIGTERM, signal.SIGINT)


def parser() -> argparse.ArgumentParser:
    """Return the command line: one option for each setting."""
    parser = argparse.ArgumentParser(prog="python -m relaylens_collector", description="Take OTLP in, and keep it.", allow_abbrev=False)
    for setting in fields(Settings):
        text = f"{sentence(setting)} Environment: {variable(setting.name)}."
        parser.add_argument(flag(setting.name), dest=setting.name, metavar=setting.name.upper(), help=text.replace("%", "%%"))
    return parser


def main(arguments: Sequence[str] | None = None, settle: Settler | None = None) -> int:
    """Run until SIGTERM or SIGINT, and return the exit code; a program that has a settler hands it in."""
    keep_freed_memory()
    leave_pandas_out()
    given = vars(parser().parse_args(arguments))
    wait_for_stop = _note_stops()
    try:
        settings = Settings.load(given)
        log_to_stderr(settings.log_format, logging.INFO)
        collector = Collector(settings, settle)
        collector.start()
    except CollectorError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_USE if isinstance(error, SettingsError) else _FAILED
    cap_memory(settings.process_memory)
    give_freed_memory_back()
    grpc_address = f"{settings.host}:{collector.grpc_port}"
    sys.stderr.write(f"ready: OTLP/HTTP and read API on {collector.http_url}, OTLP/gRPC on {grpc_address}, store {settings.store}\n")
    sys.stderr.flush()
    wait_for_stop()
    collector.stop()
    return 0


def _note_stops() -> Callable[[], object]:
    """Take note of SIGTERM and SIGINT from now on, whichever thread they meet, and return what waits for the first.

    The handler does nothing, for it could meet a lock that its own thread holds; what waits is told by a pipe. To hold the signals back
    instead would leave them to the threads that libraries began when they were imported, and end the process there and then.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for stop in _STOPS:
        signal.signal(stop, lambda *_: None)
    return lambda: os.read(reader, 1)


if __name__ == "__main__":
    sys.exit(main())
