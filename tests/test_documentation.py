from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest
import yaml

import mitotransfer


def test_the_reference_of_keys_and_columns_is_what_the_schemas_say(repository):
    path = repository / "docs/generate_reference.py"
    spec = importlib.util.spec_from_file_location("generate_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (repository / "config/README.md").read_text(encoding="utf-8")
    assert written == module.text(), "run: python docs/generate_reference.py"


@pytest.mark.parametrize("page", ["README.md", "docs", "config/README.md"])
def test_links_within_the_repository_lead_somewhere(repository, page):
    place = repository / page
    pages = sorted(place.glob("*.md")) if place.is_dir() else [place]
    for file in pages:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_versions_agree(repository):
    citation = yaml.safe_load((repository / "CITATION.cff").read_text())
    assert citation["version"] == mitotransfer.__version__
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert project["version"] == mitotransfer.__version__
    assert project["license"] == citation["license"] == "MIT"
