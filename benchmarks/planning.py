"""CPU time and memory of planning (``snakemake -n``) against a trivial workflow of as many jobs.

    python benchmarks/planning.py [--samples 1000 3000 10000] [--output FOLDER]

Makes sheets of patients with a tumour, an immune and a normal sample each, and files of one
read; nothing is run. The trivial workflows have the same jobs in the same graph, without sheets
or configuration: one with the same files and directives, all constant ("dressed"), one with a
file per job and nothing else ("bare"). Ratios are this workflow's CPU time over theirs.
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

#: Rules of the trivial workflows: wildcard, inputs, outputs (the first is what others take).
ALL_COUNTS, ALL_CALLS = "expand('{s}.counts', s=range(N))", "expand('{s}.calls', s=range(N))"
ALL_EVIDENCE = "expand('{p}.evidence', p=range((N + 2) // 3))"
OF_PATIENT = """lambda wildcards: [
            f"{3 * int(wildcards.p) + i}.{kind}"
            for kind in ("counts", "calls")
            for i in range(3)
            if 3 * int(wildcards.p) + i < N
        ]"""
RULES: dict[str, tuple[str, list[str], list[str]]] = {
    "count": ("s", ["'fastq/{s}_1.fastq'", "'fastq/{s}_2.fastq'", "'index'"],
              ["{s}.counts", "{s}.qc", "{s}.bam", "{s}.bai", "{s}.checksums"]),
    "call": ("s", ["'{s}.counts'"],
             ["{s}.calls", "{s}.vcf", "{s}.tbi", "{s}.errors", "{s}.tested", "{s}.hsd"]),
    "compare": ("p", [OF_PATIENT], ["{p}.evidence", "{p}.contamination"]),
    "index": ("", [], ["index"]),
    "sheets": ("", [], ["sheets"]),
    "background": ("", ["'sheets'", ALL_COUNTS, ALL_CALLS], ["background"]),
    "assess": ("", ["'background'", ALL_COUNTS, ALL_CALLS, ALL_EVIDENCE], ["transfer"]),
    "associate": ("", ["'transfer'"], ["associations"]),
    "configuration": ("", [], ["config"]),
    "report": ("", ["'associations'", "'config'", ALL_COUNTS, ALL_EVIDENCE], ["report"]),
    "provenance": ("", ["'report'", ALL_CALLS], ["provenance"]),
}  # fmt: skip
#: What rules of any workflow for others have, all constant.
DIRECTIVES = """    log:
        "logs/{name}{wildcard}.log",
    benchmark:
        "benchmarks/{name}{wildcard}.tsv"
    conda:
        "environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        option=["--one", "1", "--two", "2"],
"""


def trivial(n_samples: int, dressed: bool) -> str:
    """A workflow of the same jobs; bare with one file per job and no other directive."""
    parts = [f"N = {n_samples}", "rule all:\n    input:\n        'provenance',"]
    for name, (wildcard, inputs, outputs) in RULES.items():
        text = (
            f"rule {name}:\n    input:\n        {', '.join(inputs)}\n"
            if inputs
            else (f"rule {name}:\n")
        )
        files = outputs if dressed else outputs[:1]
        text += f"    output:\n        {', '.join(map(repr, files))}\n"
        if dressed:
            text += DIRECTIVES.format(name=name, wildcard=f"/{{{wildcard}}}" if wildcard else "")
            text += "    shell:\n        'touch {params.option:q} {output:q} 2> {log:q}'\n"
        else:
            text += "    shell:\n        'touch {output}'\n"
        parts.append(text)
    return "\n\n".join(parts)


@dataclass(frozen=True)
class Planned:
    """CPU time and memory of one dry run."""

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
    for name, dressed in (("bare", False), ("dressed", True)):
        (folder / f"{name}.smk").write_text(trivial(n_samples, dressed))
    (folder / "environment.yaml").write_text("channels: [conda-forge]\ndependencies: [python]\n")
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
    print("samples\tworkflow\tjobs\tCPU s\tms per job\tMB\tratio")
    worst = 0.0
    for n in arguments.samples:
        folder = output.resolve() / str(n)
        make_cohort(folder, n)
        runs: dict[str, list[Planned]] = {"this": [], "dressed": [], "bare": []}
        for _ in range(arguments.repeats):
            for name in runs:
                words = (
                    ["--config", "samples=samples.tsv", "patients="]
                    if name == "this"
                    else ["--snakefile", str(folder / f"{name}.smk"), "--workflow-profile", "none"]
                )
                runs[name].append(plan(folder, "--quiet", "rules", *words))
        cpu = {name: statistics.median(run.seconds for run in of) for name, of in runs.items()}
        for name, of in runs.items():
            ratio = cpu["this"] / cpu[name]
            each = 1000 * cpu[name] / of[0].jobs
            print(
                f"{n}\t{name}\t{of[0].jobs}\t{cpu[name]:.1f}\t{each:.2f}"
                f"\t{of[0].megabytes:.0f}\t{ratio:.2f}",
                flush=True,
            )
        worst = max(worst, cpu["this"] / cpu["dressed"])
    if arguments.max_ratio and worst > arguments.max_ratio:
        sys.exit(f"planning takes {worst:.2f} times the trivial workflow")


if __name__ == "__main__":
    main()
