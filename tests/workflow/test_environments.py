"""The conda environments hold the versions that the lock file pins and the tests ran with."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from places import REPOSITORY

from mitotransfer.inputs.urls import PLUGINS
from mitotransfer.workflow.code_digest import closure

# Where the conda package of a wheel has another name.
CONDA_NAMES = {"python-isal": "isal", "matplotlib-base": "matplotlib"}
# Tools that no wheel brings.
TOOLS = {"haplogrep3", "minimap2"}


def locked(python="3.11"):
    """Versions that the lock file gives for one Python version."""
    versions = {}
    pattern = r"^([a-z0-9-]+)==([^ ]+)(?: ; python_full_version (<|>=) '([0-9.]+)')?"
    for name, version, operator, bound in re.findall(
        pattern, (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE
    ):
        if operator:
            below = tuple(map(int, python.split("."))) < tuple(map(int, bound.split(".")))
            if below != (operator == "<"):
                continue
        versions[name] = version
    return versions


def environments():
    return sorted((REPOSITORY / "envs").glob("*.yaml"))


@pytest.mark.parametrize("path", environments(), ids=lambda path: path.stem)
def test_versions_equal_the_lock(path):
    environment = yaml.safe_load(path.read_text())
    assert environment["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    pins = locked()
    checked = 0
    for dependency in environment["dependencies"]:
        if isinstance(dependency, dict):
            for wheel in dependency["pip"]:
                name, version = wheel.split("==")
                assert pins[name] == version
            continue
        name, _, version = dependency.partition(" =")
        if name == "python":
            assert version == "3.11"
        elif name in TOOLS:
            assert re.fullmatch(r"[0-9.]+", version)
            checked += 1
        elif name != "pip":
            assert pins[CONDA_NAMES.get(name, name)] == version, name
            checked += 1
    assert checked


def test_every_rule_with_a_script_names_an_environment_that_exists():
    for path in sorted((REPOSITORY / "rules").glob("*.smk")):
        text = path.read_text()
        for rule in re.split(r"^ *rule ", text, flags=re.MULTILINE)[1:]:
            (name,) = re.findall(r'"\.\./envs/([a-z_]+)\.yaml"', rule)
            assert (REPOSITORY / "envs" / f"{name}.yaml").is_file()


PACKAGES = {"yaml": "pyyaml", "bwa_mem3": "bwa-mem3"}


@cache
def imports(path: Path) -> set[str]:
    """Names of the packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def imported(script):
    """Names of the packages that a script and what it imports from this one need."""
    names = set().union(*map(imports, closure(script)))
    return {PACKAGES.get(n, n) for n in names - sys.stdlib_module_names - {"mitotransfer"}}


def installed(environment):
    names = set()
    for dependency in yaml.safe_load(environment.read_text())["dependencies"]:
        if isinstance(dependency, dict):
            names |= {wheel.split("==")[0] for wheel in dependency["pip"]}
        else:
            name = dependency.partition(" =")[0]
            names.add(CONDA_NAMES.get(name, name))
    return names - {"python", "pip"}


def rules_with_scripts():
    for path in sorted((REPOSITORY / "rules").glob("*.smk")):
        for rule in re.split(r"^ *rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            for name in re.findall(r'script=script\("(\w+)"\)', rule):
                yield name, re.findall(r'"\.\./envs/(\w+)\.yaml"', rule)[0]


@pytest.mark.parametrize(("script", "environment"), list(rules_with_scripts()))
def test_an_environment_holds_what_its_scripts_import(script, environment):
    needed = imported(REPOSITORY / "scripts" / f"{script}.py")
    assert needed <= installed(REPOSITORY / "envs" / f"{environment}.yaml")


def test_no_environment_holds_what_no_script_imports():
    for path in environments():
        scripts = [s for s, environment in rules_with_scripts() if environment == path.stem]
        needed = set().union(*(imported(REPOSITORY / "scripts" / f"{s}.py") for s in scripts))
        assert installed(path) - TOOLS == needed, path.stem


def test_the_lock_files_agree():
    def pins(name):
        text = (REPOSITORY / f"{name}.lock").read_text()
        return set(re.findall(r"^[a-z0-9-]+==[^ ]+", text, re.MULTILINE))

    assert pins("requirements") <= pins("requirements-urls") <= pins("requirements-dev")


def test_every_kind_of_url_has_its_plugin_in_the_lock_file():
    text = (REPOSITORY / "requirements-urls.lock").read_text()
    found = re.findall(r"^snakemake-storage-plugin-(\w+)==", text, re.MULTILINE)
    assert set(found) == set(PLUGINS.values())


LOCKS = ["requirements", "requirements-dev", "requirements-urls", "requirements-uv"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_file_has_hashes(name):
    blocks = re.split(r"\n(?=\S)", (REPOSITORY / f"{name}.lock").read_text())
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_makefile_checks_hashes_by_uv_and_by_pip():
    makefile = (REPOSITORY / "Makefile").read_text()
    tools = dict(re.findall(r"^(PIP|UV) := (.+)$", makefile, re.MULTILINE))
    assert all("--require-hashes" in command for command in tools.values()) and len(tools) == 2
