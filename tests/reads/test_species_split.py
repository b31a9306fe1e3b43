"""Fragments of two species, sorted by the circle that they fit."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from simulated_reads import EXTENSION, Library, pair

from mitotransfer.genome.reference import BASES, Facts, Reference, encode
from mitotransfer.reads import align, aligner_index, bam_records
from mitotransfer.reads.lanes import batches

LENGTH = 6000
#: Both circles have the same bases here.
COMMON = slice(2000, 2800)


def text(codes):
    return "".join(BASES[code] for code in codes)


@pytest.fixture(scope="module")
def circles():
    rng = np.random.default_rng(5)
    one = rng.integers(0, 4, LENGTH)
    other = np.where(rng.random(LENGTH) < 0.25, (one + rng.integers(1, 4, LENGTH)) % 4, one)
    other[COMMON] = one[COMMON]
    return text(one), text(other)


@pytest.fixture(scope="module")
def aligner(circles, tmp_path_factory):
    one, other = (Reference(s, encode(s), Facts(contig="chrM")) for s in circles)
    prefix = tmp_path_factory.mktemp("index") / "circle"
    aligner_index.write_index(one, EXTENSION, prefix, host=other)
    settings = align.Settings(
        EXTENSION, pair=SimpleNamespace(host=SimpleNamespace(reference=other))
    )
    return align.Aligner(prefix, one, settings, "S")


def sorted_reads(aligner, folder, fragments):
    """Reads of the tumour, of the host, and of neither, of fragments given as pairs of mates."""
    made = Library()
    for k, bases in enumerate(fragments):
        made.add(f"f{k}", bases, ("I" * 100, "I" * 100))
    (batch,) = batches(made.write(folder / "reads"), 10_000)
    found = aligner.align(batch, aligner.insert_sizes(batch), False)
    kept = [
        bam_records.count_reads(bam_records.whole_records(x)) for x in (found.records, found.host)
    ]
    assert sum(kept) + found.ambiguous + found.unaligned == 2 * len(fragments)
    return [*kept, found.ambiguous]


def drawn(circle, starts):
    return [pair(circle, int(at), 250, 100, bool(k % 2)) for k, at in enumerate(starts)]


def test_fragments_go_to_the_circle_of_their_species(aligner, circles, tmp_path):
    # All round, over the origin too, but not within what the two have in common.
    starts = [*range(2850, LENGTH, 30), *range(0, 1700, 30)]
    fragments = [*drawn(circles[0], starts), *drawn(circles[1], starts[:40])]
    assert sorted_reads(aligner, tmp_path, fragments) == [2 * len(starts), 80, 0]


def test_what_fits_both_is_of_neither(aligner, circles, tmp_path):
    inside = drawn(circles[0], range(2010, 2500, 10))
    apart = drawn(circles[0], range(3000, 5000, 10))
    assert sorted_reads(aligner, tmp_path, [*inside, *apart]) == [400, 0, 2 * len(inside)]


def test_one_mate_outside_of_what_is_common_tells_the_species(aligner, circles, tmp_path):
    # The first mate is alike in both; the second lies behind.
    edge = [pair(circles[1], 2650 + k, 250, 100, False) for k in range(50)]
    apart = drawn(circles[1], range(3000, 5000, 10))
    assert sorted_reads(aligner, tmp_path, [*edge, *apart]) == [0, 500, 0]


def test_mates_on_two_circles_are_of_neither(aligner, circles, tmp_path):
    here, there = (pair(circle, 4000, 250, 100, False) for circle in circles)
    apart = drawn(circles[0], range(3000, 5000, 10))
    assert sorted_reads(aligner, tmp_path, [(here[0], there[1]), *apart]) == [400, 0, 2]


def test_an_index_without_the_host_is_refused(aligner, circles, tmp_path):
    one = Reference(circles[0], encode(circles[0]), Facts(contig="chrM"))
    aligner_index.write_index(one, EXTENSION, tmp_path / "circle")
    settings = align.Settings(EXTENSION, pair=SimpleNamespace(host=SimpleNamespace(reference=one)))
    with pytest.raises(ValueError, match="index with another host"):
        align.Aligner(tmp_path / "circle", one, settings, "S")
