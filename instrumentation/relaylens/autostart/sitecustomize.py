"""Python reads this at its start where `relaylens run` has put this folder on the path: it switches the instrumentation on."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run_the_one_this_hides() -> None:
    """Another `sitecustomize` of the installation, which Python would have read instead of this one."""
    elsewhere = [path for path in sys.path if os.path.abspath(path or os.curdir) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_run_the_one_this_hides()
try:
    import relaylens

    relaylens.instrument()
except Exception as error:  # the program must start whatever happens here
    sys.stderr.write(f"Relaylens could not start: {type(error).__name__}: {error}. The program goes on without it.\n")
