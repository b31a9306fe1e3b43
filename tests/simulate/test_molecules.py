"""Portions, giving cells and few molecules: means and variances as they should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_scenario import changed, small_scenario

from mitotransfer.simulate import files, molecules, truth
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.scenario import NuclearPlan, SamplePlan

SOMATIC = [Variant(100, "A", "G", 0.5, "somatic"), Variant(200, "C", "T", 0.2, "somatic")]
OWN = [Variant(50, "A", "G", 1.0, "haplotype")]


def test_portions_hold_poisson_numbers_of_tumour_cells() -> None:
    plan = SamplePlan("A", "immune", tumor_cells=0.02)
    assert molecules.in_portion(plan, "mtDNA", 1) == 0.02
    small = replace(plan, portion=500)
    drawn = np.array([molecules.in_portion(small, "mtDNA", seed) for seed in range(400)]) * 500
    assert drawn.mean() == pytest.approx(10, rel=0.06)
    assert drawn.var() == pytest.approx(10, rel=0.25)
    assert molecules.in_portion(small, "nuclei", 1) != molecules.in_portion(small, "mtDNA", 1)


def test_cells_of_a_subclone_have_their_own_vafs() -> None:
    found = molecules.of_cells([*OWN, *SOMATIC], SOMATIC, (1.0, 0.0))
    assert [v.vaf for v in found] == [1.0, 1.0, 0.0]
    assert molecules.of_cells([*OWN, *SOMATIC], SOMATIC, ()) == [*OWN, *SOMATIC]


def test_giving_cells_spread_somatic_vafs_alone() -> None:
    rng = np.random.default_rng(1)
    drawn = np.array(
        [[v.vaf for v in molecules.spread([*OWN, *SOMATIC], 0.2, rng)] for _ in range(3000)]
    )
    assert (drawn[:, 0] == 1).all()
    assert np.allclose(drawn[:, 1:].mean(axis=0), [0.5, 0.2], atol=0.02)
    assert np.allclose(drawn[:, 1:].var(axis=0), [0.2 * 0.25, 0.2 * 0.16], rtol=0.1)
    assert molecules.spread(SOMATIC, 0.0, rng) == SOMATIC


def test_few_molecules_add_their_variance() -> None:
    rng = np.random.default_rng(2)
    sources = [Source(0.9, OWN), Source(0.1, [*OWN, *SOMATIC], "tumor")]
    found = [molecules.sampled(sources, 200, rng) for _ in range(2000)]
    vafs = np.array([sum(s.weight * v.vaf for s in one for v in s.variants if v.pos == 100)
                     for one in found])  # fmt: skip
    assert vafs.mean() == pytest.approx(0.05, rel=0.04)
    assert vafs.var() == pytest.approx(0.05 * 0.95 / 200, rel=0.1)
    assert all(sum(s.weight for s in one) == pytest.approx(1) for one in found)
    # A source without molecules is left out.
    rare = [Source(1 - 1e-9, OWN), Source(1e-9, SOMATIC, "tumor")]
    assert [s.label for s in molecules.sampled(rare, 10, rng)] == ["own"]


def test_a_library_of_them_all() -> None:
    """Purity 0.5: a share c of pure cells brings what 2 c cells of the sample would."""
    plain = changed(til={"transfer": 0.0, "tumor_cells": 0.05})
    bulk = changed(tumor={"true_purity": 0.5}, til={"transfer": 0.0, "tumor_cells": 0.025})
    assert bulk.samples["A-til"].contamination == plain.samples["A-til"].contamination
    assert bulk.samples["A-tumor"].tumor_cells == 0.5
    mixed = changed(til={"composition": 0.3, "molecules": 300, "portion": 50, "transfer": 0.1})
    vafs = {v.allele: v.vaf for v in mixed.samples["A-til"].variants}
    assert vafs != {v.allele: v.vaf for v in plain.samples["A-til"].variants}
    files.sample_counts(mixed, "A-til")


def test_hidden_heteroplasmies_are_in_every_tissue() -> None:
    raw = small_scenario()
    wishes = [replace(wish, hidden=0.01) for wish in raw.patients[0].somatic[:2]]
    patient = replace(raw.patients[0], somatic=wishes)
    drawn = truth.draw_truth(replace(raw, patients=[patient]), 3)
    (first, _) = drawn.patients["A"].somatic
    vaf = {v.allele: v.vaf for v in drawn.samples["A-blood"].variants}[first.allele]
    assert 0 < vaf < 0.1
    assert first.allele not in {
        v.allele for v in truth.draw_truth(raw, 3).samples["A-blood"].variants
    }


@pytest.mark.parametrize(
    ("copies", "mutated", "purity", "cells"), [(1, 1, 0.6, 0.1), (6, 4, 0.6, 0.1), (2, 1, 1.0, 0.2)]
)
def test_copies_of_nuclear_loci_give_their_vafs(
    copies: int, mutated: int, purity: float, cells: float
) -> None:
    raw = small_scenario()
    samples = [
        replace(raw.patients[0].samples[0], true_purity=purity),
        replace(raw.patients[0].samples[1], tumor_cells=cells, loci_share=0.5),
        raw.patients[0].samples[2],
    ]
    nuclear = NuclearPlan(4000, 500.0, copies=copies, mutated=mutated)
    patient = replace(raw.patients[0], samples=samples, nuclear=nuclear)
    drawn = truth.draw_truth(replace(raw, patients=[patient]), 3)

    def vaf(name: str) -> float:
        rows = np.array([row[4:6] for row in files.nuclear_counts(drawn, name)], float)
        return float(rows[:, 1].sum() / rows.sum())

    def expected(share: float) -> float:
        return share * mutated / (share * copies + 2 * (1 - share))

    assert vaf("A-tumor") == pytest.approx(expected(purity), rel=0.03)
    assert vaf("A-til") == pytest.approx(expected(cells) / 2 + 8e-4, rel=0.05)


def test_flow_cytometry_counts_pure_cells() -> None:
    drawn = changed(
        tumor={"true_purity": 0.5, "purity": 0.5},
        til={
            "tumor_cells": 0.02,
            "cells_counted": 50_000,
            "copies_factor": 2.0,
            "assay": "amplicon",
        },
    )
    found = files.stated(drawn, "A-til")
    share, high = float(found["tumor_cell_fraction"]), float(found["tumor_cell_fraction_high"])
    assert share == pytest.approx(0.02, rel=0.15) and share < high < 1.1 * share
    assert found["assay"] == "amplicon" and found["cells_counted"] == 50_000
    # 0.04 cells of the sample's 800 copies beside 100 each, stated doubled.
    assert float(found["mtdna_copies"]) == pytest.approx(2 * (0.98 * 100 + 0.04 * 800))
    assert files.stated(drawn, "A-tumor")["tumor_cell_fraction"] == ""
