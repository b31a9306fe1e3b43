"""A checksum of the code behind a result: a script and its imports.

Snakemake does not see an edit in a module that a script imports. So each rule has this checksum as
a parameter. A change of code reruns the rules that use it. A comment, a docstring, a touched file
or a fresh clone reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

PACKAGE = "mitotransfer"


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Statements at any level, without the expressions in them, which are most of a tree."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, part, ()))


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_release(node: ast.AST) -> bool:
    """Whether a statement sets the version, which changes no result."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"


def _imported(statement: ast.AST) -> Iterator[str]:
    """Dotted names of the modules that a statement may import."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.module and statement.level == 0:
        yield statement.module
        yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


@cache
def _parsed(path: Path, scripts: Path) -> tuple[str, tuple[Path, ...]]:
    """Checksum of one file's code, and the files of the package that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    tree.body = [node for node in tree.body if not _is_release(node)]
    files: set[Path] = set()
    for node in _statements([tree]):
        for name in _imported(node):
            if name.split(".")[0] == PACKAGE:
                target = scripts.joinpath(*name.split("."))
                candidates = [target.with_suffix(".py"), target / "__init__.py"]
                files.update(candidate for candidate in candidates if candidate.is_file())
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and node.body and _is_docstring(node.body[0]):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(sorted(files))


def closure(script: str | Path) -> list[Path]:
    """The script and every file of the package that it imports, directly or not."""
    start = Path(script).resolve()
    todo, done = [start], set[Path]()
    while todo:
        path = todo.pop()
        if path not in done:
            done.add(path)
            todo.extend(_parsed(path, start.parent)[1])
    return sorted(done)


@cache
def code_digest(script: str | Path, bundle: Path | None = None) -> str:
    """Checksum over the code of a script and all that it imports from the package.

    With ``bundle``, the facts of that folder count as well if the script imports
    ``genome.reference``, which reads them, and its tables if it imports ``genome.bundle``. The
    names of files count, their folder does not: clones have the same checksum.
    """
    script = Path(script).resolve()
    home = script.parent
    files = closure(script)
    parts = [f"{path.relative_to(home)} {_parsed(path, home)[0]}" for path in files]
    genome = home / PACKAGE / "genome"
    if bundle and genome / "reference.py" in files:
        facts = yaml.safe_load((bundle / "bundle.yaml").read_text(encoding="utf-8"))
        facts.pop("files", None)
        parts.append(f"bundle.yaml {json.dumps(facts, sort_keys=True)}")
    if bundle and genome / "bundle.py" in files:
        for path in sorted(bundle.glob("*.tsv")):
            parts.append(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
