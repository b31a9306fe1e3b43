from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

import mitotransfer


def load(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_outputs_agree_with_the_tables(repository):
    generator = load(repository / "docs/generate_outputs.py")
    written = generator.OUTPUTS.read_text(encoding="utf-8")
    assert written == generator.page(), "run: python docs/generate_outputs.py"


@pytest.mark.slow
def test_the_plans_agree_with_the_model(repository):
    generator = load(repository / "docs/generate_plans.py")
    written = generator.PAGE.read_text(encoding="utf-8")
    assert written == generator.page(generator.plans()), "run: python docs/generate_plans.py"


def test_the_reference_agrees_with_the_schemas(repository):
    for page, text in load(repository / "docs/generate_reference.py").pages().items():
        written = page.read_text(encoding="utf-8")
        assert written == text, "run: python docs/generate_reference.py"


def test_the_site_builds_and_its_links_lead_somewhere(repository, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {path.parent.name for path in (tmp_path / "site").glob("*/index.html")}
    assert {"tutorial", "howto", "reference", "method", "architecture"} <= pages
    # Nothing is fetched from elsewhere when a page is read.
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = r'<(?:script|img|iframe)[^>]+src="https?:|<link[^>]+stylesheet" href="https?:'
        assert not re.findall(loaded, page.read_text(encoding="utf-8")), page


def test_every_page_is_in_the_navigation(repository):
    site = yaml.safe_load((repository / "mkdocs.yml").read_text())
    named = {page for entry in site["nav"] for page in entry.values()}
    assert named == {path.name for path in (repository / "docs").glob("*.md")}


@pytest.mark.parametrize("page", ["README.md", "docs", "config/README.md", "CONTRIBUTING.md"])
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


def test_the_changelog_and_the_image_know_the_version(repository):
    changelog = (repository / "CHANGELOG.md").read_text()
    assert f"## [{mitotransfer.__version__}] - " in changelog
    recipe = (repository / "Dockerfile").read_text()
    for copied in re.findall(r"^COPY (.+) \S+$", recipe, re.MULTILINE):
        for name in copied.split():
            assert (repository / name).exists(), name
    assert "--require-hashes" in recipe
    assert "LOGNAME=" in recipe, "Snakemake asks for a name, which a number given by -u lacks"


def test_the_catalog_describes_what_there_is(repository):
    catalog = yaml.safe_load((repository / ".snakemake-workflow-catalog.yml").read_text())
    deployment = catalog["usage"]["software-stack-deployment"]
    assert deployment["conda"] is True and catalog["usage"]["report"] is True


def test_hooks_run_the_commands_of_the_makefile(repository):
    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())
    (local,) = hooks["repos"]
    makefile = (repository / "Makefile").read_text()
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    for hook in local["hooks"]:
        assert f"\t{hook['entry']}" in lint[1], hook["id"]
