"""The poly-C tract of HV2: molecules of known lengths are aligned, counted and called as such."""

import re

import numpy as np
import pysam
import pysam.bcftools
import pytest
from bam_counts import count_bam
from draws import REFERENCE, call
from places import GENOME
from simulated_reads import CIRCLE, RCRS, Library, aligned, counted, pair, with_errors

from mitotransfer.calls import vcf
from mitotransfer.counts import allele_counts
from mitotransfer.genome import consequences
from mitotransfer.reads import bam_records, poly_c
from mitotransfer.reads.lanes import SampleReads

LEFT, RIGHT = CIRCLE[282:302], CIRCLE[315:335]
LETTERS = "=ACMGRSVTWYHKDBN"


def molecule(tract):
    return CIRCLE[:302] + tract + CIRCLE[315:]


def cs(first, second):
    return "C" * first + "T" + "C" * second


def operations(cigar):
    found = re.findall(r"(\d+)([MIDNSH])", cigar)
    return [int(size) << 4 | "MIDNSH".index(kind) for size, kind in found]


def realigned(read, cigar, pos=282, codes=RCRS.codes):
    """The CIGAR that a read gets; the same object where the aligner's stays."""
    ops = np.array(operations(cigar), np.int64)
    data = np.zeros(bam_records.O_NAME + 1 + 4 * len(ops) + len(read) + 1, np.uint8)
    data[bam_records.O_NAME_LENGTH], data[bam_records.O_CIGAR_LENGTH] = 1, len(ops)
    nibbles = [LETTERS.index(base) for base in read] + [0]
    for i in range(0, len(read), 2):
        data[bam_records.O_NAME + 1 + 4 * len(ops) + i // 2] = nibbles[i] << 4 | nibbles[i + 1]
    out = np.empty(len(ops) + poly_c.MORE_OPS, np.int64)
    n = poly_c.realign(data, 0, pos, codes, GENOME.circle, ops, out)
    return "".join(f"{op >> 4}{'MIDNSH'[op & 15]}" for op in out[:n].tolist()) if n else cigar


@pytest.mark.parametrize(
    ("tract", "cigar", "expected"),
    [
        (cs(8, 6), "27M2I26M", "20M1I8M1I25M"),  # CT inserted and 310T>C
        (cs(8, 6), "28M2I25M", "20M1I8M1I25M"),  # 310T>C and TC inserted
        (cs(9, 6), "27M3I26M", "20M2I8M1I25M"),
        (cs(7, 6), "28M1I25M", "28M1I25M"),
        (cs(7, 6), "33M1I20M", "28M1I25M"),
        (cs(8, 5), "24M1I29M", "20M1I33M"),
        (cs(6, 5), "26M1D26M", "20M1D32M"),
        (cs(6, 4), "26M2D25M", "20M1D7M1D24M"),
        ("C" * 13, "25M1I1D27M", "53M"),
        ("C" * 14, "20M1I33M", "28M1I25M"),
        ("CCCACCCC" + "TCCCCCC", "27M2I26M", "20M1I8M1I25M"),  # with an error
        ("CCTCCCCC" + "TCCCCCC", "27M2I26M", "20M1I8M1I25M"),  # with another T
        # What stays: shorter without the T; the same with an error; other sequence; no indel.
        ("C" * 12, "27M1D25M", "27M1D25M"),
        ("C" * 9 + "TCC", "27M1D25M", "27M1D25M"),
        ("", "20M13D20M", "20M13D20M"),
        ("CCGATTACA" + "C" * 5 + "TCCCCC", "22M7I31M", "22M7I31M"),
        (cs(6, 6), "53M", "53M"),
    ],
)
def test_reads_are_realigned_by_their_runs(tract, cigar, expected):
    read = LEFT + tract + RIGHT
    assert realigned(read, cigar) == expected
    clipped = realigned("GGG" + read + "AG", f"3S{cigar}2S")
    assert clipped == f"3S{expected}2S"


def test_only_reads_that_span_the_tract_are_realigned():
    tract = cs(8, 6)
    assert realigned("A" + tract + "G", "8M2I7M", 301) == "1M1I8M1I6M"
    assert realigned(tract + "G", "7M2I7M", 302) == "7M2I7M"
    assert realigned("A" + tract, "8M2I6M", 301) == "8M2I6M"
    # Over the origin, with an indel there.
    read = CIRCLE[-90:-50] + "G" + CIRCLE[-50:] + CIRCLE[:302] + tract + RIGHT
    assert realigned(read, "40M1I359M2I26M", -90) == "40M1I352M1I8M1I25M"
    # A reference that has another tract.
    other = RCRS.codes.copy()
    other[305] = 0
    assert realigned(LEFT + tract + RIGHT, "27M2I26M", codes=other) == "27M2I26M"
    assert realigned(LEFT, "10M1I9M", codes=RCRS.codes[:310]) == "10M1I9M"


# ---- simulated molecules ----

SHARES = {cs(7, 6): 0.5, cs(8, 6): 0.3, cs(9, 6): 0.1, "C" * 14: 0.1}
# Left-normalised alleles of each.
TRUTH = {
    cs(7, 6): {(310, "T", "TC")},
    cs(8, 6): {(302, "A", "AC"), (310, "T", "TC")},
    cs(9, 6): {(302, "A", "ACC"), (310, "T", "TC")},
    "C" * 14: {(310, "T", "C"), (310, "T", "TC")},
}


@pytest.fixture(scope="module")
def mixture(tmp_path_factory, prefix):
    """Pairs, single reads of 100 and 150 bases, of molecules with tracts of several lengths."""
    rng = np.random.default_rng(31)
    out = {}
    for length, paired in ((150, True), (100, False)):
        library = Library()
        for k in range(4000 if paired else 2500):
            tract = list(SHARES)[rng.choice(len(SHARES), p=list(SHARES.values()))]
            insert = int(rng.integers(160, 400)) if paired else length
            start = int(rng.integers(302 - insert - 50, 365))
            reads = pair(molecule(tract), start, insert, length, bool(k % 2))
            (one, q1), (two, q2) = (with_errors(rng, bases, 0.002) for bases in reads)
            library.add(f"{len(tract)}:{k}", (one, two), (q1, q2))
        folder = tmp_path_factory.mktemp(f"mixture{length}")
        lane = library.write(folder / "m")
        out[paired] = lane if paired else type(lane)(lane.fastq_1), folder
    return out, prefix


@pytest.mark.parametrize("paired", [True, False])
def test_molecules_are_counted_as_they_are(mixture, paired, tmp_path):
    lanes, prefix = mixture
    lane, folder = lanes[paired]
    path = aligned(folder, prefix, [lane])
    seen = 0
    with pysam.AlignmentFile(str(path)) as source:
        for record in source:
            pairs = [(q, p) for q, p in record.get_aligned_pairs() if q is not None]
            at = {p: i for i, (_, p) in enumerate(pairs)}
            if 301 not in at or 315 not in at:
                continue
            within = pairs[at[301] + 1 : at[315]]
            tract = "".join(record.query_sequence[q] for q, _ in within)
            if tract in SHARES and "T" in tract:
                first, second = (len(run) for run in tract.split("T"))
                places = [None] * (first - 7) + [*range(302, 310)]
                places += [None] * (second - 5) + [*range(310, 315)]
                assert [p for _, p in within] == places
                seen += 1
    assert seen > 500
    kept = count_bam(path)
    direct = counted(prefix, SampleReads("S1", [lane]))
    np.testing.assert_array_equal(kept.bases, direct.bases)
    assert kept.indels == direct.indels and kept.meta == direct.meta
    allele_counts.save(kept, tmp_path / "S1.npz")
    loaded = allele_counts.load(tmp_path / "S1.npz", sums=True)
    frame = consequences.annotate(call(loaded), GENOME, {})
    frame = frame[frame["pos"].between(290, 330) & (frame["vaf"] > 0.01)]  # not its errors
    expected = {}
    for tract, alleles in TRUTH.items():
        for allele in alleles:
            expected[allele] = expected.get(allele, 0) + SHARES[tract]
    table = {(r.pos, r.ref, r.alt): r for r in frame.itertuples()}
    assert set(table) == set(expected)
    for allele, share in expected.items():
        row = table[allele]
        # One per cent of the reads have an error in the tract.
        deviation = 3.5 * np.sqrt(share * (1 - min(share, 0.95)) / row.depth) + 0.012
        assert abs(row.vaf - share) < deviation
        assert row.filter == ("artefact" if row.type == "SNV" else "PASS")
    assert table[(310, "T", "TC")].state == "homoplasmic"
    names = {row.hgvs_m for row in table.values()}
    assert names == {"m.309dup", "m.308_309dup", "m.310T>C", "m.315dup"}
    for row in table.values():
        if row.type != "SNV":
            known = np.maximum(loaded.depth[row.pos - 1], loaded.depth[301])
            assert row.depth == known.sum()
    fasta = tmp_path / "chrM.fa"
    fasta.write_text(f">chrM\n{REFERENCE.sequence}\n")
    vcf.write_vcf(frame, tmp_path / "S1.vcf.gz", "S1", REFERENCE)
    normal = pysam.bcftools.norm("-c", "e", "-f", str(fasta), str(tmp_path / "S1.vcf.gz"))
    lines = [line.split("\t")[1:5] for line in normal.splitlines() if line[0] != "#"]
    assert {(int(pos), ref, alt) for pos, _, ref, alt in lines} == set(table)


def test_reads_that_do_not_span_the_tract_do_not_count_in_it(tmp_path, prefix):
    library = Library()
    # The last ones end 10 bases into what follows the tract, the first ones begin 10 before it.
    for k, start in enumerate([*range(200, 227), *range(292, 320)]):
        library.add(f"s{k}", pair(molecule(cs(7, 5)), start, 99, 99, False), ("I" * 99,) * 2)
    lane = library.write(tmp_path / "s")
    path = aligned(tmp_path, prefix, [type(lane)(lane.fastq_1)])
    depth = count_bam(path).bases.sum(axis=(1, 2))
    assert (depth[301:315] == 0).all()
    assert depth[300] > 10 and depth[315] > 10
    one = Library()
    one.add("one", pair(molecule(cs(7, 6)), 291, 99, 99, False), ("I" * 99,) * 2)
    lane = one.write(tmp_path / "one")
    path = aligned(tmp_path, prefix, [type(lane)(lane.fastq_1)], "S2")
    found = count_bam(path)
    assert found.indels == [(310, "T", "TC", 1, 0)]
    assert found.bases[301:315].sum() == 14
