"""Junctions: shares of simulated deletions, what is found, normals, and real reads.

python benchmarks/deletions.py [--parts chance shares found ...] [--deletions 30]
    [--lengths 50 75 150] [--long-deletions 10] [--normals 15] [--real FOLDER]
    [--hg002 HG002_chrM_100x.bam] [--peer FOLDER]

Prints the figures of the section "Junctions of deletions" of docs/validation.md. Deletions are
drawn with and without direct repeats at their ends, one in five across the origin; each molecule
has a haplotype of its own (24 to 41 differences from rCRS), and the reads have the errors of
scripts/mitotransfer/simulate. The folder of --real holds pearson_*.bam of mgatk and
test_illumina.bam of eKLIPse, that of --peer a checkout whose CPU time of counting is compared.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

from long_molecules import HIFI, ONT, with_errors, write  # noqa: E402
from simulated_reads import CIRCLE, EXTENSION, RCRS, index  # noqa: E402

from mitotransfer.counts import junctions  # noqa: E402
from mitotransfer.counts.allele_counts import Counted  # noqa: E402
from mitotransfer.counts.count_sample import count_sample  # noqa: E402
from mitotransfer.counts.junction_shares import share  # noqa: E402
from mitotransfer.counts.junction_table import seen  # noqa: E402
from mitotransfer.genome.circle import Circle  # noqa: E402
from mitotransfer.inputs.settings import Counting  # noqa: E402
from mitotransfer.reads.align import Settings, aligned_batches  # noqa: E402
from mitotransfer.reads.bam_header import Totals  # noqa: E402
from mitotransfer.reads.lanes import Lane, SampleReads  # noqa: E402
from mitotransfer.simulate import samples  # noqa: E402
from mitotransfer.simulate.deletions import with_deletion  # noqa: E402
from mitotransfer.simulate.genomes import Haplotypes, Variant  # noqa: E402
from mitotransfer.simulate.library import Source  # noqa: E402
from mitotransfer.simulate.noise import Sequencing, cohort_noise  # noqa: E402
from mitotransfer.simulate.sequencer import pairs_for_depth  # noqa: E402

LENGTH, TURN = RCRS.length, len(CIRCLE)
MAP = Circle.of(RCRS)
Rates = tuple[float, float, float]
LONG: tuple[tuple[str, Rates], ...] = (("pacbio", HIFI), ("nanopore", ONT))
_TRACT = (295, 325)  # ends of junctions are not drawn here
_AWAY = 40  # bases between a drawn end and a difference of the haplotype


class Deletion(NamedTuple):
    """Ends of a junction, 1-based and leftmost, and bases of its repeat."""

    start: int
    end: int
    repeat: int


class Found(NamedTuple):
    """What counting says of a deletion: share with interval, and whether its row passes."""

    share: float
    low: float
    high: float
    passes: bool
    exact: bool


def repeat_at(start: int, end: int) -> Deletion:
    """The deletion between two bases of the circle at its leftmost place."""
    while CIRCLE[start % TURN] == CIRCLE[(end - 1) % TURN]:
        start, end = start - 1, end - 1
    size = 0
    while CIRCLE[(start + 1 + size) % TURN] == CIRCLE[(end + size) % TURN]:
        size += 1
    ends = (MAP.to_reference(at % TURN) + 1 for at in (start, end))
    return Deletion(*ends, size)


def drawn_deletions(rng: np.random.Generator, number: int) -> list[Deletion]:
    """Deletions of 300 to 12,000 bases; every second one with a repeat of 8 bases or more."""
    places: dict[str, list[int]] = {}
    for at in range(TURN):
        places.setdefault((CIRCLE * 2)[at : at + 8], []).append(at)
    repeated = [found for found in places.values() if len(found) == 2]
    made: list[Deletion] = []
    while len(made) < number:
        across = len(made) % 5 == 0
        if len(made) % 2:
            one, other = repeated[rng.integers(len(repeated))]
            if across:
                one, other = other, one + TURN
        else:
            one = int(rng.integers(TURN))
            other = one + int(rng.integers(300, 12_000))
        if not 300 <= other - one <= 12_000 or across != (other >= TURN):
            continue
        deletion = repeat_at(one - 1, other)
        clear = all(not _TRACT[0] < pos < _TRACT[1] for pos in deletion[:2])
        if clear and (deletion.repeat >= 8) == bool(len(made) % 2):
            made.append(deletion)
    return made


def person(name: str, seed: int, ends: list[int]) -> list[Variant]:
    """Differences of a person from rCRS, none beside the ends of a deletion."""
    _, variants = Haplotypes(RCRS, seed).person(name)
    return [v for v in variants if all((v.pos - e) % LENGTH > _AWAY and
                                       (e - v.pos) % LENGTH > _AWAY for e in ends)]  # fmt: skip


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the messages of the aligner."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)


def count(prefix: Path, sample: SampleReads, platform: str = "", *, marks: bool = False) -> Counted:
    with quiet():
        settings = Settings(EXTENSION, platform=platform, mark_duplicates=marks)
        return count_sample(sample, prefix, RCRS, Counting(), settings)[0]


def simulated(
    prefix: Path, folder: Path, sources: list[Source], depth: float, length: int, seed: int
) -> Counted:
    noise = cohort_noise(Sequencing(read_length=length), RCRS, seed)
    files = folder / "a_1.fastq.gz", folder / "a_2.fastq.gz"
    samples.reads(sources, pairs_for_depth(depth, noise), *files, seed=seed, noise=noise)
    return count(prefix, SampleReads("S", [Lane(*files)]), marks=True)


def look(result: Counted, deletion: Deletion, slack: int = 0) -> Found:
    """What the counts say of a deletion; rows up to ``slack`` bases from its ends are taken."""
    table = result.junctions
    near = (np.abs(table[:, :2] - np.array(deletion[:2])) <= slack).all(axis=1)
    rows = table[near][np.argsort(-table[near, 3:].sum(axis=1))][:1]
    split = rows[:, 3:].sum(axis=0)
    start, end = (np.array([pos]) for pos in deletion[:2])
    at_start, at_end = junctions.intact(result.spanning, start, end)
    found = share(split.sum(), at_start.sum(), at_end.sum(), 0.95)
    exact = bool(len(rows)) and tuple(rows[0, :3]) == tuple(deletion)
    return Found(*(float(x) for x in found), bool(seen(*split)), exact)


def fragments_of(result: Counted, deletion: Deletion, slack: int = 10) -> tuple[int, int]:
    """Split fragments within ``slack`` bases of a deletion, and intact ones at both of its ends."""
    table, ends = result.junctions, np.array(deletion[:2])
    near = (np.abs(table[:, :2] - ends) <= slack).all(axis=1)
    at_ends = junctions.intact(result.spanning, ends[:1], ends[1:])
    return int(table[near, 3:].sum()), sum(int(part.sum()) for part in at_ends)


def tell_shares(name: str, truths: list[float], found: list[Found]) -> None:
    error = np.array([one.share for one in found]) - truths
    covered = np.mean([f.low <= t <= f.high for f, t in zip(found, truths, strict=True)])
    print(
        f"{name}: {len(found)} deletions, mean error {error.mean():+.4f}, median absolute "
        f"{np.median(abs(error)):.4f}, largest {abs(error).max():.4f}, within 0.05 "
        f"{np.mean(abs(error) <= 0.05):.0%}, intervals cover {covered:.0%}, rows at the exact "
        f"ends {np.mean([f.exact for f in found]):.0%}",
        flush=True,
    )


def shares(
    prefix: Path, folder: Path, deletions: list[Deletion], lengths: list[int], seed: int
) -> None:
    """One deletion per sample, at 250x."""
    rng = np.random.default_rng([seed, 1])
    truths = rng.uniform(0.02, 0.98, len(deletions)).tolist()
    for length in lengths:
        found = []
        for k, (deletion, truth) in enumerate(zip(deletions, truths, strict=True)):
            haplotype = person(f"P{k}", seed, list(deletion[:2]))
            sources = with_deletion([Source(1.0, haplotype)], *deletion[:2], truth, LENGTH)
            result = simulated(prefix, folder, sources, 250, length, seed + k)
            found.append(look(result, deletion))
        tell_shares(f"2x{length}, 250x", truths, found)
        with_repeat = [k for k, d in enumerate(deletions) if d.repeat >= 8]
        chosen = [found[k] for k in with_repeat]
        tell_shares("  of these with a repeat", [truths[k] for k in with_repeat], chosen)


def chance(lengths: list[int], draws: int = 40_000) -> None:
    """Errors of the share at 250x that chance alone makes, as fragments are independent."""
    rng = np.random.default_rng(1)
    for length in lengths:
        noise = Sequencing(read_length=length)
        sizes, weights = noise.insert_distribution()
        weights = weights / weights.sum()
        pairs = 250 / (np.minimum(2 * length, sizes) * weights).sum()
        margin = junctions.MARGIN
        of_read = length - 2 * margin + 1
        twice = np.clip(2 * length - sizes - 2 * margin + 1, 0, of_read)
        fragments = pairs * ((2 * of_read - twice) * weights).sum()
        wide = pairs * (np.maximum(sizes - 99, 0) * weights).sum()
        truth = rng.uniform(0.02, 0.98, draws)
        split, start, end = (rng.poisson(fragments * p) for p in (truth, 1 - truth, 1 - truth))
        found = share(split, start, end, 0.95)
        error = np.abs(found.share - truth)
        covered = np.mean((found.low <= truth) & (truth <= found.high))
        print(
            f"2x{length}: {fragments:.0f} fragments show a place (outer ends 50 bases beyond: "
            f"{wide:.0f}); median error {np.median(error):.3f}, within 0.05 "
            f"{np.mean(error <= 0.05):.0%}, intervals cover {covered:.1%}",
            flush=True,
        )


def found_low(
    prefix: Path, folder: Path, deletions: list[Deletion], lengths: list[int], seed: int
) -> None:
    """All deletions in one sample, 0.5 % of its molecules each, at 5,000x."""
    ends = [pos for deletion in deletions for pos in deletion[:2]]
    haplotype = person("P", seed, ends)
    sources = [Source(1 - 0.005 * len(deletions), haplotype)]
    for deletion in deletions:
        kept = LENGTH - (deletion.end - deletion.start - 1) % LENGTH
        only = with_deletion([Source(1.0, haplotype)], *deletion[:2], 1.0, LENGTH)[0]
        sources.append(only.__class__(0.005 * kept / LENGTH, only.variants, "deleted",
                                      only.segment, closed=True))  # fmt: skip
    total = sum(source.weight for source in sources)
    sources = [Source(s.weight / total, s.variants, s.label, s.segment, s.closed) for s in sources]
    for length in lengths:
        result = simulated(prefix, folder, sources, 5000, length, seed)
        found = [look(result, deletion) for deletion in deletions]
        passing = result.junctions[seen(result.junctions[:, 3], result.junctions[:, 4])]
        true = {tuple(deletion[:2]) for deletion in deletions}
        other = [row.tolist() for row in passing if tuple(row[:2]) not in true]
        print(
            f"2x{length}, 5,000x, 0.5 % each: {sum(f.passes for f in found)} of {len(found)} pass; "
            f"others that pass {other}; rows in all {len(result.junctions)}; shares "
            f"{np.mean([f.share for f in found]):.4f} on average",
            flush=True,
        )


def normals(prefix: Path, folder: Path, number: int, lengths: list[int], seed: int) -> None:
    """People without deletions, by read length."""
    for length in lengths:
        rows, passing = 0, 0
        for k in range(number):
            sources = [Source(1.0, person(f"N{length}-{k}", seed, []))]
            result = simulated(prefix, folder, sources, 500, length, seed + k)
            rows += len(result.junctions)
            passing += int(seen(result.junctions[:, 3], result.junctions[:, 4]).sum())
        print(f"{number} normals, 2x{length}, 500x: {rows} rows, {passing} pass", flush=True)


def long_fragments(
    rng: np.random.Generator, molecule: str, bond: list[int], number: int, rates: Rates
) -> tuple[list[str], NDArray[np.int64]]:
    """Reads of 5,000 bases, or of a shorter circle, and how many show each of some bonds."""
    size, shown = min(5000, len(molecule)), np.zeros(len(bond), np.int64)
    starts = rng.integers(len(molecule), size=number)
    for k, at in enumerate(bond):
        left = (at + 1 - starts) % len(molecule)
        shown[k] = ((left >= junctions.LONG_MARGIN) & (size - left >= junctions.LONG_MARGIN)).sum()
    return [
        with_errors(rng, (molecule * 2)[at : at + size], rates) for at in starts.tolist()
    ], shown


def long_reads(prefix: Path, folder: Path, deletions: list[Deletion], seed: int) -> None:
    """Reads of 5,000 bases, one deletion per sample, 100 reads across each base."""
    rng = np.random.default_rng([seed, 2])
    for platform, rates in LONG:
        truths = rng.uniform(0.05, 0.95, len(deletions)).tolist()
        found, drawn, counted = [], np.zeros(2), np.zeros(2)
        for deletion, truth in zip(deletions, truths, strict=True):
            first, last = (MAP.to_circle(pos - 1) for pos in deletion[:2])
            circle = (CIRCLE * 2)[last : first + 1 + (TURN if first < last else 0)]
            scale = truth * len(circle) + (1 - truth) * TURN
            number = round(100 * TURN / 5000)
            lost = rng.binomial(number, truth * len(circle) / scale)
            split, shown = long_fragments(rng, circle, [len(circle) - 1], lost, rates)
            whole, both = long_fragments(rng, CIRCLE, [first, last - 1], number - lost, rates)
            reads = [*split, *whole]
            rng.shuffle(reads)
            lane = Lane(write(folder / "long.fastq.gz", reads, "I"), None)
            result = count(prefix, SampleReads("S", [lane]), platform)
            found.append(look(result, deletion, slack=10))
            drawn += shown.sum(), both.sum()
            counted += fragments_of(result, deletion)
        tell_shares(f"{platform}, 100x", truths, found)
        print(
            f"  counted of those drawn: split and intact {np.round(counted / drawn, 3)}", flush=True
        )


def long_low(prefix: Path, folder: Path, deletions: list[Deletion], seed: int) -> None:
    """Some deletions in one sample of long reads, 0.5 % of its molecules each, at 5,000x."""
    rng = np.random.default_rng([seed, 3])
    for platform, rates in LONG:
        number = round(5000 * TURN / 5000)
        reads, drawn = [], []
        for deletion in deletions:
            first, last = (MAP.to_circle(pos - 1) for pos in deletion[:2])
            circle = (CIRCLE * 2)[last : first + 1 + (TURN if first < last else 0)]
            lost = rng.poisson(0.005 * number * len(circle) / TURN)
            split, shown = long_fragments(rng, circle, [len(circle) - 1], lost, rates)
            reads += split
            drawn.append(int(shown[0]))
        reads += long_fragments(rng, CIRCLE, [0], number - len(reads), rates)[0]
        rng.shuffle(reads)
        lane = Lane(write(folder / "long.fastq.gz", reads, "I"), None)
        result = count(prefix, SampleReads("S", [lane]), platform)
        found = [look(result, deletion, slack=10) for deletion in deletions]
        split = [int(fragments_of(result, deletion)[0]) for deletion in deletions]
        passing = result.junctions[seen(result.junctions[:, 3], result.junctions[:, 4])]
        print(
            f"{platform}, 5,000x, 0.5 % each: {sum(f.passes for f in found)} of {len(found)} pass, "
            f"split {split} of {drawn}; rows in all {len(result.junctions)}, that pass "
            f"{len(passing)}: {passing.tolist()}",
            flush=True,
        )


def real(prefix: Path, paths: list[Path], platform: str = "") -> None:
    """Junctions of real reads."""
    for path in paths:
        result = count(prefix, SampleReads("S", [], [path]), platform)
        table = result.junctions
        passing = table[seen(table[:, 3], table[:, 4])]
        at = junctions.intact(result.spanning, passing[:, 0], passing[:, 1])
        intact = [part.sum(axis=1).tolist() for part in at]
        split = passing[:, 3:].sum(axis=1)
        found = share(split, *intact, 0.95)
        text = [
            f"{row[:3].tolist()} split {n} intact {a}/{b} share {s:.3f} ({lo:.3f} to {hi:.3f})"
            f", of the sum of both ends {n / (n + a + b):.3f}"
            for row, n, a, b, s, lo, hi in zip(passing, split, *intact, *found, strict=True)
        ]
        print(
            f"{path.name}: {result.spanning.sum(axis=1).mean():.1f} intact fragments a bond, "
            f"{table[:, 3:].sum()} split in {len(table)} rows, {len(passing)} pass: "
            f"{'; '.join(text)}",
            flush=True,
        )


COST = """
import sys, time
sys.path[:0] = [sys.argv[1] + "/scripts", sys.argv[1] + "/tests/support"]
import numpy as np
from places import RCRS
from mitotransfer.counts.counter import Counter
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_records import whole_records
parts = [np.load(f"{sys.argv[2]}/{k}.npy") for k in range(int(sys.argv[3]))]
for turn in range(2):  # the first one loads the kernels
    counter = Counter(RCRS, Counting())
    begin = time.process_time()
    for part in parts:
        for chunk in whole_records(part).by_position().chunks(4096):
            counter.feed(chunk)
        counter.release()
    counter._finish()
    used = time.process_time() - begin
