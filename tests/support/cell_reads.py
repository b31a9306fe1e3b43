"""A small library of single cells as a sorted BAM, and a counter by brute force to compare with."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pysam
from places import RCRS

BASES = "ACGT"


def barcodes(rng, n):
    return ["".join(rng.choice(list(BASES), 16)) + "-1" for _ in range(n)]


def write_library(
    path, rng, cells, *, fragments=60, length=50, umis=False, paired=True, clean=False
):
    """Fragments of each cell with copies, errors, clips, indels and overlapping mates.

    Of one name both mates are there, except where one does not align. ``clean``: no indels, clips,
    errors or reads that align badly.
    """
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": "chr1", "LN": 5000}, {"SN": "chrM", "LN": 16569}],
    }
    records = []
    number = 0
    for cell in cells:
        for _ in range(fragments):
            # Few starts, so that copies, UMIs and cells meet at the same positions.
            start = int(rng.choice([40, 200, 1500, 1520, 3200, 8000, 16400])) + int(
                rng.integers(60)
            )
            size = int(rng.integers(length, 2 * length + 30))
            umi = "".join(rng.choice(list("AC"), 3))
            for _ in range(int(rng.integers(1, 4))):
                number += 1
                records += _fragment(rng, f"r{number}", cell, umi if umis else "", start, size,
                                     length, paired)  # fmt: skip
    with pysam.AlignmentFile(str(path) + ".raw", "wb", header=header) as out:
        for record in records:
            record = _cleaned(record) if clean else record
            out.write(pysam.AlignedSegment.from_dict(record, out.header))
    pysam.sort("-o", str(path), str(path) + ".raw")
    Path(str(path) + ".raw").unlink()


def _cleaned(record):
    """The read as it was in the molecule, well aligned."""
    start, length = int(record["ref_pos"]) - 1, len(record["seq"])
    return record | {
        "cigar": f"{length}M", "map_quality": "60", "qual": "I" * length,
        "seq": RCRS.sequence[start : start + length].replace("N", "A"),
    }  # fmt: skip


def _fragment(rng, name, cell, umi, start, size, length, paired):
    size = min(size, 16560 - start)
    if not paired:
        reverse = bool(rng.integers(2))
        return [_read(rng, name, 16 * reverse, start, length, cell, umi, ("*", 0, 0))]
    left, right = start, start + size - length
    turned = bool(rng.integers(2))
    flags = (
        0x1 | 0x2 | 0x20 | (0x80 if turned else 0x40),
        0x1 | 0x2 | 0x10 | (0x40 if turned else 0x80),
    )
    kind = rng.random()
    if kind < 0.05:  # the mate is elsewhere in the genome
        mate = _read(rng, name, flags[0] & ~0x2, left, length, cell, umi, ("chr1", 100, 0))
        return [mate]
    return [
        _read(rng, name, flags[0], left, length, cell, umi, ("=", right, size)),
        _read(rng, name, flags[1], right, length, cell, umi, ("=", left, -size)),
    ]


def _read(rng, name, flag, start, length, cell, umi, mate):
    reference = RCRS.sequence.replace("N", "A")
    half = length // 2
    cigar, parts = f"{length}M", [reference[start : start + length]]
    kind = rng.random()
    if kind < 0.1:
        cigar = f"{half}M2I{length - half - 2}M"
        parts = [reference[start : start + half], "GT", reference[start + half :]]
    elif kind < 0.2:
        cigar = f"{half}M3D{length - half}M"
        parts = [reference[start : start + half], reference[start + half + 3 :]]
    elif kind < 0.3:
        clip = int(rng.integers(1, min(40, length - 5)))
        cigar, parts = f"{clip}S{length - clip}M", ["A" * clip, reference[start:]]
    sequence = list("".join(parts)[:length])
    for i in range(length):
        if rng.random() < (0.3 if kind > 0.97 else 0.01):
            sequence[i] = str(rng.choice(list(BASES)))
    qualities = "".join(
        chr(33 + int(q)) for q in rng.choice([8, 19, 20, 37], length, p=[0.05, 0.05, 0.1, 0.8])
    )
    tags = [] if rng.random() < 0.03 else [f"CB:Z:{cell}"]
    tags += [f"UB:Z:{umi}"] if umi and rng.random() > 0.03 else []
    if rng.random() < 0.2:
        flag |= 0x400
    return {
        "name": name, "flag": str(flag), "ref_name": "chrM", "ref_pos": str(start + 1),
        "map_quality": str(int(rng.choice([3, 60], p=[0.05, 0.95]))), "cigar": cigar,
        "next_ref_name": mate[0], "next_ref_pos": str(mate[1] + 1), "length": str(mate[2]),
        "seq": "".join(sequence), "qual": qualities, "tags": tags,
    }  # fmt: skip


def _clips(read):
    ops = read.cigartuples
    left = ops[0][1] if ops[0][0] == 4 else 0
    right = ops[-1][1] if ops[-1][0] == 4 else 0
    return left, right


def _passes(read, rules, floor):
    if read.flag & 0xB04 or read.mapping_quality < rules.min_mapping_quality:
        return False
    left, right = _clips(read)
    aligned = read.query_length - left - right
    if aligned < floor:
        return False
    five, three = (right, left) if read.is_reverse else (left, right)
    ends = not read.is_paired or 0 < abs(read.template_length) <= aligned
    return five <= rules.max_clipped and (three <= rules.max_clipped or ends)


def _bases(read, rules):
    """Reference position to base of a read, None if it has too many mismatches."""
    left, right = _clips(read)
    aligned = read.query_length - left - right
    found, mismatches = {}, 0
    for query, position in read.get_aligned_pairs(matches_only=True):
        base = read.query_sequence[query]
        if base not in BASES or read.query_qualities[query] < rules.min_base_quality:
            continue
        if position == 3106:
            continue
        mismatches += base != RCRS.sequence[position]
        if left + rules.read_end <= query < read.query_length - right - rules.read_end:
            found[position] = base
    if mismatches > max(3, int(rules.max_mismatches_per_100 * aligned / 100)):
        return None
    return found


def brute_force(path, rules, positions, probes, listed=None, umi_tag="", reach=2000):
    """Counts (cell, position, base), depth and fragments of each cell by dictionaries."""
    votes = defaultdict(lambda: defaultdict(int))
    fragments, last = defaultdict(int), {}
    met = set()
    with pysam.AlignmentFile(str(path)) as source:
        longest = 0
        for read in source:
            longest = max(longest, read.query_length)
    floor = min(rules.min_aligned_length, int(0.75 * longest))
    with pysam.AlignmentFile(str(path)) as source:
        for read in source:
            if not read.has_tag("CB") or not _passes(read, rules, floor):
                continue
            if umi_tag and not read.has_tag(umi_tag):
                continue
            cell = read.get_tag("CB")
            if listed is not None and cell not in listed:
                continue
            met.add(cell)
            bases = _bases(read, rules)
            if bases is None:
                continue
            start = read.reference_start
            if umi_tag:
                molecule, gone = (cell, read.get_tag(umi_tag)), start + reach
            elif (
                read.is_paired
                and not read.flag & 0xC
                and read.next_reference_id == read.reference_id
            ):
                ends = sorted((start, read.next_reference_start))
                molecule, gone = (cell, *ends, abs(read.template_length)), ends[1]
            else:
                molecule, gone = (cell, start, read.reference_end, read.is_reverse, "one"), start
            if molecule not in last or last[molecule] < start:
                fragments[cell] += 1
            last[molecule] = gone
            for position, base in bases.items():
                votes[molecule, position][base] += 1
    counts, depth = defaultdict(int), defaultdict(int)
    wanted, probes = set(positions), set(probes)
    for (molecule, position), ballot in votes.items():
        base, most = max(ballot.items(), key=lambda item: item[1])
        if 2 * most <= sum(ballot.values()):
            continue
        if position in wanted:
            counts[molecule[0], position, base] += 1
        depth[molecule[0]] += position in probes
    return dict(counts), dict(depth), dict(fragments), met
