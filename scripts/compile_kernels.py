"""Compile the kernels of alignment, counting and calling with one small sample.

numba compiles a kernel at its first call and caches it. Without this step, jobs that start together
would each compile the same kernels, which takes longer than a small sample.

Out: numba's cache; an empty file
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from mitotransfer import command
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.genome import reference
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting, Reads
from mitotransfer.reads import aligner_index, minimap2
from mitotransfer.reads.align import Settings
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.stats import beta_binomial

READ, INSERT, STEP = 100, 150, 40


def write_pairs(genome: Reference, folder: Path) -> Lane:
    """Overlapping mates along the genome as FASTQ.

    Every third pair has a mismatch and an insertion, every fifth as many mismatches as keep it
    until the sample's own alleles are known.
    """
    lane = Lane(folder / "1.fq", folder / "2.fq")
    quality = "I" * READ
    with open(lane.fastq_1, "w") as one, open(lane.fastq_2 or "", "w") as two:
        for k, start in enumerate(range(0, len(genome.sequence) - INSERT, STEP)):
            insert = list(genome.sequence[start : start + INSERT])
            if k % 5 == 0:
                for at in range(INSERT - READ, READ, 6):
                    insert[at] = reference.reverse_complement(insert[at])
            if k % 3 == 0:
                insert[40] = reference.reverse_complement(insert[40])
                insert.insert(60, "GT")
            forward = "".join(insert)
            mate = reference.reverse_complement(forward)[:READ]
            one.write(f"@r{k}\n{forward[:READ]}\n+\n{quality}\n")
            two.write(f"@r{k}\n{mate}\n+\n{quality}\n")
    return lane


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long-reads", action="store_true", help="those of long reads, too")
    parser.add_argument("--output", type=Path, help="empty file to write at the end")
    args = parser.parse_args()
    genome = reference.load(reference.bundled())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        aligner_index.write_index(genome, Reads.extension, folder / "circle")
        lane = write_pairs(genome, folder)
        both = [(lane, ""), (Lane(lane.fastq_1), "nanopore")]
        long = args.long_reads and shutil.which(minimap2.PROGRAM)
        for reads, platform in both if long else both[:1]:
            count_sample(
                SampleReads("sample", [reads]),
                folder / "circle",
                genome,
                Counting(),
                Settings(platform=platform, mark_duplicates=True),
                bam=folder / "sample.bam",
            )
    beta_binomial.upper_tail([1], [100], [1.0], [1e3])
    beta_binomial.log_pmf([1], [100], [1.0], [1e3])
    if args.output:
        args.output.touch()


if __name__ == "__main__":
    command.run(main)