print(used)
"""


def cost(prefix: Path, folder: Path, deletion: Deletion, peer: Path, times: int = 7) -> None:
    """CPU time of counting aligned records, here and by another state of the package, in turn."""
    noise = cohort_noise(Sequencing(), RCRS, 1)
    sources = with_deletion([Source(1.0, person("P", 1, []))], *deletion[:2], 0.3, LENGTH)
    files = folder / "a_1.fastq.gz", folder / "a_2.fastq.gz"
    samples.reads(sources, pairs_for_depth(600, noise), *files, seed=1, noise=noise)
    sample, totals = SampleReads("S", [Lane(*files)]), Totals()
    with quiet():
        batches = aligned_batches(
            sample, prefix, RCRS, Settings(EXTENSION), folder=folder, totals=totals
        )
        number = 0
        for number, records in enumerate(batches, start=1):
            np.save(folder / f"{number - 1}.npy", records.data)
    used: dict[str, list[float]] = {"here": [], "peer": []}
    for _ in range(times):
        for name, place in (("here", REPOSITORY), ("peer", peer)):
            command = [sys.executable, "-c", COST, str(place), str(folder), str(number)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            used[name].append(float(told))
    here, there = (float(np.median(values)) for values in used.values())
    print(
        f"counting of {totals.fragments:,} pairs, CPU: {here:.3f} s with junctions, {there:.3f} s "
        f"without: {here / there - 1:+.1%} (medians of {times})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    every = ("chance", "shares", "found", "normals", "long", "low", "real", "cost")
    parser.add_argument("--parts", nargs="+", default=every, choices=every)
    parser.add_argument("--deletions", type=int, default=30)
    parser.add_argument("--long-deletions", type=int, default=10)
    parser.add_argument("--normals", type=int, default=15)
    parser.add_argument("--lengths", nargs="+", type=int, default=[50, 75, 150])
    parser.add_argument("--real", type=Path)
    parser.add_argument("--hg002", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    deletions = drawn_deletions(np.random.default_rng(args.seed), args.deletions)
    repeats = [deletion.repeat for deletion in deletions]
    print(f"deletions: {[tuple(d) for d in deletions]}\nrepeats: {sorted(repeats)}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = index(folder)
        if "chance" in args.parts:
            chance(args.lengths)
        if "real" in args.parts and args.real:
            real(prefix, sorted(args.real.glob("*.bam")))
        if "real" in args.parts and args.hg002:
            real(prefix, [args.hg002], "pacbio")
        if "found" in args.parts:
            found_low(prefix, folder, deletions, args.lengths, args.seed)
        if "shares" in args.parts:
            shares(prefix, folder, deletions, args.lengths, args.seed)
        if "normals" in args.parts:
            normals(prefix, folder, args.normals, args.lengths, args.seed)
        if "long" in args.parts:
            long_reads(prefix, folder, deletions[: args.long_deletions], args.seed)
        if "low" in args.parts:
            long_low(prefix, folder, deletions[: args.long_deletions], args.seed)
        if "cost" in args.parts and args.peer:
            cost(prefix, folder, deletions[1], args.peer)


if __name__ == "__main__":
    main()
