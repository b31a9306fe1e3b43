"""A bundle made of a GenBank record."""

from __future__ import annotations

import made_up_genome
import numpy as np
import pytest
from places import BUNDLE, RCRS

from mitotransfer.genome import bundle, bundle_check, bundle_writing, genbank
from mitotransfer.genome.bundle_writing import Names

RECORD = genbank.parse(made_up_genome.genbank())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "made_up"
    bundle_writing.write(RECORD, Names("made_up", "fictus", ["Fi_MT"]), path)
    return path


def test_it_is_whole_and_holds_the_record(folder):
    assert bundle_check.check(folder) == []
    found = bundle.load(folder)
    facts = found.reference.facts
    assert found.reference.sequence == RECORD.sequence and found.reference.placeholder == -1
    assert (facts.species, facts.gene_prefix, facts.split_tract) == ("fictus", "fi-", ())
    assert {"chrm", "fi_mt", "xx000001", "xx000001.1"} <= facts.contig_names
    assert found.code.amino_acids["TGA"] == "Trp" and found.code.amino_acids["AGA"] == "Arg"
    assert found.proteins["fi-NAD6"][:2] == ["Met", "Trp"]
    assert found.control_region.sum() == 9_001 - 8_800 + 200
    assert not found.artefact.any() and not found.hot_spots.any()
    assert found.nuclear_copies == () and found.rna_sites.tolist() == [3607]


def test_tables_that_are_there_are_kept(folder, monkeypatch):
    # Most of the time, and another test's.
    monkeypatch.setattr(bundle_writing, "stretch_differences", lambda _: 25)
    table = folder / "artefacts.tsv"
    table.write_text(bundle_writing.EMPTY["artefacts.tsv"] + "5\t9\trun\tflag\tseen\n")
    assert bundle_check.check(folder)
    bundle_writing.write(RECORD, Names("made_up", "fictus"), folder)
    assert bundle_check.check(folder) == [] and bundle.load(folder).artefact.sum() == 5
    (folder / "hotspots.tsv").write_text("pos\toccurrences\n7\t30\n")
    bundle_writing.update(folder)
    assert bundle_check.check(folder) == []


def test_the_human_code_is_the_table_that_it_names():
    found = dict(bundle.load(BUNDLE).code.amino_acids)
    lines = bundle_writing._codons(2).splitlines()[1:]
    assert {line.split("\t")[0]: line.split("\t")[1] for line in lines} == found
    starts = {line.split("\t")[0] for line in lines if line.endswith("yes")}
    assert starts == bundle.load(BUNDLE).code.starts
    with pytest.raises(ValueError, match="genetic code 99 is not one of"):
        bundle_writing._codons(99)


def test_ninth_positions_of_human_trnas_are_those_of_the_table():
    genes = bundle.load(BUNDLE).genes
    record = genbank.Record("x", "human", RCRS.sequence, genes, {}, 2)
    made = [int(line.split("\t")[0]) for line in bundle_writing._rna_sites(record).splitlines()[1:]]
    assert set(made) == set((bundle.load(BUNDLE).rna_sites + 1).tolist()) - {2617, 13710}


def test_stretches_that_are_alike():
    rng = np.random.default_rng(2)
    bases = "".join(rng.choice(list("ACGT"), 400))
    assert bundle_writing.stretch_differences(bases) > 20
    twice = bases + "".join(rng.choice(list("ACGT"), 100)) + bases[100:170]
    assert bundle_writing.stretch_differences(twice) == 0
    turned = bases[100:170].translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert bundle_writing.stretch_differences(bases + turned) == 0


@pytest.mark.slow
def test_human_stretches():
    differences = bundle_writing.stretch_differences(RCRS.sequence)
    assert differences == RCRS.facts.stretch_differences == 22
