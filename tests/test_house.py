"""How the package hangs together: no cycle, no sprawl, one way for the data to flow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from snakemake_run import REPOSITORY

PACKAGE = REPOSITORY / "scripts" / "mitotransfer"
MODULES = sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Modules of the package that a module imports when it is loaded."""
    names = {dotted(module) for module in MODULES}
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return (found & names) - {dotted(path), "mitotransfer"}


def test_no_module_imports_itself_by_way_of_others():
    graph = {dotted(path): imports(path) for path in MODULES if path.name != "__init__.py"}
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {name for name in graph.keys() - done if graph[name] & graph.keys() <= done}
        assert ready, f"a cycle among {sorted(graph.keys() - done)}"
        done |= ready


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_fits_in_a_head(path):
    assert len(path.read_text().splitlines()) <= 400


def test_the_simulator_shares_no_code_with_the_analysis():
    allowed = {"mitotransfer.reference"}
    for path in (PACKAGE / "simulate").glob("*.py"):
        others = {n for n in imports(path) if not n.startswith("mitotransfer.simulate")}
        assert others <= allowed, (path.name, others - allowed)


def test_no_result_needs_the_report():
    for path in MODULES:
        if "report" not in path.relative_to(PACKAGE).parts:
            assert not [name for name in imports(path) if name.startswith("mitotransfer.report")]
