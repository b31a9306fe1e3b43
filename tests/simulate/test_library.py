"""Pools of molecules: impossible ones are refused, and shares of bases add up."""

from __future__ import annotations

import pytest
from places import PLACEHOLDER, RCRS

from mitotransfer.simulate import genomes
from mitotransfer.simulate.library import Source, allele_shares, compile_sources


def test_impossible_molecules_are_refused() -> None:
    good = genomes.Variant(1000, RCRS.sequence[999], "A" if RCRS.sequence[999] != "A" else "C", 0.7)
    with pytest.raises(ValueError, match="add up to 1"):
        compile_sources([Source(0.5, [good])], RCRS)
    with pytest.raises(ValueError, match="does not fit the reference"):
        wrong = "A" if RCRS.sequence[999] != "A" else "C"
        compile_sources([Source(1.0, [genomes.Variant(1000, wrong, "G", 0.5)])], RCRS)
    with pytest.raises(ValueError, match="more than all molecules"):
        other = next(b for b in "CGT" if b not in (good.ref, good.alt))
        compile_sources([Source(1.0, [good, good._replace(alt=other)])], RCRS)
    with pytest.raises(ValueError, match="overlaps"):
        deletion = genomes.Variant(999, RCRS.sequence[998:1001], RCRS.sequence[998], 0.5)
        compile_sources([Source(1.0, [deletion, good])], RCRS)


def test_counts_know_deletions_numts_and_the_placeholder() -> None:
    deletion = genomes.make_deletion(RCRS, 5000, 0.5, "indel")
    shares = allele_shares([Source(1.0, [deletion])], RCRS)
    gone = deletion.pos  # 0-based index of the base after the anchor
    assert shares[gone].sum() == pytest.approx(0.5)
    assert shares[gone - 1].sum() == pytest.approx(1.0)
    assert shares[PLACEHOLDER].sum() == 0
    numt = genomes.Variant(6001, RCRS.sequence[6000], genomes.TRANSITION[RCRS.sequence[6000]], 1.0)
    mixed = allele_shares([Source(0.99, []), Source(0.01, [numt], "numt", (5500, 1000))], RCRS)
    expected = 0.01 * 16569 / 1000
    assert mixed[6000, "ACGT".index(numt.alt)] == pytest.approx(expected)
    assert mixed[6000].sum() == pytest.approx(0.99 + expected)
    assert mixed[8000].sum() == pytest.approx(0.99)
