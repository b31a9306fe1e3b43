"""A sample's haplotype for tools that name haplogroups: fixed differences and covered ranges."""

import numpy as np
import pandas as pd
import pytest
from draws import CODES, REFERENCE, alleles_of, call, draw, rates
from places import GENOME

from mitotransfer.calls import hsd
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts

USABLE = ~GENOME.no_snv


@pytest.fixture(scope="module")
def sample():
    bases = draw(np.random.default_rng(1), 400, rates(np.random.default_rng(2))).bases.copy()

    def put(pos, **shares):
        bases[pos - 1] = 0
        for base, share in shares.items():
            bases[pos - 1, "ACGT".index(base)] = round(200 * share)

    put(73, G=1.0)
    put(16519, C=0.97, T=0.03)  # heteroplasmic, and the haplotype all the same
    put(750, G=0.7, A=0.3)  # neither
    put(1438, G=0.02, A=0.98)  # as the reference
    put(310, C=1.0)  # within a tract of artefacts
    bases[8280:8289] = 0  # deleted
    bases[11999:12100] //= 100  # shallow
    rows = [
        (8270, REFERENCE.sequence[8269:8279], "C", 200, 200),
        (567, "A", "AC", 200, 200),
        (302, "A", "AC", 200, 200),  # within a tract
        (2000, REFERENCE.sequence[1999], REFERENCE.sequence[1999] + "GAGA", 60, 60),  # not fixed
        (248, REFERENCE.sequence[247:249], REFERENCE.sequence[247], 200, 200),
    ]
    return Counts(bases, pd.DataFrame(rows, columns=INDEL_COLUMNS), {})


@pytest.fixture(scope="module")
def profile(sample):
    return hsd.of_sample(sample, call(sample), alleles_of(sample).changes, GENOME, 30)


def positions(ranges):
    found = set()
    for part in ranges.split(";"):
        start, end = map(int, part.split("-"))
        found |= set(range(start, end + 1))
    return found


def test_fixed_differences_and_where_they_are_known(profile):
    assert {"73G", "16519C", "8281-8289d"} <= set(profile.variants)
    fixed = [name for name in profile.variants if name.endswith("d") or "." in name]
    assert fixed == ["249d", "573.1C", "8281-8289d"]
    assert set(profile.variants) - set(fixed) == {"73G", "16519C"}
    known = positions(profile.ranges)
    assert {73, 1438, 8281, 8289, 16519, 1, 16569} <= known
    assert known.isdisjoint({750, 310, 3107, 12000, 12100})
    order = [
        int("".join(filter(str.isdigit, name.split(".")[0].split("-")[0])))
        for name in profile.variants
    ]
    assert order == sorted(order)


def test_a_file_has_a_header_and_four_columns_or_nothing(profile):
    header, line = hsd.hsd({"orange": profile}).splitlines()
    assert "range" in header.lower()
    name, ranges, unknown, *variants = line.split("\t")
    assert (name, ranges, unknown) == ("orange", profile.ranges, "?") and variants
    like_reference = hsd.profile(CODES, USABLE, REFERENCE)
    assert like_reference.variants == ()
    assert positions(like_reference.ranges) == set(np.flatnonzero(USABLE) + 1) - {3107}
    assert hsd.hsd({"S": like_reference}) == "" and hsd.hsd({}) == ""


def test_a_sample_without_reads_has_none(sample):
    nothing = Counts(np.zeros_like(sample.bases), sample.indels.iloc[:0], {})
    found = hsd.of_sample(nothing, call(nothing), {}, GENOME, 30)
    assert found == hsd.Profile((), "")
