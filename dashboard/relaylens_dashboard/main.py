"""The `relaylens` command's way in: where the extras are missing, it says what to install.

Only the standard library is imported at the top, because the base install has none of what the command needs.
"""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:2] == ["run"]:
        # The program that is observed need not have what the other commands need.
        from relaylens.launching import main as launch  # noqa: PLC0415 - the other commands do not need it

        return launch(sys.argv[2:])
    try:
        from relaylens_dashboard.cli.app import run  # noqa: PLC0415 - what it imports may not be installed
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package.startswith("relaylens"):
            raise
        sys.stderr.write(f"The relaylens command needs {package}, which is not installed: pip install 'relaylens[all]'\n")
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
