"""Long reads: nuclear flanks, work beside minimap2's own, SNVs beside runs, and real reads.

python benchmarks/long_reads.py [--hg002 HG002_chrM_100x.bam]

Prints the figures of the section "Long reads" of docs/validation.md. The real reads are those of
Himito's repository (PacBio HiFi, aligned to GRCh38).
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

from long_molecules import HIFI, ONT, molecule, random_bases, with_errors, write  # noqa: E402
from simulated_reads import CIRCLE, RCRS, index  # noqa: E402

from mitotransfer.calls.frame import CALLS  # noqa: E402
from mitotransfer.counts.count_sample import count_sample  # noqa: E402
from mitotransfer.inputs.settings import Counting  # noqa: E402
from mitotransfer.reads.align import Settings  # noqa: E402
from mitotransfer.reads.lanes import Lane, SampleReads  # noqa: E402


def count(path: Path, platform: str, prefix: Path):
    lanes = [] if path.suffix == ".bam" else [Lane(path)]
    sample = SampleReads("S", lanes, [path] if path.suffix == ".bam" else [])
    return count_sample(sample, prefix, RCRS, Counting(), Settings(platform=platform))[0]


def flanks(folder: Path, prefix: Path) -> None:
    """Reads of a nuclear copy's mitochondrial part with bases of the nucleus beside it."""
    rng = np.random.default_rng(2)
    for platform, rates in (("pacbio", HIFI), ("nanopore", ONT)):
        for size, flank in ((5000, 140), (5000, 300), (12_000, 300), (12_000, 500), (5000, 3000)):
            for five in (True, False):
                reads = []
                for _ in range(40):
                    own = with_errors(rng, molecule(int(rng.integers(len(CIRCLE))), size), rates)
                    beside = random_bases(rng, flank)
                    reads.append(beside + own if five else own + beside)
                # write() turns every second read: the flank stands at both ends of the reference.
                result = count(write(folder / "f.fq.gz", reads), platform, prefix)
                end = "5'" if five else "3'"
                print(f"{platform}: {flank} bases at the {end} end of {size}: "
                      f"{result.meta['used_reads']} of 40 count")  # fmt: skip
    rng = np.random.default_rng(6)
    for copy in (500, 2000, 5000, 9000):
        passed = {limit: pass_by_geometry(rng, copy, limit) for limit in ("150", "499", "here")}
        print(f"nuclear copies of {copy} bases, reads that count:",
              *(f"{limit} {share:.2%}" for limit, share in passed.items()))  # fmt: skip


def pass_by_geometry(rng: np.random.Generator, copy: int, limit: str, draws: int = 200_000):
    """Share of the reads that touch a nuclear copy whose ends pass, by the limit of these.

    Reads are lognormal in length, median 5 kb, sigma 0.8.
    """
    length = rng.lognormal(np.log(5000), 0.8, draws)
    start = rng.uniform(-60_000, copy, draws)
    touching = start + length > 40
    first, last = np.maximum(start, 0), np.minimum(start + length, copy)
    left, right = first - start, start + length - last
    aligned = last - first
    most = {"150": 150.0, "499": 499.0}.get(limit, np.clip(aligned / 20, 150, 400))
    passes = touching & (aligned >= 40) & (np.maximum(left, right) <= most)
    return passes.sum() / touching.sum()


def work(folder: Path, prefix: Path) -> None:
    rng = np.random.default_rng(3)
    target = folder / "two.fa"
    target.write_text(f">c\n{CIRCLE}{CIRCLE}\n")
    for platform, preset, rates in (("pacbio", "hifi", HIFI), ("nanopore", "ont", ONT)):
        reads = [
            with_errors(rng, molecule(int(rng.integers(len(CIRCLE))), 12_000), rates)
            for _ in range(1500)
        ]
        path = write(folder / "w.fq.gz", reads)
        count(write(folder / "few.fq.gz", reads[:20]), platform, prefix)  # compiles
        own, children = time.process_time(), _children()
        count(path, platform, prefix)
        whole = time.process_time() - own + _children() - children
        children = _children()
        subprocess.run(
            ["minimap2", "-a", "-Y", "-x", f"map-{preset}", "--secondary=no", "-t1",
             "-o", str(folder / "w.sam"), str(target), str(path)],
            check=True, capture_output=True,
        )  # fmt: skip
        alone = _children() - children
        print(
            f"{platform}: whole step {whole:.1f} CPU s, minimap2 {alone:.1f}: {whole / alone:.2f}"
        )


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def called(path: Path, platform: str, prefix: Path, folder: Path) -> pd.DataFrame:
    """Calls of a sample as ``count_alleles`` and ``call_variants`` make them."""
    reads = ["--bam" if path.suffix == ".bam" else "--fastq", str(path)]
    counts = str(folder / "calls.npz")
    step("count_alleles", *reads, "--sample", "S", "--index", str(prefix), "--platform", platform,
         "--counts", counts, "--qc", str(folder / "qc.json"))  # fmt: skip
    out = {"--vcf": "vcf.gz", "--tested": "tested.tsv.gz", "--errors": "json", "--calls": "tsv"}
    files = [text for key, end in out.items() for text in (key, str(folder / f"calls.{end}"))]
    step("call_variants", "--sample", "S", "--counts", counts, *files)
    return CALLS.read(folder / "calls.tsv")


