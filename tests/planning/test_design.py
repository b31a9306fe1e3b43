"""The design of a study: defaults within their bounds, mistakes named."""

from dataclasses import replace

import pytest

from mitotransfer.planning.design import Design, checked


def test_the_defaults_are_a_design():
    assert checked(Design()) == Design()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fraction": 0.0}, "--fraction 0: expected a number above 0"),
        ({"purity": 1.2}, "--purity 1.2"),
        ({"immune_depth": 0.0}, "--immune-depth 0: expected a number at least 1"),
        ({"tumor_vafs": ()}, "--tumor-vafs"),
        ({"tumor_vafs": (0.5, 1.5)}, "--tumor-vafs: expected numbers above 0 and at most 1"),
        ({"error_rate": (0.0,)}, "--error-rate: expected numbers above 0 and below 0.1"),
        ({"error_rate": (1e-4, 1e-4, 1e-4)}, "--error-rate: expected a number for each"),
        ({"normal_reads": (1.0,)}, "--normal-reads: expected a number for each"),
    ],
)
def test_numbers_beyond_their_bounds_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        checked(replace(Design(), **change))


def test_tumour_cells_bring_mtdna_in_units_of_the_tumour_sample():
    design = replace(Design(), tumor_cells=0.01, purity=0.5, copy_ratio=4.0)
    assert design.brought == pytest.approx(0.08)
