"""The `relaylens` command's way in: where the extras are missing, it says what to install.

Only the standard library is imported at the top, because the base install has none of what the command needs.
"""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
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
