"""Reads of simulated droplets: what they hold is what the droplets hold."""

import numpy as np
import pysam
import pytest
from places import RCRS

from mitotransfer.simulate import cell_reads
from mitotransfer.simulate.cell_library import CellScenario, Subset, draw_droplets
from mitotransfer.simulate.cell_plans import LibraryPlan
from mitotransfer.simulate.genomes import Variant

#: Bases of the circle, which is cut from the reference: as deep with a quarter of the reads.
CIRCLE = 4000
#: Somatic SNVs, 0-based, and a modified site of RNA.
SITES, MODIFIED = (1000, 2000), 3500
NOTHING = {"ambient": 0.0, "swap": 0.0, "error": 0.0, "vafs": (1.0, 0.6)}


def complement_of(base):
    return (int(base) + 2) % 4  # the transition: A and G, C and T


def written(folder, seed=1, **given):
    """A library on disk: its plan, droplets, barcodes and reads."""
    keys = {"assay", "modified", "copies", "uneven", "read_length"}
    scenario = CellScenario(
        **{
            **NOTHING,
            "empty": 30,
            "tumor_cells": 10,
            "tumor_depth": 30.0,
            "subsets": (Subset("CD8", 20, depth=20.0),),
        }
        | {key: value for key, value in given.items() if key not in keys}
    )
    plan = LibraryPlan(
        "L1", "P1", scenario, **{"copies": 0.0, **{k: given[k] for k in keys & given.keys()}}
    )
    rng = np.random.default_rng(seed)
    droplets, donors = draw_droplets(scenario, rng)
    codes = RCRS.codes[:CIRCLE]
    codes, places = codes[codes < 4], np.flatnonzero(codes < 4)
    sites = np.searchsorted(places, SITES)
    modified = [(int(np.searchsorted(places, MODIFIED)), 3, 0.5, 0.1)] if plan.umis else []
    names = cell_reads.barcodes(rng, len(droplets.depth))
    molecules = cell_reads.Molecules(
        codes, places, sites, np.array([complement_of(codes[at]) for at in sites], np.uint8),
        np.array(scenario.vafs), donors, names, modified,
    )  # fmt: skip
    path = folder / "L1.bam"
    cell_reads.write_bam(path, plan, droplets, molecules, rng)
    return path, droplets, names


def alleles(path, names, position, base):
    """Reads with a base at a position, and all that cover it, by droplet."""
    number = {name: at for at, name in enumerate(names)}
    found = np.zeros((len(names), 2), int)
    with pysam.AlignmentFile(str(path)) as source:
        for read in source.fetch("chrM", position, position + 1):
            if not read.is_unmapped:
                at = position - read.reference_start
                # Beyond the placeholder coordinates of reads over it are rough.
                found[number[read.get_tag("CB")]] += read.query_sequence[at] == base, 1
    return found


BASES = {at: "ACGT"[complement_of(RCRS.codes[at])] for at in SITES}


def share(found):
    alt, depth = found.sum(axis=0)
    return alt / depth


def test_the_reads_of_a_cell_are_its_own(tmp_path):
    path, droplets, names = written(tmp_path)
    tumor, immune = droplets.subset == "tumor", droplets.subset == "CD8"
    for position, vaf in zip(SITES, NOTHING["vafs"], strict=True):
        found = alleles(path, names, position, BASES[position])
        assert share(found[tumor]) == pytest.approx(vaf, abs=0.09)
        # Errors of poor bases, of which a third reads this one.
        wrong = cell_reads.POOR * cell_reads.POOR_ERROR / 3
        assert found[immune, 0].sum() <= 2 + 10 * wrong * found[immune, 1].sum()
        assert found[immune, 1].mean() == pytest.approx(droplets.depth[immune].mean(), rel=0.3)
    assert (alleles(path, names, 500, "A")[droplets.subset == "empty"] == 0).all()


def test_a_receiver_has_the_mtdna_of_one_tumor_cell(tmp_path):
    subset = Subset("CD8", 12, depth=100.0, share=1.0, fraction=0.5)
    path, droplets, names = written(tmp_path, subsets=(subset,), concentration=1.0)
    found = alleles(path, names, SITES[1], BASES[SITES[1]])[droplets.subset == "CD8"]
    vafs = found[:, 0] / found[:, 1]
    assert vafs.max() <= 0.65 and vafs.min() < 0.15 and vafs.max() > 0.4
    fixed = alleles(path, names, SITES[0], BASES[SITES[0]])[droplets.subset == "CD8"]
    assert share(fixed) == pytest.approx(0.5, abs=0.04)


