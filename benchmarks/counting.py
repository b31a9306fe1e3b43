"""Measure reads-to-counts against named peers, and write the table into docs/performance.md.

python benchmarks/counting.py --work FOLDER [--pairs 100000 1100000] [--repeats 3] [--real BAM ...]

Reads are simulated (scripts/simulate_cohort.py's sequencer) from a circular mitogenome. Each tool
runs on the same files, one thread, in turn, several times; CPU seconds (user and system, start-up
included) are medians. Needs samtools, bcftools and bwa on PATH. With --real, the pipeline's counts
of these files are compared with those of two slower ways.
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pages

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / part) for part in ("scripts", "tests/support", "tests/counts")]
SCRIPTS = REPOSITORY / "scripts"
FASTA = REPOSITORY / "resources" / "human_rCRS" / "genome.fasta"
PAGE = REPOSITORY / "docs" / "performance.md"
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def measure(command: str) -> tuple[float, float]:
    """CPU seconds and largest resident memory (MB) of a shell command and all its parts."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "bash", "-o", "pipefail", "-c", command],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, cpu, memory = done.stdout.split()
    if int(code):
        raise SystemExit(f"failed: {command}")
    return float(cpu), float(memory) / 1024


def simulate(folder: Path, pairs: int) -> tuple[Path, Path]:
    import pandas as pd

    from mitotransfer.simulate import samples

    files = folder / f"reads{pairs}_1.fastq.gz", folder / f"reads{pairs}_2.fastq.gz"
    if not files[1].exists():
        variants = [(73, "A", "G", 1.0), (3243, "A", "G", 0.05), (9000, "A", "G", 0.01)]
        table = pd.DataFrame(variants, columns=["pos", "ref", "alt", "vaf"])
        samples.reads(table, pairs, *files, seed=1)
    return files


def commands(folder: Path, pairs: int) -> dict[str, dict[str, str]]:
    """Tools by part; the first of the first part makes the BAM file that others read."""
    one, two = simulate(folder, pairs)
    python, index, bam = sys.executable, folder / "circle", folder / f"reads{pairs}.bam"
    common = f"--sample S --bundle {FASTA.parent}"
    outputs = f"--counts {folder}/x.npz --qc {folder}/x.json --stop-on-bad-file"
    reads = f"--index {index} --fastq {one} {two}"
    count = f"{python} {SCRIPTS}/count_alleles.py {common} {reads} {outputs}"
    bwa = f"bwa mem {folder}/rCRS.fasta {one} {two}"
    pileup = f"-d 10000000 -f {folder}/rCRS.fasta {bam}"
    return {
        "From FASTQ to counts": {
            "this pipeline": f"{count} --output-bam {bam}",
            "this pipeline, keep_bam: false": count,
            "zcat of both files (floor)": f"zcat {one} {two}",
            "bwa mem, samtools sort, samtools mpileup": (
                f"{bwa} | samtools sort -o {folder}/bwa.bam - && "
                f"samtools mpileup -B -d 10000000 -f {folder}/rCRS.fasta {folder}/bwa.bam"
            ),
        },
        "From a sorted BAM to counts, which the pipeline does as it aligns": {
            "samtools view -c (floor)": f"samtools view -c {bam}",
            "samtools depth": f"samtools depth {bam}",
            "samtools mpileup": f"samtools mpileup -B {pileup}",
            "bcftools mpileup -a AD,ADF,ADR": f"bcftools mpileup -B -a AD,ADF,ADR {pileup}",
        },
    }


def prepare(folder: Path, sizes: list[int]) -> None:
    shutil.copy(FASTA, folder / "rCRS.fasta")
    for command in (
        f"bwa index {folder}/rCRS.fasta",
        f"samtools faidx {folder}/rCRS.fasta",
        f"{sys.executable} {SCRIPTS}/index_reference.py --bundle {FASTA.parent}"
        f" --output {folder}/circle",
    ):
        measure(command)
    # Once before anything is measured: the BAM file, and compiled code.
    for pairs in sizes:
        measure(next(iter(commands(folder, pairs)["From FASTQ to counts"].values())))


