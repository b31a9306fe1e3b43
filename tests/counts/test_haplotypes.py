"""Which alleles of a sample are fixed."""

import numpy as np

from mitotransfer.counts.haplotypes import haplotype
from mitotransfer.genome.reference import LENGTH


def test_haplotype_knows_only_fixed_alleles() -> None:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[0, 2] = [50, 40]
    bases[1, 1] = [5, 4]  # nine fragments
    bases[2, 3], bases[2, 0] = [80, 0], [20, 0]
    bases[3, 3], bases[3, 0] = [90, 0], [10, 0]
    bases[4, 0] = [5, 5]
    assert haplotype(bases)[:6].tolist() == [2, -1, -1, 3, 0, -1]
