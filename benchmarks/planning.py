"""CPU time and memory of planning (``snakemake -n``) against a trivial workflow of as many jobs.

    python benchmarks/planning.py [--samples 1000 3000 10000] [--output FOLDER]

Makes sheets of patients with a tumour, an immune and a normal sample each, and files of one
read; nothing is run. The trivial workflow has the same jobs in the same graph, without
configuration, sheets, resources or parameters.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ROLES = ("tumor", "immune", "normal")
READ = "@r/{mate}\nACGT\n+\nIIII\n"

TRIVIAL = """\
N = {n}


rule all:
    input:
        "report",
        expand("{{sample}}.calls", sample=range(N)),


rule align:
    input:
        "fastq/{{sample}}_1.fastq",
        "fastq/{{sample}}_2.fastq",
        "index",
    output:
        "{{sample}}.bam",
    shell:
        "touch {{output}}"


rule count:
    input:
        "{{sample}}.bam",
    output:
        "{{sample}}.counts",
    shell:
        "touch {{output}}"


rule call:
    input:
        "{{sample}}.counts",
    output:
        "{{sample}}.calls",
    shell:
        "touch {{output}}"


rule compare:
    input:
        lambda wildcards: [
            f"{{3 * int(wildcards.patient) + i}}.{{kind}}"
            for kind in ("counts", "calls")
            for i in range(3)
            if 3 * int(wildcards.patient) + i < N
        ],
    output:
        "{{patient}}.evidence",
    shell:
        "touch {{output}}"


rule index:
    output:
        "index",
    shell:
        "touch {{output}}"


rule sheets:
    output:
        "sheets",
    shell:
        "touch {{output}}"


rule background:
    input:
        "sheets",
        expand("{{sample}}.counts", sample=range(N)),
        expand("{{sample}}.calls", sample=range(N)),
    output:
        "background",
    shell:
        "touch {{output}}"


rule assess:
    input:
        "background",
        expand("{{sample}}.counts", sample=range(N)),
        expand("{{sample}}.calls", sample=range(N)),
        expand("{{patient}}.evidence", patient=range((N + 2) // 3)),
    output:
        "transfer",
    shell:
        "touch {{output}}"


rule associate:
    input:
        "transfer",
    output:
        "associations",
    shell:
        "touch {{output}}"


rule configuration:
    output:
        "config",
    shell:
        "touch {{output}}"


rule report:
    input:
        "associations",
        "config",
        expand("{{sample}}.counts", sample=range(N)),
        expand("{{patient}}.evidence", patient=range((N + 2) // 3)),
    output:
        "report",
    shell:
        "touch {{output}}"
"""


@dataclass(frozen=True)
class Planned:
    """What one dry run took."""

    jobs: int
    seconds: float
    megabytes: float


def make_cohort(folder: Path, n_samples: int) -> None:
    """Sheets, and a file of one read for each mate of each sample."""
    fastq = folder / "fastq"
    fastq.mkdir(parents=True)
    lines = ["sample\tpatient\trole\tfastq_1\tfastq_2\tbatch"]
    for i in range(n_samples):
        for mate in (1, 2):
            (fastq / f"{i}_{mate}.fastq").write_text(READ.format(mate=mate))
        reads = f"fastq/{i}_1.fastq\tfastq/{i}_2.fastq"
        lines.append(f"S{i}\tP{i // 3}\t{ROLES[i % 3]}\t{reads}\tB{i // 96}")
    (folder / "samples.tsv").write_text("\n".join(lines) + "\n")
    (folder / "trivial.smk").write_text(TRIVIAL.format(n=n_samples))
    (folder / "config").symlink_to(REPOSITORY / "config")


def plan(folder: Path, *arguments: str) -> Planned:
    """A dry run in a folder; CPU time is user and system time."""
    command = [sys.executable, "-m", "snakemake", "-n", "--directory", str(folder), *arguments]
    log = folder / "plan.log"
    with open(log, "wb") as handle:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=handle, stderr=handle)
        _, status, usage = os.wait4(process.pid, 0)
    text = log.read_text()
    if status:
        sys.exit(text[-3000:])
    (jobs,) = {int(line.split()[1]) for line in text.splitlines() if line.startswith("total ")}
    return Planned(jobs, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", nargs="+", type=int, default=[1000, 3000, 10000])
    parser.add_argument("--repeats", type=int, default=3, help="the median counts")
    parser.add_argument("--output", type=Path, help="folder for the cohorts (default: temporary)")
    parser.add_argument("--max-ratio", type=float, help="exit code 1 above this ratio")
    arguments = parser.parse_args()
    output = arguments.output or Path(tempfile.mkdtemp(prefix="planning-"))
    print("samples\tjobs\tCPU s\ttrivial jobs\ttrivial CPU s\tratio\tms per job\tMB\ttrivial MB")
    worst = 0.0
    for n in arguments.samples:
        folder = output.resolve() / str(n)
        make_cohort(folder, n)
        ours, trivial = [], []
        for _ in range(arguments.repeats):
            quiet = ("--quiet", "rules")
            trivial.append(
                plan(folder, "--snakefile", str(folder / "trivial.smk"), "--workflow-profile",
                     "none", *quiet)
            )  # fmt: skip
            ours.append(plan(folder, *quiet, "--config", "samples=samples.tsv", "patients="))
        one, other = ours[0], trivial[0]
        cpu = statistics.median(run.seconds for run in ours)
        base = statistics.median(run.seconds for run in trivial)
        worst = max(worst, cpu / base)
        print(
            f"{n}\t{one.jobs}\t{cpu:.1f}\t{other.jobs}\t{base:.1f}\t{cpu / base:.2f}"
            f"\t{1000 * cpu / one.jobs:.2f}\t{one.megabytes:.0f}\t{other.megabytes:.0f}",
            flush=True,
        )
    if arguments.max_ratio and worst > arguments.max_ratio:
        sys.exit(f"planning takes {worst:.2f} times the trivial workflow")


if __name__ == "__main__":
    main()
