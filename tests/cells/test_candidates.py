from __future__ import annotations

import numpy as np
import pandas as pd
from places import RCRS

from mitotransfer.cells import candidates
from mitotransfer.cells.candidates import Sample
from mitotransfer.counts.allele_counts import FAILED, Counts, empty_indels
from mitotransfer.genome.circle import circle_codes


def counts(depth=200, failed="", **alleles):
    """Counts of the reference; alleles: ``p100_T=0.3`` for T at 0-based position 100."""
    bases = np.zeros((16569, 4, 2), np.uint32)
    known = RCRS.codes < 4
    bases[np.flatnonzero(known), RCRS.codes[known], 0] = depth
    for name, vaf in alleles.items():
        position, allele = name[1:].split("_")
        at = int(position)
        bases[at, :, 0] = 0
        bases[at, RCRS.codes[at], 0] = round((1 - vaf) * depth)
        bases[at, "ACGT".index(allele), 0] += round(vaf * depth)
    return Counts(bases, empty_indels(), {FAILED: failed} if failed else {})


def calls(*rows):
    columns = ["pos", "alt", "type", "filter", "state"]
    return pd.DataFrame([(at + 1, alt, "SNV", *rest) for at, alt, *rest in rows], columns=columns)


def tumor(called, **alleles):
    return Sample("tumor", counts(**alleles), calls(*called))


HET, HOM = ("PASS", "heteroplasmic"), ("PASS", "homoplasmic")


def found(*samples, min_vaf=0.05):
    return [(at, "ACGT"[allele]) for at, allele in candidates.candidates(samples, min_vaf)]


def test_alleles_of_the_tumour_that_another_sample_lacks_are_candidates():
    one = tumor([(100, "T", *HET), (200, "T", *HOM)], p100_T=0.3, p200_T=1.0, p300_T=1.0)
    same = counts(p200_T=1.0, p300_T=1.0)
    assert found(one, Sample("normal", counts())) == [(100, "T"), (200, "T"), (300, "T")]
    assert found(one, Sample("normal", same)) == [(100, "T")]


def test_a_normal_of_cells_that_holds_some_of_the_tumour_s_mtdna_hides_nothing():
    one = tumor([(100, "T", *HOM)], p100_T=1.0)
    assert found(one, Sample("immune", counts(p100_T=0.09))) == [(100, "T")]


def test_the_reference_s_base_is_a_candidate_where_the_others_have_another():
    one = tumor([])
    assert found(one, Sample("normal", counts(p100_T=1.0))) == [(100, "ACGT"[RCRS.codes[100]])]


def test_calls_that_did_not_pass_and_low_ones_are_none():
    one = tumor([(100, "T", "low_vaf", "heteroplasmic"), (200, "T", *HET)], p100_T=0.3, p200_T=0.04)
    assert found(one, Sample("normal", counts())) == []
    assert found(one, Sample("normal", counts()), min_vaf=0.01) == [(200, "T")]


def test_without_another_sample_only_heteroplasmies_are_candidates():
    one = tumor([(100, "T", *HET), (200, "T", *HOM)], p100_T=0.3, p200_T=1.0)
    assert found(one) == [(100, "T")]


def test_samples_that_failed_or_are_shallow_show_nothing():
    one = tumor([(100, "T", *HOM)], p100_T=1.0)
    assert found(one, Sample("normal", counts(depth=5)), Sample("immune", counts(p100_T=1.0))) == []
    failed = Sample("tumor", counts(failed="RNA", p100_T=1.0), calls((100, "T", *HOM)))
    assert found(failed, Sample("normal", counts())) == []


def test_alleles_of_counts_without_calls_need_five_fragments():
    one = Sample("tumor", counts(depth=20, p100_T=0.3, p200_T=0.2))
    assert found(one, Sample("normal", counts())) == [(100, "T")]
    assert found(one) == [(100, "T")]


def test_own_bases_are_those_of_most_reads_of_all_samples():
    samples = [tumor([], p100_T=1.0), Sample("normal", counts(depth=300, p200_T=1.0))]
    codes = candidates.own_codes(samples, RCRS)
    expected = circle_codes(RCRS)
    expected[200] = 3
    assert np.array_equal(codes, expected)
    assert np.array_equal(candidates.own_codes([], RCRS), circle_codes(RCRS))
