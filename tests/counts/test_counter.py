"""Counts against an independent slow counter, known depths and known heteroplasmies."""

from __future__ import annotations

from collections import Counter as Multiset
from collections import defaultdict

import numpy as np
import pysam
import pytest
from bam_counts import count_bam
from places import LENGTH, PLACEHOLDER
from simulated_reads import (
    CIRCLE,
    RCRS,
    Library,
    aligned,
    on_circle,
    pair,
    with_errors,
)

from mitotransfer.counts import counter
from mitotransfer.counts.counter import indel_rows, own_alleles
from mitotransfer.genome import reference
from mitotransfer.inputs.settings import Counting

# Neighbours on the circle: 3106 and 3108 are.
ORDER = [at for at in range(LENGTH) if at != PLACEHOLDER]
TRACT = range(301, 315)  # of poly-C, with the base before it; 0-based


def edited(genome, edits):
    """A genome with (rCRS position, ref, alt) put in, positions from the last to the first."""
    for position, old, new in sorted(edits, reverse=True):
        at = on_circle(position)
        assert genome[at : at + len(old)] == old
        genome = genome[:at] + new + genome[at + len(old) :]
    return genome


def snv(position):
    old = CIRCLE[on_circle(position)]
    return position, old, {"A": "G", "G": "A", "C": "T", "T": "C"}[old]


@pytest.fixture(scope="module")
def messy(tmp_path_factory, prefix):
    """Reads with overlaps, indels, errors, adapters, nuclear copies and ends."""
    rng = np.random.default_rng(20)
    own = [snv(p) for p in (73, 263, 750, 3100, 3110, 8860, 16519)]
    rare = [
        *(snv(p) for p in (2, 5, 3106, 3108, 12705, 16567)),
        (309, CIRCLE[308], CIRCLE[308] + "C"),  # in a tract of C
        (513, CIRCLE[512:515], CIRCLE[512]),  # a CA repeat shorter by one
        (8270, CIRCLE[on_circle(8270) : on_circle(8280)], CIRCLE[on_circle(8270)]),  # 9 bp
        (12000, CIRCLE[on_circle(12000)], CIRCLE[on_circle(12000)] + "GATTACA"),
        (3103, CIRCLE[on_circle(3103) : on_circle(3106)], CIRCLE[on_circle(3103)]),
    ]
    major, minor = edited(CIRCLE, own), edited(CIRCLE, own + rare)
    copy = np.array(list(CIRCLE))
    changed = rng.random(len(copy)) < 0.06
    copy[changed] = rng.choice(list("ACGT"), changed.sum())
    nuclear = "".join(copy)
    library = Library()
    # More fragments at the ends and at 3107, where the rules are hardest.
    hard = [16569 - 200, 0, 200, 3000, 300, 500, 8200, 11900]
    for k in range(3000):
        genome = [major, minor, nuclear][rng.choice(3, p=[0.65, 0.3, 0.05])]
        start = int(rng.integers(len(genome)))
        if k % 2:
            start = hard[int(rng.integers(len(hard)))] + int(rng.integers(-200, 200))
        insert = int(np.clip(rng.normal(230, 90), 60, 800))
        bases = list(pair(genome, start, insert, 120, bool(rng.random() < 0.5)))
        if insert < 120:
            bases = [(b + "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA" * 3)[:120] for b in bases]
        elif rng.random() < 0.03:
            bases[0] = bases[0][:70] + pair(genome, start + 5000, 200, 50, False)[0]
        elif rng.random() < 0.02:
            bases[1] = bases[1][:35]
        (one, q1), (two, q2) = (with_errors(rng, b, 0.004) for b in bases)
        library.add(f"run:{k}", (one, two), (q1, q2))
    folder = tmp_path_factory.mktemp("messy")
    bam = aligned(folder, prefix, [library.write(folder / "messy")])
    # Flags that other tools set.
    marked = folder / "marked.bam"
    with pysam.AlignmentFile(str(bam)) as source:
        header = source.header.to_dict()
        records = list(source)
    del header["CO"]  # what it says of duplicates is no longer true
    with pysam.AlignmentFile(str(marked), "wb", header=header) as target:
        for k, record in enumerate(records):
            record.is_duplicate = k % 41 == 0
            record.is_qcfail = k % 53 == 0
            if k % 37 == 0:
                record.mapping_quality = 19
            target.write(record)
    return marked