def equality(folder: Path, real: list[Path]) -> list[str]:
    """Lines that tell whether all ways of counting agree on real reads."""
    import numpy as np
    from test_counter import slow_count

    from mitotransfer.counts.allele_counts import Counted
    from mitotransfer.counts.count_sample import count_sample
    from mitotransfer.genome import reference
    from mitotransfer.inputs.settings import Counting
    from mitotransfer.reads import exact_pairs
    from mitotransfer.reads.align import Settings
    from mitotransfer.reads.lanes import SampleReads

    def verdict(one: Counted, other: Counted) -> str:
        arrays = zip((one.bases, *vars(one.sums).values()),
                     (other.bases, *vars(other.sums).values()), strict=True)  # fmt: skip
        same = one.indels == other.indels and one.meta == other.meta
        return "equal" if same and all(map(np.array_equal, *zip(*arrays, strict=True))) else "NOT"

    circle = reference.load(FASTA.parent)
    lines = ["| reads | bases | all pairs through bwa-mem3 | slow counter |"]
    lines += ["| --- | --- | --- | --- |"]
    for path in real:
        bam, index = folder / "real.bam", folder / "circle"
        sample = SampleReads("S", [], [path])
        kept, _ = count_sample(sample, index, circle, Counting(), Settings(), bam=bam)
        sums, profile, _, pairs, indels, _ = slow_count(bam, Counting())
        slow = dataclasses.replace(
            kept,
            bases=sums[0],
            sums=type(kept.sums)(*sums[1:], profile, pairs),
            indels=sorted((*key, *strands) for key, strands in indels.items()),
        )
        with mock.patch.object(exact_pairs, "lookup", return_value=None):
            plain, _ = count_sample(sample, index, circle, Counting(), Settings())
        cells = [verdict(kept, other) for other in (plain, slow)]
        lines.append(f"| {path.name} | {int(kept.bases.sum()):,} | {' | '.join(cells)} |")
    return lines


def table(folder: Path, pairs: int, repeats: int, once: bool) -> list[str]:
    lines = []
    for title, tools in commands(folder, pairs).items():
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in tools}
        for turn in range(repeats):
            for name, command in tools.items():
                if turn == 0 or "mpileup" not in name or not once:
                    seen[name].append(measure(command))
                    print(f"{pairs:,}: {name}: {seen[name][-1]}", file=sys.stderr, flush=True)
        own = statistics.median(cpu for cpu, _ in next(iter(seen.values())))
        lines += ["", f"**{title}**, {pairs:,} read pairs of 2 x 150 bp, one thread:", ""]
        lines += ["| tool | CPU s | relative | memory, MB |", "| --- | --- | --- | --- |"]
        for name, runs in seen.items():
            cpu = statistics.median(cpu for cpu, _ in runs)
            memory = max(memory for _, memory in runs)
            lines.append(f"| {name} | {cpu:.2f} | {cpu / own:.2f} | {memory:.0f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="folder for files")
    parser.add_argument("--pairs", type=int, nargs="+", default=[100_000, 1_100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pileups-once", action="store_true", help="run the slow peers once")
    parser.add_argument("--real", type=Path, nargs="*", default=[], help="BAM files of real reads")
    args = parser.parse_args()
    folder = args.work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder, args.pairs)
    lines = ["", "Written by `benchmarks/counting.py`: CPU seconds (user and system, start-up"]
    slow = ", of tools with mpileup one" if args.pileups_once else ""
    lines += [
        f"included), medians of {args.repeats} alternating runs{slow}; other work ran beside."
    ]
    for pairs in args.pairs:
        lines += table(folder, pairs, args.repeats, args.pileups_once)
    if args.real:
        lines += ["", "Counts of real reads, against two slower ways:", ""]
        lines += equality(folder, args.real)
    pages.replace_block(PAGE, "counting", "\n".join(lines))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"written to {PAGE.relative_to(REPOSITORY)}; largest process {peak / 1024:.0f} MB")


if __name__ == "__main__":
    main()
