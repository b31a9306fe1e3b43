"""Tumours as assumed: mean number of substitutions, and who is answered."""

from dataclasses import replace

import numpy as np
import pytest

from mitotransfer.inputs.settings import Settings
from mitotransfer.planning import tumors
from mitotransfer.planning.design import Design

SETTINGS = Settings()


def test_numbers_have_the_assumed_mean():
    low = replace(SETTINGS, informative=replace(SETTINGS.informative, min_tumor_vaf=0.01))
    found = tumors.draw(4000, low)
    assert np.mean([len(vafs) for vafs in found]) == pytest.approx(tumors.PER_TUMOR, rel=0.05)
    assert min(min(vafs, default=1) for vafs in found) >= 0.01
    share = np.mean([bool(vafs) for vafs in tumors.draw(4000, SETTINGS)])
    assert 0.6 < share < 0.8


def test_tumours_without_a_variant_are_not_answered():
    found = tumors.answered(Design(), SETTINGS, [(), ()])
    assert (found.informative, found.negative, found.positive) == (0, 0, 0)


def test_a_good_tumour_is_answered_both_ways():
    good = Design(purity=1.0, fraction=0.1)
    found = tumors.answered(good, SETTINGS, [(0.95, 0.8, 0.6), (), (0.06,), (0.95, 0.9, 0.5)])
    assert found.informative == 0.75 and found.positive == 0.5
    assert 0.5 <= found.negative <= 0.75
