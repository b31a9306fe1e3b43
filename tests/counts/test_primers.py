"""Primers of amplicons: their masks, and the counts of reads that start in a primer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bam_counts import count_bam
from fuzzed_tables import VCF_CELLS, damaged, fuzzed
from hypothesis import given
from hypothesis import strategies as st
from simulated_reads import CIRCLE, RCRS, Library, aligned, index, on_circle, pair

from mitotransfer.counts import primers
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.counts.indel_depth import indel_depth


def test_masks_hold_for_reads_that_start_in_a_primer(tmp_path):
    bed = tmp_path / "p.bed"
    bed.write_text(
        "# panel\ntrack name=x\nchrM\t100\t120\ta_F\t0\t+\nMT\t400\t420\ta_R\t0\t-\n"
        "chrM\t16560\t16575\tb_F\t0\t+\nchrM\t3100\t3110\tc\n"
    )
    masks = primers.masks(bed, RCRS)
    left, right = masks
    assert (left[100], left[119], left[120], left[97], left[96]) == (20, 1, 0, 23, 0)
    assert (right[419], right[400], right[399], right[422], right[423]) == (20, 1, 0, 23, 0)
    # Across the origin, on the circle without 3107.
    assert (left[16559], left[16567], left[0], left[5], left[6]) == (15, 7, 6, 1, 0)
    # Without a strand for both; nine bases, since 3107 is none.
    assert left[3100] == right[3108] == 9
    assert left[3109] == right[3099] == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chrM\t5", "p.bed:1: expected contig, start and end"),
        ("chr1\t5\t9", "p.bed:1: contig 'chr1' is not mitochondrial"),
        ("chrM\t9\t9", "p.bed:1: start 9 and end 9"),
        ("chrM\t9\t99999", "are not within the 16569 bases"),
        ("chrM\t5\t9\tx\t0\tplus", "found strand 'plus', expected"),
        ("", "p.bed: no primers"),
    ],
)
def test_lines_that_are_no_primers_are_named(tmp_path, line, message):
    bed = tmp_path / "p.bed"
    bed.write_text(f"{line}\n")
    with pytest.raises(ValueError, match=r".*") as caught:
        primers.masks(bed, RCRS)
    assert message in str(caught.value)


def test_a_variant_under_a_primer_is_counted_from_the_other_amplicon_alone(tmp_path):
    """Two amplicons that overlap: within its own primer a read shows the primer."""
    other = {"A": "G", "G": "A", "C": "T", "T": "C"}
    at = on_circle(1115)  # in the forward primer of the second amplicon
    genome = CIRCLE[:at] + other[CIRCLE[at]] + CIRCLE[at + 1 :]
    bed = tmp_path / "p.bed"
    bed.write_text(
        "chrM\t1000\t1020\t1F\t0\t+\nchrM\t1180\t1200\t1R\t0\t-\n"
        "chrM\t1100\t1120\t2F\t0\t+\nchrM\t1280\t1300\t2R\t0\t-\n"
    )
    library = Library()
    for k in range(200):
        first = k % 2 == 0
        # The second amplicon carries its primer's own sequence, that of the reference.
        source = genome if first else CIRCLE
        bases = pair(source, 1000 if first else 1100, 200, 150, k % 4 > 1)
        library.add(f"a{k}", bases, ("I" * 150, "I" * 150))
    folder = tmp_path
    path = aligned(folder, index(folder), [library.write(folder / "l")])
    plain = count_bam(path).bases[1114].sum(axis=1)
    result = count_bam(path, primers=primers.masks(bed, RCRS))
    clipped = result.bases[1114].sum(axis=1)
    assert sorted(plain[plain > 0]) == [100, 100]  # half of it the primer's
    assert clipped["ACGT".index(other[CIRCLE[at]])] == clipped.sum() == 100
    depth = result.bases.sum(axis=(1, 2))
    assert set(depth[1020:1100]) == {100} and set(depth[1120:1180]) == {200}
    assert depth[1000:1020].sum() == depth[1280:1300].sum() == 0
    assert result.meta["primers_clipped"]
    assert np.all(depth[1100:1120] == 100)


@pytest.mark.parametrize(("gap", "distance"), [(1, 1), (9, 1), (9, 40)])
def test_an_indel_beside_a_primer_has_the_vaf_of_the_molecules(tmp_path, gap, distance):
    """Ends of reads are not evenly spread in amplicons: here that takes nothing away."""
    start, size, primer = on_circle(4001), 250, 22
    at = start + primer + distance
    genomes = {True: (CIRCLE[:at] + CIRCLE[at + gap :], size - gap), False: (CIRCLE, size)}
    bed = tmp_path / "p.bed"
    bed.write_text("chrM\t4000\t4022\tF\t0\t+\nchrM\t4228\t4250\tR\t0\t-\n")
    library = Library()
    for k in range(200):
        source, long = genomes[k % 10 < 3]
        bases = pair(source, start, long, 150, k % 4 > 1)
        library.add(f"a{k}", bases, ("I" * 150, "I" * 150))
    path = aligned(tmp_path, index(tmp_path), [library.write(tmp_path / "l")])
    found = count_bam(path, primers=primers.masks(bed, RCRS))
    table = pd.DataFrame(found.indels, columns=INDEL_COLUMNS)
    counts = Counts(found.bases, table, found.meta, found.sums)
    (row,) = [i for i, (_, ref, alt, *_) in enumerate(found.indels) if len(ref) - len(alt) == gap]
    shown = table.loc[[row], ["forward", "reverse"]].to_numpy().sum()
    depth = indel_depth(counts, RCRS, table.loc[[row]]).sum()
    assert (shown, depth) == (60, 200)


BED_CELLS = st.one_of(
    VCF_CELLS,
    st.sampled_from(["chrM", "MT", "0", "16560", "16600", "+", "-", ".", "track", "9" * 5000]),
)


BEDS = st.builds(
    lambda rows, encoding: "\n".join("\t".join(row) for row in rows).encode(encoding, "replace"),
    st.lists(st.lists(BED_CELLS, max_size=7), max_size=4),
    st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1"]),
)
GOOD = [["chrM", "100", "120", "a", "0", "+"], ["MT", "16560", "16575", "b", "0", "-"]]


def test_any_bed_ends_in_primers_or_in_an_error_that_names_it(tmp_path):
    path = tmp_path / "primers.bed"
    read = []

    @fuzzed
    @given(BEDS | damaged(GOOD))
    def check(data):
        path.write_bytes(data)
        try:
            found = primers.read_bed(path, RCRS)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert found
            read.append(len(found))
            for start, end, strand in found:
                assert 0 <= start < 16569 and start < end <= 2 * 16569 and strand in "+-."

    check()
    assert 2 in read  # the good table; a damaged cell may hold line breaks, which make rows