# ---- the slow counter: one read at a time, dictionaries, strings ----


def slow_hash(name):
    value = 14695981039346656037
    for letter in name.encode():
        value = ((value ^ letter) * 1099511628211) % 2**64
    return value


class SlowRecord:
    def __init__(self, record, rules):
        self.record = record
        before = record.get_tag("YB") if record.has_tag("YB") else 0
        after = record.get_tag("YA") if record.has_tag("YA") else 0
        first, last = record.query_alignment_start, record.query_alignment_end
        self.aligned = last - first
        self.whole = self.aligned + before + after
        low = first + max(0, rules.read_end - before)
        high = last - max(0, rules.read_end - after)
        self.strand = int(record.is_reverse)
        ends = [first - before, len(record.query_sequence) - last - after]
        five, three = ends[::-1] if record.is_reverse else ends
        adapter = not record.is_paired or 0 < abs(record.template_length) <= self.whole
        limit = rules.max_clipped
        self.chimeric = five > limit or (three > limit and not adapter)
        self.all, self.good = {}, {}
        qualities = record.query_qualities
        pairs = record.get_aligned_pairs()
        start, end = (at - (at > 3106) for at in (record.reference_start, record.reference_end))
        self.span = start, end
        self.mismatches = 0
        for query, at in pairs:
            if query is None or at is None:
                continue
            assert at != PLACEHOLDER
            base = record.query_sequence[query]
            if base in "ACGT" and qualities[query] >= rules.min_base_quality:
                self.all[at] = base, qualities[query]
                self.mismatches += base != RCRS.sequence[at]
                if low <= query < high:
                    here = at - (at > 3106)
                    distance = min(here - start + before, end - 1 - here + after)
                    self.good[at] = (base, qualities[query], distance)
        self.around = before, after
        judged = [a - (a > 3106) for q, a in pairs if q is not None and a is not None
                  and low <= q < high]  # fmt: skip
        self.judged = (min(judged), max(judged)) if judged else (0, -1)
        self.events = {}
        query, at = 0, record.reference_start
        for kind, size in record.cigartuples:
            if kind in (1, 2):
                here = at - (at > PLACEHOLDER)
                taken = size if kind == 1 else 0
                lost = size - (at <= PLACEHOLDER < at + size) if kind == 2 else 0
                inside = low <= query and query + taken <= high
                flanks = first < query and query + taken < last
                if inside and flanks and taken + lost:
                    sure = min(qualities[query - 1], qualities[query + taken])
                    if sure >= rules.min_base_quality or 302 <= here <= 315:
                        inserted = record.query_sequence[query : query + taken]
                        key, left, right = slow_normalise(here, lost, inserted)
                        self.events[key] = (sure, left, right)
            if kind in (0, 1, 4):
                query += size
            if kind in (0, 2):
                at += size
        # The poly-C tract, with the base before it: reads that span it speak of it.
        spans = self.judged[0] < 302 and self.judged[1] > 314
        self.good = {at: v for at, v in self.good.items() if spans or not 301 <= at <= 314}
        found, self.events = self.events, {}
        for key, (sure, left, right) in found.items():
            if not 302 <= key[0] <= 315:
                if sure >= rules.min_base_quality:
                    self.events[key] = sure, left, right
            elif spans:
                sure = self.all.get(key[0] - 1, (None, -1))[1]
                self.events[key] = sure, min(left, 301), max(right, 315)

    def distance(self, at):
        """Of a place to the nearer aligned end; -1 outside the record."""
        here, (start, end), (before, after) = at - (at > 3106), self.span, self.around
        inside = start <= here < end
        return min(here - start + before, end - 1 - here + after) if inside else -1


