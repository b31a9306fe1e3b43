"""Structure of the package: no import cycles, short modules, data flow one way."""

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


NAMES = frozenset(map(dotted, MODULES))


def imports(path: Path) -> set[str]:
    """Modules of the package that a module imports when it is loaded."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return (found & NAMES) - {dotted(path), "mitotransfer"}


def all_imports(path: Path) -> set[str]:
    """Modules of the package that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            targets = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= targets & NAMES or {node.module}
    return (found & NAMES) - {dotted(path), "mitotransfer"}


def test_no_module_imports_itself_by_way_of_others():
    graph = {dotted(path): imports(path) for path in MODULES if path.name != "__init__.py"}
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {name for name in graph.keys() - done if graph[name] & graph.keys() <= done}
        assert ready, f"a cycle among {sorted(graph.keys() - done)}"
        done |= ready


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_is_short(path):
    assert len(path.read_text().splitlines()) <= 400


#: The stages in the order of the data. A module imports from its own stage and from those before
# it.
ORDER = [
    {"root"},
    {"stats"},
    {"genome"},
    {"inputs"},
    {"reads"},
    {"counts"},
    {"errors", "fraction"},
    {"calls"},
    {"patient"},
    {"cohort"},
    {"verdicts", "cells"},
    {"associations"},
    {"report"},
    {"planning"},
]
#: Packages outside that order, with all that they may import.
BESIDE = {
    "workflow": {"root", "genome", "inputs"},
    "simulate": {"genome.reference"},
}


def stage(name: str) -> str:
    """The package of a module given by its dotted name; ``root`` for modules outside of one."""
    parts = name.split(".")
    return parts[1] if (PACKAGE / parts[1]).is_dir() else "root"


def may_import(importer: str) -> set[str]:
    """Stages that the modules of a stage may import."""
    if importer in BESIDE:
        return BESIDE[importer] | {importer}
    (place,) = [k for k, level in enumerate(ORDER) if importer in level]
    return {importer}.union(*ORDER[:place])


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_from_its_own_stage_and_earlier_ones(path):
    if path == PACKAGE / "__init__.py":
        return
    allowed = may_import(stage(dotted(path)))
    late = {
        n
        for n in all_imports(path)
        if stage(n) not in allowed and n.split(".", 1)[1] not in allowed
    }
    assert not late


@pytest.mark.parametrize("path", sorted(PACKAGE.parent.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_runs_its_main_function_and_tells_errors_in_a_line(path):
    """Tests of single steps call the function: here is that the command line does."""
    assert path.read_text().endswith('\n\nif __name__ == "__main__":\n    command.run(main)\n')


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=dotted)
def test_a_package_re_exports_nothing(path):
    """A re-export would make every step that needs one name of a stage depend on all of it."""
    assert not imports(path)
    assert "__all__" not in path.read_text()


TESTED = [path for path in MODULES if path.name != "__init__.py"]


@pytest.mark.parametrize("path", TESTED, ids=dotted)
def test_a_module_has_a_test_of_its_name(path):
    place = path.relative_to(PACKAGE)
    test = REPOSITORY / "tests" / place.with_name(f"test_{place.name}")
    assert test.is_file()
