"""The conda environments hold the versions that the lock file pins and the tests ran with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
# Where the conda package of a wheel has another name.
CONDA_NAMES = {"python-isal": "isal", "matplotlib-base": "matplotlib"}


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
        elif name != "pip":
            assert pins[CONDA_NAMES.get(name, name)] == version, name
            checked += 1
    assert checked


def test_every_rule_with_a_script_names_an_environment_that_exists():
    for path in sorted((REPOSITORY / "rules").glob("*.smk")):
        text = path.read_text()
        for rule in re.split(r"^rule ", text, flags=re.MULTILINE)[1:]:
            (name,) = re.findall(r'"\.\./envs/([a-z_]+)\.yaml"', rule)
            assert (REPOSITORY / "envs" / f"{name}.yaml").is_file()


def test_both_lock_files_agree():
    run = (REPOSITORY / "requirements.lock").read_text()
    dev = (REPOSITORY / "requirements-dev.lock").read_text()
    pattern = re.compile(r"^[a-z0-9-]+==[^ ]+", re.MULTILINE)
    assert set(pattern.findall(run)) <= set(pattern.findall(dev))