def step(script: str, *words: str) -> None:
    subprocess.run([sys.executable, str(REPOSITORY / f"scripts/{script}.py"), *words], check=True)


def tell(calls: pd.DataFrame) -> None:
    snvs = calls[calls["type"] == "SNV"]
    fixed = snvs[(snvs["state"] == "homoplasmic") & (snvs["filter"] == "PASS")]
    print(f"  {len(fixed)} homoplasmic SNVs:",
          *(f"{r.pos}{r.ref}>{r.alt}" for r in fixed.itertuples()))  # fmt: skip
    for row in snvs.drop(fixed.index).itertuples():
        print(f"  {row.pos}{row.ref}>{row.alt} {row.vaf:.2%} of {row.depth}: {row.filter}, "
              f"{row.alt_forward} forward, {row.alt_reverse} reverse, {row.flags}")  # fmt: skip
    others = calls[(calls["type"] != "SNV") & (calls["filter"] == "PASS")]
    print("  indels that pass:",
          *(f"{r.pos}{r.ref}>{r.alt} {r.vaf:.1%}" for r in others.itertuples()))  # fmt: skip


def beside_runs() -> dict[int, str]:
    """New bases of twelve places right behind a run of four, by place on the circle."""
    edges = [
        at for at in range(600, 15_900)
        if len(set(CIRCLE[at - 4 : at])) == 1 and CIRCLE[at] != CIRCLE[at - 1]
        and not 2990 < at < 3120
    ]  # fmt: skip
    chosen = [edges[k] for k in np.linspace(5, len(edges) - 5, 12).astype(int)]
    # Every second one makes the run longer, the others have another base.
    return {
        at: CIRCLE[at - 1] if k % 2 else next(b for b in "ACGT" if b not in CIRCLE[at - 1 : at + 1])
        for k, at in enumerate(chosen)
    }


def runs(folder: Path, prefix: Path) -> None:
    """SNVs beside runs, fixed and at 10 %, among reads whose runs are often too short or long."""
    rng = np.random.default_rng(4)
    new = beside_runs()
    fixed = dict(list(new.items())[:6])
    for platform, rates, often in (("pacbio", HIFI, 0.01), ("nanopore", ONT, 0.03)):
        reads = []
        for _ in range(400):
            changes = fixed | (dict(list(new.items())[6:]) if rng.random() < 0.1 else {})
            text = molecule(int(rng.integers(len(CIRCLE))), 12_000, changes)
            reads.append(with_errors(rng, wrong_runs(rng, text, often), rates))
        found = called(write(folder / "runs.fq.gz", reads), platform, prefix, folder)
        snvs = found[(found["type"] == "SNV") & (found["filter"] == "PASS")]
        # Positions are those of rCRS, with the N at 3107.
        truth = {at + 1 + (at >= 3106): (base, at in fixed) for at, base in new.items()}
        hits = [
            row for row in snvs.itertuples()
            if truth.get(row.pos) == (row.alt, row.state == "homoplasmic")
        ]  # fmt: skip
        print(f"{platform}: SNVs beside runs, {len(hits)} of {len(new)} called, "
              f"{len(snvs) - len(hits)} false; VAF of those at 10 %:",
              *(f"{row.vaf:.1%}" for row in hits if row.state != "homoplasmic"))  # fmt: skip


def wrong_runs(rng: np.random.Generator, text: str, often: float) -> str:
    """A read whose runs of four bases or more lose or gain one now and then."""

    def other(match: re.Match[str]) -> str:
        run = match.group()
        if rng.random() >= often:
            return run
        return run[:-1] if rng.random() < 0.5 else run + run[0]

    return re.sub(r"(.)\1{3,}", other, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hg002", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = index(folder)
        flanks(folder, prefix)
        work(folder, prefix)
        runs(folder, prefix)
        if options.hg002:
            print("real reads of HG002")
            tell(called(options.hg002, "pacbio", prefix, folder))


if __name__ == "__main__":
    main()
