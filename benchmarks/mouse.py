"""Mouse: CPU of counting against human, and calls from the nuclear copy on chromosome 1.

    python benchmarks/mouse.py --work FOLDER [--repeats 3] [--page docs/validation.md]

Reads are simulated at 1,000x from each bundle's genome and counted in one process, in turn. To the
mouse's are added reads of the copy on chromosome 1 (9461C and one more A at 9821), as if each cell
had 50 mtDNA copies for each of it; they are counted with and without the bundle's decoy and called.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import pages
from places import RESOURCES

from mitotransfer.calls import call
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import background
from mitotransfer.errors.sample_errors import estimate_errors
from mitotransfer.genome import bundle
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align, aligner_index
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate.genomes import Variant, make_insertion
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.noise import Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import write_reads

DEPTH, PER_COPY = 1000, 50
GENOMES = {name: bundle.load(RESOURCES / name) for name in ("human_rCRS", "mouse_C57BL6J")}
MOUSE = GENOMES["mouse_C57BL6J"]
DECOY = RESOURCES / "mouse_C57BL6J" / "nuclear_copies.fasta"
#: The copy of mtDNA 6394 to 11043.
SEGMENT = (6393, 4650)


def written(prefix: Path, genome: bundle.Genome, sources: list[Source]) -> Lane:
    reference = genome.reference
    noise = cohort_noise(Sequencing(hot_spots=0, duplicates=0.0), reference, 3)
    lane = Lane(Path(f"{prefix}_1.fastq.gz"), Path(f"{prefix}_2.fastq.gz"))
    if not lane.fastq_1.exists():
        pairs = DEPTH * reference.length // 300
        rng = np.random.default_rng(7)
        write_reads(Library(sources, reference, noise), pairs, rng, lane.fastq_1, lane.fastq_2)
    return lane


def counted(
    work: Path, lane: Lane, genome: bundle.Genome, decoy: bool = False
) -> tuple[Counts, float]:
    """Counts of a sample, and the CPU seconds that they took."""
    name = genome.reference.facts.name
    prefix = work / f"{name}{'_decoy' if decoy else ''}"
    if not Path(f"{prefix}.0123").exists():
        aligner_index.write_index(genome.reference, 1000, prefix, decoy=DECOY if decoy else None)
    start = time.process_time()
    found, _ = count_sample(
        SampleReads("S", [lane]), prefix, genome.reference, Counting(), align.Settings()
    )
    seconds = time.process_time() - start
    allele_counts.save(found, work / "S.npz")
    return allele_counts.load(work / "S.npz", sums=True), seconds


def copy_calls(counts: Counts) -> list[str]:
    """Calls that pass, as position and alleles."""
    settings = call.CallSettings()
    predicted = background(estimate_errors(counts), MOUSE.reference, own=own_bases(counts))
    tested = call.tested_alleles(counts, predicted, MOUSE, settings)
    table = call.call(tested, MOUSE, settings)
    good = table[table["filter"] == "PASS"]
    return [f"{r.pos}{r.ref}>{r.alt}" for r in good.itertuples()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    lanes = {
        name: written(args.work / name, genome, [Source(1.0, [])])
        for name, genome in GENOMES.items()
    }
    for name, genome in GENOMES.items():
        counted(args.work, lanes[name], genome)  # compiled, read once
    seconds = {name: [] for name in GENOMES}
    for _ in range(args.repeats):
        for name, genome in GENOMES.items():
            seconds[name].append(counted(args.work, lanes[name], genome)[1])
    human, mouse = (float(np.median(one)) for one in seconds.values())
    share = SEGMENT[1] / MOUSE.reference.length / PER_COPY
    base = MOUSE.reference.sequence[9460]
    copy = [Variant(9461, base, "C", 1.0), make_insertion(MOUSE.reference, 9822, "A", 1.0, "copy")]
    sources = [Source(1 - share, []), Source(share, sorted(copy), "copy", SEGMENT)]
    lane = written(args.work / "with_copy", MOUSE, sources)
    rows = []
    for decoy in (False, True):
        counts, _ = counted(args.work, lane, MOUSE, decoy)
        alleles = counts.alleles[9460]
        called = copy_calls(counts)
        rows.append(
            ["yes" if decoy else "no", f"{counts.meta['nuclear_reads']:,}",
             f"{alleles[1] / alleles.sum():.2%}", ", ".join(called) or "none"]
        )  # fmt: skip
    header = ["decoy", "reads left out", "9461C", "calls that pass"]
    text = (
        f"Counting a sample of {DEPTH:,}x takes {mouse:.1f} CPU s for mouse and {human:.1f} for "
        f"human ({mouse / human:.2f} times; medians of {args.repeats} in turn). With the copy on "
        f"chromosome 1 at one to {PER_COPY} mtDNA copies:\n\n{pages.markdown(header, rows)}"
    )
    print(text)
    if args.page:
        pages.replace_block(args.page, "mouse", text)


if __name__ == "__main__":
    main()
