"""Whether a bundle is whole."""

from __future__ import annotations

import shutil

import pytest
import yaml
from places import BUNDLE, RESOURCES

from mitotransfer.genome import bundle_check


def said(folder):
    return [f"{problem.column}: {problem}" for problem in bundle_check.check(folder)]


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(BUNDLE, tmp_path / "own")


def edited(folder, name, old, new):
    """A table or the sequence changed, its checksum in bundle.yaml too."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    facts = yaml.safe_load((folder / "bundle.yaml").read_text())
    facts["files"][name] = bundle_check.sha256(path)
    (folder / "bundle.yaml").write_text(yaml.safe_dump(facts))


BUNDLES = sorted(RESOURCES.glob("*/bundle.yaml"))


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.parent.name)
def test_bundles_of_the_workflow_are_whole(path):
    assert said(path.parent) == []


def test_a_file_without_its_checksum(copy):
    (copy / "genes.tsv").write_text("name\n")
    (copy / "numts.tsv").unlink()
    one, other = said(copy)
    assert "genes.tsv: is not the file whose checksum" in one and "numts.tsv: no such file" in other


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("genome.fasta", "GATCACAGG", "GATCACAGA", "found a sequence with checksum"),
        ("genome.fasta", "GATCACAGG", "GATCACAG", "found 16568 bases, expected 16569"),
        ("genome.fasta", "GATCACAGG", "RATCACAGG", "bases other than A, C, G, T at [1, 3107]"),
        ("genes.tsv", "3307\t4262", "3308\t4262", "MT-ND1 does not translate"),
        ("genes.tsv", "15956\t16023", "15956\t26023", "MT-TP: 15956 to 26023 is not within"),
        ("artefacts.tsv", "no_snv", "none", "effect is no_snv or flag"),
        ("hotspots.tsv", "pos", "position", "column pos is missing"),
    ],
)
def test_contents(copy, name, old, new, message):
    edited(copy, name, old, new)
    found = said(copy)
    assert any(message in line and name in line for line in found), found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "expected keys and values"),
        ("{", "cannot be read"),
        ("name: x\n", "species: is missing"),
        ("length: x\n", "length: found 'x', expected another kind of value"),
    ],
)
def test_facts(copy, text, message):
    (copy / "bundle.yaml").write_text(text)
    assert any(message in line for line in said(copy))


def test_no_bundle(tmp_path):
    assert "no such file: give the name of a bundle" in said(tmp_path)[0]
