"""Expected counts: whole, on the safe side, with what the sheet will state."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mitotransfer.inputs.settings import Contamination
from mitotransfer.planning import expected
from mitotransfer.planning.design import Design

SETTINGS = Contamination()


def test_whole_numbers_keep_their_sum():
    assert expected.whole(np.array([0.4, 0.4, 0.4])).tolist() == [1, 0, 0]
    assert expected.whole(np.full(300, 0.5)).sum() == 150


def test_counts_are_those_of_the_fraction_less_chance():
    design = Design(tumor_vafs=(0.5, 1.0), immune_depth=10_000.0, error_rate=(1e-4,))
    even = expected.variant_counts(design, 0.1, SETTINGS, 0.0)
    assert np.asarray(even.immune_alt).tolist() == pytest.approx([501, 1001], abs=1)
    low = np.asarray(expected.variant_counts(design, 0.1, SETTINGS).immune_alt)
    assert low.sum() == pytest.approx(1502 - 1.2816 * math.sqrt(1502), abs=1)
    mean = np.asarray(even.error_alpha) / (np.asarray(even.error_alpha) + even.error_beta)
    assert mean == pytest.approx(1e-4)


def test_tumour_cells_raise_both_kinds_of_reads():
    clean, dirty = Design(), replace(Design(), tumor_cells=0.02)
    seen = [expected.variant_counts(d, 0.0, SETTINGS, 0.0).immune_alt for d in (clean, dirty)]
    assert np.asarray(seen[1]).sum() > 20 * np.asarray(seen[0]).sum()
    best = [float(np.argmax(expected.nuclear(d, SETTINGS, 0.95).curve)) for d in (clean, dirty)]
    assert best[1] > best[0]


def test_without_loci_nothing_is_measured():
    assert not expected.nuclear(Design(nuclear_loci=0), SETTINGS, 0.95).curve.size
    found = expected.nuclear(Design(), SETTINGS, 0.95)
    assert found.measured and found.n_loci == 300 and found.tumor_vaf == pytest.approx(0.25)


def test_the_sheet_states_what_the_design_measures():
    immune, tumor = expected.facts(Design(copy_ratio=3.0, copy_ratio_sd=0.2, purity=0.5))
    assert immune.input_cells == 20_000 and tumor.purity.value == 0.5
    sd = math.hypot(tumor.copies.log_sd, immune.copies.log_sd)
    assert sd == pytest.approx(0.2, abs=0.001) and tumor.copies.value / immune.copies.value == 3
    immune, tumor = expected.facts(Design(copy_ratio_sd=0.0, purity_stated=False))
    assert not (immune.copies.known or tumor.copies.known or tumor.purity.known)


def test_draws_are_the_same_at_each_call():
    one, two = (expected.draws(Design(), SETTINGS) for _ in range(2))
    assert len(one) == expected.DRAWS
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.normal_alt, b.normal_alt)
        assert np.array_equal(a.tumor_alt, b.tumor_alt)


def test_a_sequenced_normal_is_as_it_is_and_each_variant_has_its_rate():
    design = Design(error_rate=(1e-4, 1e-3), normal_reads=(0, 7), immune_depth=10_000.0)
    for counts in expected.draws(design, SETTINGS):
        assert np.asarray(counts.normal_alt).tolist() == [0, 7]
        assert np.asarray(counts.immune_alt).tolist() == [1, 10]
        mean = np.asarray(counts.error_alpha) / (np.asarray(counts.error_alpha) + counts.error_beta)
        assert mean == pytest.approx(design.error_rate)
