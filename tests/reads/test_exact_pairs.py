"""Ungapped pairs have the records that the aligner makes, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_reads import CIRCLE, EXTENSION, RCRS, Library, pair, with_errors

from mitotransfer.reads import align, aligner_index, bam_records, exact_pairs
from mitotransfer.reads.lanes import batches
from mitotransfer.reads.record_writer import read_group_tag

OTHER = {"A": "G", "G": "A", "C": "T", "T": "C"}
# Tracts, the placeholder, both ends, the edge of the bases that the aligner sees twice.
HARD = [300, 515, 16180, 3105, 8270, 5895, 956, 66, 568, 12, 1000, 16560]


def variant_genomes(rng):
    """Genomes with SNVs and indels at a density of up to one per cent."""
    for rate in (0, 0.001, 0.003, 0.006, 0.01):
        bases = list(CIRCLE)
        for at in rng.choice(len(bases), int(rate * len(bases)), replace=False):
            new = [OTHER[bases[at]], "", bases[at] * 2, OTHER[bases[at]] + "AC"]
            bases[at] = str(rng.choice(new, p=[0.6, 0.15, 0.15, 0.1]))
        yield "".join(bases)


def records(data):
    offsets = np.empty(len(data) // bam_records.O_NAME + 1, np.int64)
    count, end = bam_records.locate_records(data, len(data), offsets)
    assert end == len(data)
    ends = [*offsets[1:count].tolist(), end]
    return [data[a:b].tobytes() for a, b in zip(offsets[:count].tolist(), ends, strict=True)]


@pytest.mark.parametrize("length", [60, 101, 150])
def test_records_are_those_of_the_aligner(tmp_path, prefix, length):
    rng = np.random.default_rng(length)
    genomes = list(variant_genomes(rng))
    library = Library()
    for k in range(6000):
        genome = genomes[int(rng.integers(len(genomes)))]
        start = int(rng.integers(len(genome)))
        if k % 3 == 0:
            start = int(rng.choice(HARD)) + int(rng.integers(-200, 200))
        insert = int(np.clip(rng.normal(300, 90), 50, 900))
        bases = pair(genome, start, insert, length, bool(rng.random() < 0.5))
        (one, q1), (two, q2) = (with_errors(rng, b, 0.004) for b in bases)
        one = one.replace("A", "N", 1) if k % 50 == 0 else one
        library.add(f"r{k}", (one, two), (q1, q2))
    (batch,) = batches(library.write(tmp_path / "reads"), 6000)
    aligner = align.Aligner(prefix, RCRS, align.Settings(EXTENSION), "S")
    model = aligner.insert_sizes(batch)
    direct, left = aligner._ungapped(batch, model)
    taken = records(direct)
    assert len(taken) == 2 * (len(batch) - len(left))
    assert len(taken) > 5000
    aligner._lookup = None
    everything = records(aligner.align(batch, model, False).records)
    assert set(taken) <= set(everything)
    # Both ways together hold the same records, too.
    aligner = align.Aligner(prefix, RCRS, align.Settings(EXTENSION), "S")
    assert sorted(records(aligner.align(batch, model, False).records)) == sorted(everything)


def test_pairs_in_doubt_are_left_to_the_aligner(tmp_path, prefix):
    def turned(read, *places):
        return "".join(OTHER[b] if i in places else b for i, b in enumerate(read))

    one, two = pair(CIRCLE, 4000, 300, 100, False)
    far = pair(CIRCLE, 4000, 5000, 100, False)
    cases = {
        "plain": (one, two),
        "one": (turned(one, 0), two),
        "two": (turned(one, 20, 60), two),
        "edge": (turned(one, 1, 3), two),
        "three": (turned(one, 20, 40, 60), two),
        "unknown": ("N" + one[1:], two),
        "indel": (one[:50] + one[51:], two),
        "far": far,
        "same strand": (one, pair(CIRCLE, 4200, 300, 100, True)[1]),
        "origin": pair(CIRCLE, len(CIRCLE) - 50, 300, 100, False),
        "placeholder": pair(CIRCLE, 3050, 300, 100, False),
        "short": (one[:40], two[:40]),
    }
    library = Library()
    for name, reads in cases.items():
        library.add(name.replace(" ", "_"), reads, tuple("I" * len(r) for r in reads))
    (batch,) = batches(library.write(tmp_path / "reads"), 100)
    aligner = align.Aligner(prefix, RCRS, align.Settings(EXTENSION), "S")
    _, left = exact_pairs.take(
        batch.reads, batch.mates, aligner._lookup, 1000, (1, 700), read_group_tag("S")
    )
    assert [list(cases)[k] for k in range(len(cases)) if k not in left] == ["plain", "one", "two"]


def test_decoys_get_no_shortcut(tmp_path, prefix):
    decoy = tmp_path / "decoy.fa"
    decoy.write_text(f">chr1\n{CIRCLE[5000:9000:2]}\n")
    aligner_index.write_index(RCRS, EXTENSION, tmp_path / "both", decoy=decoy)
    for name, shortcut in ((tmp_path / "both", False), (prefix, True)):
        aligner = align.Aligner(name, RCRS, align.Settings(EXTENSION), "S")
        assert (aligner._lookup is not None) == shortcut


def test_no_stretches_of_the_circle_are_alike():
    """Any two stretches of 60 bases differ at 22 positions or more, on either strand."""
    codes = np.frombuffer(CIRCLE.encode(), np.uint8)
    complement = np.frombuffer(CIRCLE.translate(str.maketrans("ACGT", "TGCA")).encode(), np.uint8)
    for other, shifts in ((codes, range(1, len(codes))), (complement[::-1], range(len(codes)))):
        doubled = np.concatenate([other, other])
        for shift in list(shifts)[::97]:
            differs = np.cumsum(codes != doubled[shift : shift + len(codes)], dtype=np.int32)
            assert (differs[60:] - differs[:-60]).min() >= 22
