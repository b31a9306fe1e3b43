"""What code a result came from: a checksum over a script and what it imports.

Snakemake does not see an edit in a module that a script imports. Each rule
therefore carries this checksum as a parameter: a change of code that could
change a result reruns the rules that use it, a comment, a docstring, a touched
file or a fresh clone reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "mitotransfer"


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    # A release's number changes no result.
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__")
    ]
    return tree


def _imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of the package's modules that a module may import, at any level."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _parsed(path: Path) -> tuple[str, tuple[Path, ...]]:
    """Checksum of one file's code, and the package's files that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    root = path
    while root.name != PACKAGE and root.parent != root:
        root = root.parent
    scripts = root.parent if root.name == PACKAGE else path.parent
    files: set[Path] = set()
    for name in _imported(tree):
        if name.split(".")[0] != PACKAGE:
            continue
        target = scripts.joinpath(*name.split("."))
        candidates = [target.with_suffix(".py"), target / "__init__.py"]
        files.update(candidate for candidate in candidates if candidate.is_file())
    code = ast.dump(_without_docstrings(tree))
    return hashlib.sha256(code.encode()).hexdigest(), tuple(sorted(files))


def closure(script: str | Path) -> list[Path]:
    """The script and every file of the package that it imports, directly or not."""
    todo, done = [Path(script).resolve()], set[Path]()
    while todo:
        path = todo.pop()
        if path not in done:
            done.add(path)
            todo.extend(_parsed(path)[1])
    return sorted(done)


@cache
def code_digest(script: str | Path, *tables: Path) -> str:
    """Checksum over the code of a script, all that it imports from the package, and tables.

    Names of files count, their place does not: clones agree.
    """
    script = Path(script).resolve()
    parts = [f"{path.relative_to(script.parent)} {_parsed(path)[0]}" for path in closure(script)]
    parts += [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in tables]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
