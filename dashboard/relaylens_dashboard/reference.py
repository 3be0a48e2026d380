"""Writes the generated pages of the documentation: `python -m relaylens_dashboard.reference docs`."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

import typer
from typer.cli import get_docs_for_click

from relaylens.settings import SETTINGS
from relaylens_collector.settings import Settings, flag, sentence, variable
from relaylens_dashboard.cli.app import app

_GENERATED: Final = "<!-- Written by `make docs`; change the code instead. -->\n\n"


def cli_page() -> str:
    """Describe every command and option."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="relaylens")
    text = get_docs_for_click(obj=command, ctx=context, name="relaylens", title="Command line")
    return f"{_GENERATED}{text.strip()}\n"


def configuration_page() -> str:
    """Describe every setting, of the instrumentation, the collector and the command line."""
    instrumentation = [
        f"| `{setting.name}` | {', '.join(f'`{name}`' for name in setting.variables)} | {_default(setting.default)} | {setting.sentence} |"
        for setting in SETTINGS
    ]
    collector = [f"| `{flag(setting.name)}` | `{variable(setting.name)}` | {sentence(setting)} |" for setting in fields(Settings)]
    return _CONFIGURATION.format(generated=_GENERATED, instrumentation="\n".join(instrumentation), collector="\n".join(collector))


def _default(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "`true`" if value else "`false`"
        case _:
            return f"`{value}`"


_CONFIGURATION: Final = """{generated}# Configuration

Nothing has to be configured. What is given on the command line or as an argument goes before the environment variable,
and that before the default.

## Instrumentation

Arguments of `relaylens.instrument()`. The standard `OTEL_*` variables of the OpenTelemetry SDK hold as well
(`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_*` and so on).

| argument | environment | default | what it does |
|---|---|---|---|
{instrumentation}

## Collector

As an option of `relaylens up` and of `python -m relaylens_collector`, the collector alone, or as a variable. What is secret (token, privacy
key) is better a variable: every user of a machine sees the arguments of its processes.

| option | environment | what it does |
|---|---|---|
{collector}

## Command line

| option | environment | what it does |
|---|---|---|
| `--url` | `RELAYLENS_URL` | Address of the collector that is asked, where neither `--url` nor `--store` is given. |
| `--store` | `RELAYLENS_STORE` | Folder of the store, where neither is given nor `RELAYLENS_URL`; the collector's own as well. |
| `--token` | `RELAYLENS_TOKEN` | Sent to a collector that asks for one; the same variable is the collector's own. |
| `--prices` | `RELAYLENS_PRICES` | CSV with the price of each model, in place of ours; of `up`, `import` and `rebuild`. |
| `--dashboard-port` | `RELAYLENS_DASHBOARD_PORT` | Port of the dashboard, on loopback. |
| `--dashboard-project` | `RELAYLENS_DASHBOARD_PROJECT` | Project that the dashboard of `up` shows. |

A price file has the header `place,model_pattern,input_usd,cached_usd,output_usd`: USD for a million tokens.
The first row by `place` counts whose SQL `LIKE` pattern matches the model's lower-case name.
Costs that are settled stay as they are until `relaylens rebuild`.
"""

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "cli.md": cli_page,
    "configuration.md": configuration_page,
}
"""The generated pages."""


def main(folder: Path) -> None:
    """Write the pages into the folder."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
