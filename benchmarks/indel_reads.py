"""VAFs of indels in reads by a generator of its own, and in amplicons.

python benchmarks/indel_reads.py [molecules | amplicons]

molecules: circles of a person with 30 SNVs, of which a share has 24 indels, cut into fragments and
read with errors. The generator shares nothing with ``mitotransfer.simulate``. amplicons: deletions
behind primers. All go through aligner and counting. Prints the figures of docs/validation.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

from bam_counts import count_bam  # noqa: E402
from simulated_reads import CIRCLE, RCRS, Library, aligned, counted, index, pair  # noqa: E402

from mitotransfer.arrays import Bytes  # noqa: E402
from mitotransfer.counts import primers  # noqa: E402
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts  # noqa: E402
from mitotransfer.counts.indel_depth import fragments, indel_depth, shown_share  # noqa: E402
from mitotransfer.reads.lanes import SampleReads  # noqa: E402

LETTERS = np.frombuffer(b"ACGT", np.uint8)
PARTNER = np.zeros(256, np.uint8)
PARTNER[LETTERS] = LETTERS[::-1]
LENGTH, INSERT, DEPTH, ERROR = 100, (260, 50), 250, 0.001
INDELS = (-1, -15, -25, 1, 12, 20)
#: Amplicons: their size, that of primers, molecules of each, and bases behind the primer.
SIZE, PRIMER, MOLECULES, BEHIND = 250, 22, 200, range(1, 98, 6)


def genomes(size: int, places: list[int], rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """A person's circle, and the same with an indel (below 0: deletion) at each place (0-based)."""
    own = np.frombuffer(CIRCLE.encode(), np.uint8).copy()
    at = rng.choice(own.size, 30, replace=False)
    own[at] = [rng.choice(LETTERS[base != LETTERS]) for base in own[at]]
    parts, last = [], 0
    for place in places:
        parts += [own[last:place], rng.choice(LETTERS, max(size, 0))]
        last = place + max(-size, 0)
    return own, np.concatenate([*parts, own[last:]])


def sequenced(circles: tuple[Bytes, Bytes], share: float, rng: np.random.Generator) -> Library:
    """Reads of molecules of which a share are the second circle."""
    library = Library()
    weight = share * circles[1].size / (share * circles[1].size + (1 - share) * circles[0].size)
    for i in range(int(DEPTH * circles[0].size / INSERT[0])):
        circle = circles[int(rng.random() < weight)]
        size, start = max(int(rng.normal(*INSERT)), LENGTH), int(rng.integers(circle.size))
        first = circle[(start + np.arange(size)) % circle.size]
        second = PARTNER[first[::-1]]
        reads = []
        for strand in (first, second) if rng.random() < 0.5 else (second, first):
            read = strand[:LENGTH].copy()
            wrong = rng.random(LENGTH) < ERROR
            read[wrong] = rng.choice(LETTERS, int(wrong.sum()))
            reads.append(read.tobytes().decode())
        library.add(f"m{i}", (reads[0], reads[1]), ("F" * LENGTH, "F" * LENGTH))
    return library


def of_size(counts: Counts, size: int, place: int) -> pd.DataFrame:
    """The row of ``Counts.indels`` of this size beside a place (1-based), or none."""
    table = counts.indels
    gap = table["alt"].str.len() - table["ref"].str.len()
    near = table[(gap == size) & table["pos"].between(place - 60, place + 2)]
    return near.iloc[np.argsort(-fragments(near).sum(axis=1))[:1]]


def molecules(folder: Path) -> None:
    rng, prefix = np.random.default_rng(20261130), index(folder)
    for size in INDELS:
        for share in (0.05, 0.3):
            places = [p + int(rng.integers(-150, 150)) for p in range(650, 15_900, 620)]
            places = [p for p in places if abs(p - RCRS.placeholder) > 150]
            lane = sequenced(genomes(size, places, rng), share, rng).write(folder / "r")
            one = counted(prefix, SampleReads("S", [lane]))
            table = pd.DataFrame(one.indels, columns=INDEL_COLUMNS)
            counts = Counts(one.bases, table, one.meta, one.sums)
            rows = pd.concat(
                [of_size(counts, size, p + 1 + (p >= RCRS.placeholder)) for p in places],
                ignore_index=True,
            )
            vaf = fragments(rows).sum() / indel_depth(counts, RCRS, rows).sum()
            can = shown_share(counts, RCRS, rows).mean()
            print(f"{size:+d}, {share:.0%}: {vaf:.1%}, shown by {can:.0%}, "
                  f"{len(rows)} of {len(places)} seen", flush=True)  # fmt: skip


def amplicons(folder: Path) -> None:
    rng, prefix = np.random.default_rng(3), index(folder)
    for gap in (1, 9):
        library, bed, places = Library(), [], []
        for number, behind in enumerate(BEHIND):
            start = 4000 + 300 * number
            for at, strand in ((start, "+"), (start + SIZE - PRIMER, "-")):
                bed.append(f"chrM\t{at}\t{at + PRIMER}\tp\t0\t{strand}\n")
            first = start - 1 + PRIMER + behind  # on the circle, beyond the placeholder
            places.append(first + 2)
            deleted = CIRCLE[:first] + CIRCLE[first + gap :]
            for i in range(MOLECULES):
                has = rng.random() < 0.3
                genome, size = (deleted, SIZE - gap) if has else (CIRCLE, SIZE)
                reads = pair(genome, start - 1, size, 150, bool(i % 2))
                library.add(f"a{number}_{i}", reads, ("I" * 150, "I" * 150))
        (folder / "p.bed").write_text("".join(bed))
        path = aligned(folder, prefix, [library.write(folder / "a")])
        one = count_bam(path, primers=primers.masks(folder / "p.bed", RCRS))
        table = pd.DataFrame(one.indels, columns=INDEL_COLUMNS)
        counts = Counts(one.bases, table, one.meta, one.sums)
        found = [of_size(counts, -gap, place).reset_index(drop=True) for place in places]
        vafs = [fragments(row).sum() / indel_depth(counts, RCRS, row).sum() for row in found]
        told = " ".join(f"{behind}:{vaf:.0%}" for behind, vaf in zip(BEHIND, vafs, strict=True))
        print(f"deletion of {gap} in amplicons: mean {np.mean(vafs):.1%}; {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=("molecules", "amplicons"))
    part = parser.parse_args().part
    with tempfile.TemporaryDirectory() as name:
        if part != "amplicons":
            molecules(Path(name))
        if part != "molecules":
            amplicons(Path(name))


if __name__ == "__main__":
    main()