def test_free_mtdna_is_in_all_droplets_whatever_their_depth(tmp_path):
    path, droplets, names = written(
        tmp_path, ambient=4.0, ambient_tumor=0.5, empty=60, subsets=(Subset("CD8", 60, depth=10.0),)
    )
    found = alleles(path, names, SITES[0], BASES[SITES[0]])
    for kind in ("empty", "CD8"):
        assert found[droplets.subset == kind, 0].mean() == pytest.approx(2.0, rel=0.25)


def test_swapped_reads_go_to_barcodes_by_their_depth(tmp_path):
    subsets = (Subset("deep", 20, depth=40.0), Subset("shallow", 60, depth=10.0))
    path, droplets, names = written(tmp_path, swap=0.3, subsets=subsets, tumor_cells=30)
    found = alleles(path, names, SITES[0], BASES[SITES[0]])
    deep, shallow = (share(found[droplets.subset == kind]) for kind in ("deep", "shallow"))
    # Some 60 fragments each; were they spread evenly over barcodes, half of it and twice as much.
    expected = 0.3 * 30 * 30 / (30 * 30 + 20 * 40 + 60 * 10)
    assert deep == pytest.approx(expected, rel=0.35)
    assert shallow == pytest.approx(expected, rel=0.35)


def test_reads_of_rna_have_umis_modified_sites_and_one_strand(tmp_path):
    path, droplets, names = written(
        tmp_path, assay="sc_rna", read_length=90, copies=0.5, uneven=0.5
    )
    found = alleles(path, names, MODIFIED, "T")
    assert share(found[droplets.subset == "tumor"]) == pytest.approx(0.5, abs=0.15)
    assert share(found[droplets.subset == "CD8"]) == pytest.approx(0.1, abs=0.09)
    with pysam.AlignmentFile(str(path)) as source:
        reads = [read for read in source if not read.is_unmapped]
    assert not any(read.is_reverse or read.is_paired for read in reads)
    molecules = {(r.get_tag("CB"), r.get_tag("UB"), r.reference_start) for r in reads}
    assert len(molecules) / len(reads) == pytest.approx(0.5, abs=0.05)
    depth = np.bincount([read.reference_start // 500 for read in reads], minlength=8)
    assert depth.std() / depth.mean() > 0.15


def test_pairs_are_proper_and_reads_over_the_origin_have_no_place(tmp_path):
    path, _, _ = written(tmp_path, error=0.01)
    with pysam.AlignmentFile(str(path)) as source:
        assert source.check_index()
        reads = list(source.fetch(until_eof=True))
    assert len({read.query_name for read in reads}) * 2 == len(reads)
    assert all(read.is_read1 != read.is_read2 for read in reads)
    placed = [read for read in reads if not read.is_unmapped]
    assert all(read.reference_end <= CIRCLE for read in placed)
    assert len(reads) - len(placed) == pytest.approx(74 / CIRCLE * len(reads), rel=0.2)
    proper = [read for read in placed if read.is_proper_pair]
    assert all((read.template_length > 0) != read.is_reverse for read in proper)
    first = {read.query_name: read for read in proper if read.is_read1}
    assert 0.4 < np.mean([read.is_reverse for read in first.values()]) < 0.6


def test_a_person_differs_from_the_reference():
    haplotype = [
        Variant(73, "A", "G", 1.0),
        Variant(310, "T", "TC", 1.0),
        Variant(8271, "AC", "A", 1.0),
    ]
    codes, places = cell_reads.person(RCRS, haplotype)
    assert len(codes) == len(places) == RCRS.length - 1  # the placeholder is in no molecule
    assert codes[np.searchsorted(places, 72)] == 2
    assert (np.diff(places) >= 0).all() and (places == 309).sum() == 2
    assert 8271 not in places and 3106 not in places


def test_barcodes_differ():
    names = cell_reads.barcodes(np.random.default_rng(1), 500)
    assert len(set(names)) == 500 and all(len(name) == 18 for name in names)
