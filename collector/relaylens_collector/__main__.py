"""`python -m relaylens_collector`: the collector alone, without analytics and screens; raw tables only, nothing is settled."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from types import FrameType
from typing import Final

from relaylens_collector.collector import Collector
from relaylens_collector.errors import CollectorError, SettingsError
from relaylens_collector.settings import Settings, flag, sentence, variable

_FAILED: Final = 1
_WRONG_USE: Final = 2


def parser() -> argparse.ArgumentParser:
    """Return the command line: one option for each setting."""
    parser = argparse.ArgumentParser(prog="python -m relaylens_collector", description="Take OTLP in, and keep it.", allow_abbrev=False)
    for setting in fields(Settings):
        text = f"{sentence(setting)} Environment: {variable(setting.name)}."
        parser.add_argument(flag(setting.name), dest=setting.name, metavar=setting.name.upper(), help=text.replace("%", "%%"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT, and return the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    given = vars(parser().parse_args(arguments))
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    # Before anything is opened, so that a stop during a long start is heard too.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        settings = Settings.load(given)
        collector = Collector(settings)
        collector.start()
    except CollectorError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_USE if isinstance(error, SettingsError) else _FAILED
    grpc_address = f"{settings.host}:{collector.grpc_port}"
    sys.stderr.write(f"ready: OTLP/HTTP and read API on {collector.http_url}, OTLP/gRPC on {grpc_address}, store {settings.store}\n")
    sys.stderr.flush()
    asked_to_stop.wait()
    collector.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