def slow_normalise(at, lost, inserted):
    """Leftmost equal edit on the circle, by comparing whole mutated genomes."""
    size = len(CIRCLE)
    tripled = CIRCLE * 3

    def mutated(start, new):
        start += size
        return tripled[start - size // 2 : start] + new + tripled[start + lost : start + size // 2]

    def shifted(start, new, by):
        """The edit moved by one, with the inserted bases that this takes."""
        if by < 0:
            return start - 1, (tripled[start - 1 + size] + new)[: len(new)]
        return start + 1, (new + tripled[start + size])[1:] if new else ""

    def equal(one, other):
        # Compare around both edits, on the same stretch of the genome.
        low, high = min(one[0], other[0]) - 5 + size, max(one[0], other[0]) + lost + 5 + size
        texts = [
            tripled[low : s + size] + new + tripled[s + size + lost : high]
            for s, new in (one, other)
        ]
        return texts[0] == texts[1]

    here = (at, inserted)
    left = here
    while equal(left, shifted(*left, -1)):
        left = shifted(*left, -1)
    right = here
    while equal(right, shifted(*right, 1)):
        right = shifted(*right, 1)
    anchor = (left[0] - 1) % size
    rcrs = anchor + (anchor >= PLACEHOLDER)
    doubled = RCRS.sequence * 2
    if inserted:
        key = (rcrs + 1, doubled[rcrs], doubled[rcrs] + left[1])
    else:
        ref, end = doubled[rcrs], rcrs
        while len(ref.replace("N", "")) < lost + 1:
            end += 1
            ref += doubled[end]
        key = (rcrs + 1, ref, doubled[rcrs])
    return key, left[0] - 1, right[0] + lost


def slow_filter(record, rules):
    """The read for the slow counter; None if its flags, length or clips rule it out."""
    if record.is_unmapped or record.is_secondary or record.is_qcfail or record.is_duplicate:
        return None
    if record.mapping_quality < rules.min_mapping_quality:
        return None
    if record.is_supplementary and not record.has_tag("YB"):
        return None
    slow = SlowRecord(record, rules)
    return None if slow.whole < rules.min_aligned_length or slow.chimeric else slow


def slow_count(path, rules):
    """Sums, profile, reach, pairs, indels, and primary reads that count."""
    with pysam.AlignmentFile(str(path)) as source:
        records = [slow for r in source if (slow := slow_filter(r, rules))]
    everything, *_ = slow_join(records)
    own = []
    for at in range(LENGTH):
        found = everything[0, at].sum(axis=1).tolist()
        depth = sum(found)
        alleles = {RCRS.sequence[at]}
        for base, n in zip("ACGT", found, strict=True):
            if n and n >= rules.own_allele_vaf * depth and (n >= 3 or n > depth / 2):
                alleles.add(base)
        own.append(alleles)
    kept = []
    for r in records:
        wrong = sum(base not in own[at] for at, (base, _) in r.all.items())
        if wrong <= max(3, int(rules.max_mismatches_per_100 * r.aligned / 100)):
            kept.append(r)
    return (*slow_join(kept), len([r for r in kept if not r.record.is_supplementary]))


def slow_join(records):
    """Fragments and sums per position, allele and strand; profile; reach; pairs; indels."""
    bases = []  # of each: position, allele, strand, and what is summed
    profile, reach = np.zeros((64, 32), int), np.zeros(128, int)
    indels, pairs = defaultdict(lambda: [0, 0]), Multiset()
    fragments = defaultdict(lambda: ([], []))
    for r in records:
        fragments[r.record.query_name][r.record.is_read2].append(r)
    for name, mates in fragments.items():
        winner = 0 if (slow_hash(name) >> 7) & 1 else 1
        seen = [{at: (*v, r) for r in parts for at, v in r.good.items()} for parts in mates]
        counted = {}
        for at in set(seen[0]) | set(seen[1]):
            here = [s[at] for s in seen if at in s]
            if len(here) == 2:
                if here[0][0] != here[1][0]:
                    continue
                tie = here[0][1] == here[1][1]
                here = [here[winner] if tie else max(here, key=lambda v: v[1])]
            base, quality, distance, r = here[0]
            counted[at] = base, r
            values = 1, min(quality, 63), min(distance, 127), min(r.mismatches, 63)
            bases.append((at, "ACGT".index(base), r.strand, *values))
            if (at - (at > 3106)) % 16 == 0:
                profile[values[1], values[2] // 4] += 1
                # Of two mates' parts the one that reaches farther, whatever its base.
                ends = [o.distance(at) for parts in mates for o in parts]
                reach[min(max(ends), 127)] += 1
        pairs.update(slow_pairs(counted))
        for me in (0, 1):
            for r in mates[me]:
                for key, (sure, left, right) in r.events.items():
                    if sure == -1:  # speaks neither for the indel nor against it
                        continue
                    same = [o for o in mates[1 - me] if key in o.events]
                    if same:
                        theirs = same[0].events[key][0]
                        if sure > theirs or (sure == theirs and me == winner):
                            indels[key][r.strand] += 1
                    elif not any(o.judged[0] <= left and right <= o.judged[1]
                                 for o in mates[1 - me]):  # fmt: skip
                        indels[key][r.strand] += 1
    rows = sorted((*key, n) for key, n in pairs.items())
    ordered = sorted(rows, key=lambda row: (row[0], row[2], row[1], row[3]))
    sums = np.zeros((4, LENGTH, 4, 2), int)
    where, values = np.split(np.array(bases).T, [3])
    for one, summed in zip(sums, values, strict=True):
        np.add.at(one, tuple(where), summed)
    return sums, profile, reach, np.array(ordered).T, dict(indels)


def slow_pairs(counted):
    """Mismatches of a fragment with another one, or nothing, one or two bases away."""
    for at, (base, read) in counted.items():
        if base == RCRS.sequence[at]:
            continue
        here = at - (at > PLACEHOLDER)
        for there in (here - 2, here - 1, here + 1, here + 2):
            if not 0 <= there < len(ORDER):
                continue
            other, mate = counted.get(ORDER[there], (None, None))
            if mate and not max(read.span[0], mate.span[0]) < min(read.span[1], mate.span[1]):
                other = None  # mates side by side
            ends = [(at, "ACGT".index(base)), (ORDER[there], 4)]
            if other is None:
                yield sum(sorted(ends), ())
            elif other != RCRS.sequence[ORDER[there]] and there > here:
                yield (*ends[0], ORDER[there], "ACGT".index(other))


@pytest.mark.parametrize(
    "rules",
    [
        Counting(),
        Counting(read_end=0, min_base_quality=0, max_mismatches_per_100=100, min_aligned_length=0,
              max_clipped=150),
        Counting(read_end=25, min_base_quality=30, min_mapping_quality=0, min_aligned_length=60,
              max_clipped=10, max_mismatches_per_100=2, own_allele_vaf=0.1),
    ],
)  # fmt: skip
def test_counts_equal_those_of_a_slow_counter_to_the_last_one(messy, rules):
    (bases, *sums), profile, reach, pairs, indels, used = slow_count(messy, rules)
    result = count_bam(messy, rules)
    np.testing.assert_array_equal(result.bases, bases)
    for mine, slow in zip(vars(result.sums).values(), [*sums, profile, pairs], strict=True):
        np.testing.assert_array_equal(mine, slow)
    assert profile.sum() > 5000
    assert result.meta["reach"] == np.trim_zeros(reach, "b").tolist()
    mismatches = ((pairs[[1, 3]] < 4).all(axis=0)).sum()
    assert 1 < mismatches < pairs.shape[1] - 50
    table = {row[:3]: list(row[3:]) for row in result.indels}
    assert table == indels
    assert result.meta["used_reads"] == used
    assert bases.sum() > 100_000


def test_counts_do_not_depend_on_chunks_or_on_memory(messy, monkeypatch):
    expected = count_bam(messy)
    monkeypatch.setattr(counter, "_SLOTS", 1)
    monkeypatch.setattr(counter, "_EVENTS", 32)
    monkeypatch.setattr(counter, "_PUT_OFF", (2, 32, 2048))
    monkeypatch.setattr(counter, "_SPILL", 1)
    result = count_bam(messy, chunk=16)
    np.testing.assert_array_equal(result.bases, expected.bases)
    for mine, other in zip(vars(result.sums).values(), vars(expected.sums).values(), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert result.indels == expected.indels
    assert result.meta == expected.meta


def test_messy_reads_show_the_indels_that_were_put_in(messy):
    result = count_bam(messy)
    rows = {row[:3]: sum(row[3:]) for row in result.indels}
    insertion = (12000, RCRS.sequence[11999], RCRS.sequence[11999] + "GATTACA")
    assert rows[insertion] > 5
    # Left-normalised: the C tract from 303 on, the CA repeat from 514 on.
    assert rows[(302, "A", "AC")] > 5
    assert rows[(513, "GCA", "G")] > 5
    assert not any("N" in ref and len(ref) == 2 for _, ref, _ in rows)  # 3107 is no event
    assert result.meta["filtered_mismatches"] > 20
    assert result.meta["filtered_duplicate"] > 100
    assert result.meta["discordant_bases"] > 0


@pytest.fixture(scope="module")
def even(tmp_path_factory, prefix):
    """A fragment from every second position: coverage has to be the same everywhere."""
    library = Library()
    for k, start in enumerate(range(0, len(CIRCLE), 2)):
        bases = pair(CIRCLE, start, 340, 150, bool(k % 4 == 0))
        library.add(f"even{k}", bases, ("I" * 150, "I" * 150))
    folder = tmp_path_factory.mktemp("even")
    return aligned(folder, prefix, [library.write(folder / "even")])


def test_coverage_is_the_same_at_the_origin_at_3107_and_elsewhere(even):
    result = count_bam(even)
    depth = result.bases.sum(axis=(1, 2))
    real = np.arange(LENGTH) != PLACEHOLDER
    assert depth[PLACEHOLDER] == 0
    # 2 reads x (150 - 2 x 10 bases) from every second position; fewer span the poly-C tract.
    expected = np.full(LENGTH, 130)
    expected[TRACT] -= 14
    np.testing.assert_array_equal(depth[real], expected[real])
    assert len(result.indels) == 0
    major = result.bases.sum(axis=2).argmax(axis=1)
    np.testing.assert_array_equal(major[real], RCRS.codes[real])
    assert result.meta["insert_size_median"] == 340
    assert result.meta["reads"] == len(CIRCLE)
    assert result.meta["fragments"] == len(CIRCLE) // 2


@pytest.mark.parametrize("position", [5, 16567])
def test_heteroplasmies_beside_the_origin_have_their_frequency(tmp_path, prefix, position):
    rng = np.random.default_rng(position)
    other = edited(CIRCLE, [snv(position)])
    library = Library()
    for k in range(2500):
        genome = other if k % 10 == 0 else CIRCLE  # exactly 10 % of the fragments
        bases = pair(genome, int(rng.integers(-380, 20)), 350, 150, bool(k % 2))
        library.add(f"h{k}", bases, ("I" * 150, "I" * 150))
    bam = aligned(tmp_path, prefix, [library.write(tmp_path / "h")])
    result = count_bam(bam)
    here = result.bases[position - 1].sum(axis=1).astype(int)
    depth = here.sum()
    vaf = here["ACGT".index(snv(position)[2])] / depth
    assert depth > 800
    # Three standard deviations of a tenth seen in this many fragments.
    assert abs(vaf - 0.1) < 3 * np.sqrt(0.09 / depth)


def test_a_distant_haplotype_loses_no_reads_and_nuclear_copies_lose_theirs(tmp_path, prefix):
    rng = np.random.default_rng(5)
    window = np.arange(6000, 7000)
    far = list(CIRCLE)
    for at in rng.choice(window, 50, replace=False):  # 5 % away from the reference
        far[at] = snv(at + 2)[2]
    far = "".join(far)
    nuclear = list(far)
    for at in rng.choice(window, 60, replace=False):
        nuclear[at] = "ACGT"["CGTA".index(nuclear[at])]
    nuclear = "".join(nuclear)
    library = Library()
    for k in range(1500):
        genome = nuclear if k % 100 == 0 else far
        bases = pair(genome, int(rng.integers(6100, 6500)), 350, 150, bool(k % 2))
        library.add(f"{'n' if k % 100 == 0 else 't'}{k}", bases, ("I" * 150, "I" * 150))
    bam = aligned(tmp_path, prefix, [library.write(tmp_path / "far")])
    result = count_bam(bam)
    assert result.meta["filtered_mismatches"] >= 12  # of 30 reads of the nuclear copy
    assert result.meta["used_reads"] >= result.meta["aligned"] - 30
    clean = result.bases[6150:6800].sum(axis=2)
    truth = reference.encode(far)[6149:6799]  # the circle is one behind past 3107
    wrong = clean.sum(axis=1) - clean[np.arange(len(truth)), truth]
    assert (wrong / clean.sum(axis=1)).max() < 0.01


def test_single_reads_count(tmp_path, prefix):
    library = Library()
    for k, start in enumerate(range(0, len(CIRCLE), 4)):
        library.add(f"s{k}", pair(CIRCLE, start, 120, 120, bool(k % 2)), ("I" * 120,) * 2)
    lane = library.write(tmp_path / "s")
    bam = aligned(tmp_path, prefix, [type(lane)(lane.fastq_1)])
    result = count_bam(bam)
    depth = np.delete(result.bases.sum(axis=(1, 2)), [*TRACT, PLACEHOLDER])
    assert set(depth) == {25}  # (120 - 20) / 4
    assert set(result.bases[TRACT].sum(axis=(1, 2))) <= {21, 22}  # (120 - 20 - 14) / 4
    assert result.meta["reads"] == result.meta["fragments"] == len(CIRCLE) // 4
    assert result.meta["insert_size_median"] is None


def test_own_alleles_hold_the_reference_and_what_is_frequent():
    bases = np.zeros((4, 4, 2), np.int64)
    bases[0, 0], bases[0, 1] = [50, 50], [2, 2]  # 4 of 104 is above 3 %
    bases[1, 0], bases[1, 1] = [50, 50], [1, 1]  # two reads are too few
    bases[2, 3] = [1, 0]  # the only read
    codes = np.array([0, 0, 0, 2], np.uint8)
    np.testing.assert_array_equal(own_alleles(bases, codes, 0.03), [0b0011, 1, 0b1001, 0b0100])


def test_indels_across_the_placeholder_and_the_origin_have_rcrs_names():
    size = len(CIRCLE)
    events = {(3104, -2, 0, 0, 0): 3, (3105, 2, 0b1110, 0, 1): 2, (size - 2, -2, 0, 0, 1): 1}
    assert indel_rows(events, RCRS) == [
        (3105, RCRS.sequence[3104:3108], RCRS.sequence[3104], 3, 0),
        (3106, RCRS.sequence[3105], RCRS.sequence[3105] + "GT", 0, 2),
        (16568, RCRS.sequence[16567:] + RCRS.sequence[0], RCRS.sequence[16567], 0, 1),
    ]
