"""Long reads: fraction by molecules, nuclear flanks, work beside minimap2's own, and real reads.

python benchmarks/long_reads.py [--hg002 HG002_chrM_100x.bam] [--draws 1000]

Prints the figures of the section "Long reads" of docs/validation.md. The real reads are those of
Himito's repository (PacBio HiFi, aligned to GRCh38).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

import molecule_draws as draws  # noqa: E402
from long_molecules import HIFI, ONT, molecule, random_bases, with_errors, write  # noqa: E402
from simulated_reads import CIRCLE, RCRS, index  # noqa: E402

from mitotransfer.counts.count_sample import count_sample  # noqa: E402
from mitotransfer.fraction.estimate import detection_limit, estimate  # noqa: E402
from mitotransfer.inputs.settings import Counting  # noqa: E402
from mitotransfer.reads.align import Settings  # noqa: E402
from mitotransfer.reads.lanes import Lane, SampleReads  # noqa: E402

DESIGNS = {"ONT Q20, 5,000": draws.ONT, "HiFi, 1,000": draws.HIFI}


def fractions(times: int) -> None:
    rng = np.random.default_rng(1)
    for name, design in DESIGNS.items():
        sites, molecules = draws.both(rng, 0.0, design, 0.0)
        limits = [detection_limit(one) for one in (sites, molecules)]
        print(f"{name}: detection limit of sites {limits[0]:.3%}, of molecules {limits[1]:.3%}")
        for switched in (0.0, 0.3):
            p = [estimate(draws.both(rng, 0, design, switched)[1], details=False).p_value
                 for _ in range(times)]  # fmt: skip
            print(f"  switched {switched:.0%}, f 0: p < 1 % in {np.mean(np.array(p) < 0.01):.2%}")
            for f in (limits[1], 0.01):
                found = [estimate(draws.both(rng, f, design, switched)[1], details=False)
                         for _ in range(max(times // 5, 1))]  # fmt: skip
                power = np.mean([one.p_value < 0.01 for one in found])
                cover = np.mean([one.low <= f <= one.high for one in found])
                mean = np.mean([one.fraction for one in found])
                print(f"    f {f:.3%}: power {power:.1%}, mean {mean:.3%}, coverage {cover:.1%}")


def count(path: Path, platform: str, prefix: Path):
    lanes = [] if path.suffix == ".bam" else [Lane(path)]
    sample = SampleReads("S", lanes, [path] if path.suffix == ".bam" else [])
    return count_sample(sample, prefix, RCRS, Counting(), Settings(platform=platform))[0]


def flanks(folder: Path, prefix: Path) -> None:
    """Reads of 5 kb of a nuclear copy's mitochondrial part with 500 or 3,000 bases beside it."""
    rng = np.random.default_rng(2)
    for platform, rates in (("pacbio", HIFI), ("nanopore", ONT)):
        for size in (140, 500, 3000):
            for five in (True, False):
                reads = []
                for _ in range(40):
                    own = with_errors(rng, molecule(int(rng.integers(len(CIRCLE))), 5000), rates)
                    flank = random_bases(rng, size)
                    reads.append(flank + own if five else own + flank)
                # write() turns every second read: the flank stands at both ends of the reference.
                result = count(write(folder / "f.fq.gz", reads), platform, prefix)
                end = "5'" if five else "3'"
                print(f"{platform}: flank of {size} at the {end} end: "
                      f"{result.meta['used_reads']} of 40 count")  # fmt: skip


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


def real(path: Path, prefix: Path) -> None:
    result = count(path, "pacbio", prefix)
    bases = result.bases.sum(axis=2)
    depth = bases.sum(axis=1)
    print(f"real reads: {result.meta['used_reads']} of {result.meta['reads']} count")
    for pos in np.flatnonzero(depth > 30):
        for code, base in enumerate("ACGT"):
            times = bases[pos, code]
            if code != RCRS.codes[pos] and times >= max(3, 0.01 * depth[pos]):
                print(f"  {pos + 1}{RCRS.sequence[pos]}>{base} {times} of {depth[pos]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hg002", type=Path)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = index(folder)
        flanks(folder, prefix)
        work(folder, prefix)
        if options.hg002:
            real(options.hg002, prefix)
    fractions(options.draws)


if __name__ == "__main__":
    main()
