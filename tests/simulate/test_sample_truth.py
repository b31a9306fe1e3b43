"""One library's molecules: other samples' labels and cells, free mtDNA, large deletions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_scenario import changed, small_scenario

from mitotransfer.simulate import truth
from mitotransfer.simulate.scenario import DeletionPlan


def test_a_swapped_library_holds_the_other_sample() -> None:
    raw = small_scenario()
    patients = list(raw.patients)
    samples = list(patients[1].samples)
    samples[1] = replace(samples[1], swapped_with="A-til")
    patients[1] = replace(patients[1], samples=samples)
    drawn = truth.draw_truth(replace(raw, patients=patients), 3)
    assert drawn.samples["B-til"].person == "A"
    assert drawn.samples["B-til"].variants == drawn.samples["A-til"].variants
    assert drawn.samples["B-til"].tumor_fraction == 0
    assert drawn.samples["B-tumor"].person == "B"


def test_labels_exchanged_within_a_patient() -> None:
    plain = changed()
    drawn = changed(til={"swapped_with": "A-tumor"}, tumor={"swapped_with": "A-til"})
    assert drawn.samples["A-til"].variants == plain.samples["A-tumor"].variants
    assert drawn.samples["A-tumor"].variants == plain.samples["A-til"].variants
    assert drawn.samples["A-til"].tumor_cells == 1
    assert drawn.samples["A-tumor"].tumor_cells == 0.05


def test_strangers_free_mtdna_and_other_samples_cells() -> None:
    plain = changed()
    drawn = changed(
        til={"stranger": 0.1, "ambient": 0.2, "transfer": 0.0, "tumor_cells": 0.0},
        tumor={"admixed": {"A-til": 0.25}},
    )
    til, tumor = drawn.samples["A-til"], drawn.samples["A-tumor"]
    own = {v.allele for v in plain.samples["A-blood"].variants}
    strange = {v.allele for v in drawn.patients["A"].stranger} - own
    vaf = {v.allele: v.vaf for v in til.variants}
    assert len(strange) >= 15 and all(vaf[a] == pytest.approx(0.1) for a in strange)
    assert (til.transfer, til.contamination) == (0, pytest.approx(0.2 * 0.9))
    assert til.tumor_cells == 0 and tumor.tumor_cells == 0.75
    assert {v.allele: v.vaf for v in tumor.variants}[min(strange)] == pytest.approx(0.025)


def test_a_tumours_deletion_goes_where_its_mtdna_goes() -> None:
    plan = {"transfer": 0.2, "tumor_cells": 0.0}
    tumor = {"deletion": DeletionPlan(0.5, 6000, 12_000)}
    drawn = changed(tumor=tumor, til=plan | {"deletion": DeletionPlan(0.1)})
    til = drawn.samples["A-til"]
    # Each of the two lacks an end of the other.
    given, own = til.junctions[6000, 12_000], til.junctions[8469, 13_447]
    assert given == pytest.approx(0.1 / (1 - 0.08 / 2)) and own == pytest.approx(0.08 / 0.95)
    assert sum(one.weight for one in til.sources) == pytest.approx(1)
    assert til.tumor_fraction == pytest.approx(0.2)
    plain = changed(til=plan).samples["A-til"]
    somatic = {v.allele: v.vaf for v in plain.variants if v.kind == "somatic"}
    vafs = {v.allele: v.vaf for v in til.variants}
    for allele, vaf in somatic.items():
        if not 6000 < allele[0] < 13_447:  # all molecules have it
            assert vafs[allele] == pytest.approx(vaf)
    few = changed(tumor=tumor, til=plan | {"molecules": 40}).samples["A-til"]
    assert (few.junctions[6000, 12_000] * 40) % 1 == pytest.approx(0, abs=1e-6)
    some = changed(tumor=tumor, til=plan | {"composition": 0.1}).samples["A-til"]
    assert some.junctions[6000, 12_000] != pytest.approx(0.1, rel=0.01)
