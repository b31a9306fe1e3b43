"""The sample's own bases, from raw records."""

from __future__ import annotations

import numpy as np
from long_molecules import molecule, needs_minimap2, write
from simulated_reads import CIRCLE, RCRS

from mitotransfer.genome.circle import circle_codes
from mitotransfer.reads import own_haplotype
from mitotransfer.reads.bam_records import whole_records
from mitotransfer.reads.lanes import Lane, batches
from mitotransfer.reads.minimap2 import LongAligner

pytestmark = needs_minimap2


def own(folder, many, few):
    """Own bases where so many reads have another base at 3000, and so few at 9000."""
    base = {at: "A" if CIRCLE[at] != "A" else "C" for at in (3000, 9000)}
    reads = [molecule(100, 12_000, {3000: base[3000]} if k < many else None) for k in range(10)]
    reads += [molecule(8500, 1000, {9000: base[9000]})] * few
    (batch,) = batches(Lane(write(folder / "r.fq.gz", reads)), 100)
    aligner = LongAligner(RCRS, "pacbio", "S", folder)
    codes = own_haplotype.own_codes(whole_records(aligner.align(batch).records), RCRS)
    return np.flatnonzero(codes != circle_codes(RCRS)).tolist()


def test_a_base_of_most_reads_is_the_samples_own(tmp_path):
    assert own(tmp_path, 10, 0) == [3000]
    assert own(tmp_path, 6, 9) == [3000]
    assert own(tmp_path, 5, 0) == []


def test_few_reads_show_nothing():
    none = whole_records(np.zeros(0, np.uint8))
    np.testing.assert_array_equal(own_haplotype.own_codes(none, RCRS), circle_codes(RCRS))
