"""`relaylens run -- python app.py`: a program that is observed without a change of it."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

from relaylens.exceptions import SettingError
from relaylens.settings import CAPTURE_CONTENT, ENDPOINT, FRAMEWORKS, PROTOCOL, SERVICE, Setting

_SETTINGS: Final[tuple[Setting[object], ...]] = (SERVICE, ENDPOINT, PROTOCOL, CAPTURE_CONTENT, FRAMEWORKS)  # type: ignore[assignment] # of several types
_WRONG_USE: Final = 2
_NOT_FOUND: Final = 127
"""What shells say of a command that does not exist."""
AUTOSTART: Final = Path(__file__).parent / "autostart"


def parser() -> argparse.ArgumentParser:
    """The command's options: those of `instrument()`."""
    made = argparse.ArgumentParser(
        prog="relaylens run",
        description="Runs a program with relaylens.instrument() called at its start, in it and in every Python process it starts.",
        epilog="Everything after -- is the command, such as: relaylens run --service support -- python app.py",
    )
    for setting in _SETTINGS:
        made.add_argument(
            f"--{setting.name.replace('_', '-')}",
            metavar="VALUE",
            help=f"{setting.sentence} (as {setting.variables[0]})".replace("%", "%%"),
        )
    made.add_argument("command", nargs=argparse.REMAINDER, help="the program and its arguments")
    return made


def environment(given: Mapping[str, str | None], environ: Mapping[str, str]) -> dict[str, str]:
    """The program's environment: its own, with the settings as variables and our folder first on Python's path."""
    made = dict(environ)
    for setting in _SETTINGS:
        value = given.get(setting.name)
        if value is not None:
            setting.checked(value)
            for variable in setting.variables:
                made.pop(variable, None)
            made[_variable(setting, value)] = value
    present = [path for path in made.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(AUTOSTART)]
    made["PYTHONPATH"] = os.pathsep.join([str(AUTOSTART), *present])
    return made


def _variable(setting: Setting[object], value: str) -> str:
    """The variable that says it: a base address, unlike the full one for traces, is the variable for all signals."""
    return setting.variables[-1] if setting.name == ENDPOINT.name and urlsplit(value).path in {"", "/"} else setting.variables[0]


def _become(found: str, command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by the program, so that signals and exit codes are its own."""
    os.execvpe(found, list(command), environ)  # noqa: S606 - the program the user names


def main(arguments: Sequence[str]) -> int:
    """Become the program; the answer is an exit code only when that fails."""
    try:
        parsed = parser().parse_args(arguments)
    except SystemExit as told:
        # Help, or what is wrong, has been printed.
        return int(told.code or 0)
    command = parsed.command[1:] if parsed.command[:1] == ["--"] else parsed.command
    if not command:
        sys.stderr.write("relaylens run needs a command: relaylens run -- python app.py\n")
        return _WRONG_USE
    try:
        environ = environment({name: value for name, value in vars(parsed).items() if name != "command"}, os.environ)
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_USE
    found = shutil.which(command[0], path=environ.get("PATH"))
    if found is None:
        sys.stderr.write(f"relaylens run: there is no command {command[0]!r} here.\n")
        return _NOT_FOUND
    return _become(found, command, environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
