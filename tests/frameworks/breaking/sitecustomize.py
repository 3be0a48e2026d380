"""Breaks Relaylens on purpose: in part of the blocks that it guards, an error is raised at their beginning or their end.

Python reads this at its start. What Relaylens is switched on by stays whole, or there would be nothing to break.
"""

import ast
import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

_WHOLE = ("relaylens/tracing.py", "relaylens/frameworks/switching.py", "relaylens/frameworks/patching.py")
_SHARE = 0.4
_SEED = os.environ.get("BREAK_SEED", "1")


class _Breaking(ast.NodeTransformer):
    """Puts an error into `with guarded(...)`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def visit_With(self, node: ast.With) -> ast.With:
        """Break a block, or leave it."""
        self.generic_visit(node)
        if any(_is_guarded(item.context_expr) for item in node.items):
            chance = hashlib.sha256(f"{_SEED}:{self._path}:{node.lineno}".encode()).digest()
            if chance[0] / 256 < _SHARE:
                (error,) = ast.parse("raise RuntimeError('broken on purpose')").body
                node.body = [error, *node.body] if chance[1] % 2 else [*node.body, error]
        return node


def _is_guarded(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "guarded"


class _Loader(SourceFileLoader):
    """Reads the source always, since the compiled file would be whole."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module with its errors."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        if not path.endswith(_WHOLE):
            tree = ast.fix_missing_locations(_Breaking(path.rpartition("relaylens/")[2]).visit(tree))
        code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        return code


class _Finder:
    """Finds the modules of Relaylens before anybody else."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's own place, with the loader that breaks it."""
        if name.partition(".")[0] != "relaylens":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


sys.meta_path.insert(0, _Finder())
