"""The share of a human tumour's mtDNA in mouse cells, from simulated reads through the whole chain.

    python benchmarks/two_species.py --work FOLDER [--draws 4] [--page docs/validation.md]

Reads of the two bundles' genomes are simulated with errors, mixed, and run through Snakemake with
``reference.host_bundle``, at 1,000x. The tumour is a human line, the normal mouse cells alone.
Samples of one species at 10,000x are counted by themselves.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import pages
from tsv import write_rows
from two_species import PAIR

from mitotransfer.counts.count_sample import count_sample
from mitotransfer.counts.two_species import SPECIES
from mitotransfer.genome import reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.noise import Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import write_reads
from mitotransfer.stats import intervals

ROOT = Path(__file__).resolve().parents[1]
SHARES = (0.0, 0.001, 0.01)
DEPTH, DEEP = 1000, 10_000
BASES_OF_PAIR = 300
GENOMES = {
    name: reference.load(reference.bundled(name)) for name in ("human_rCRS", "mouse_C57BL6J")
}


def write_sample(prefix: Path, share: float, seed: int, depth: int = DEPTH) -> list[Path]:
    """FASTQ of a sample with a share of human pairs; made once."""
    files = [Path(f"{prefix}_{mate}.fastq.gz") for mate in (1, 2)]
    if all(file.exists() for file in files):
        return files
    rng = np.random.default_rng([seed, depth, round(1e6 * share)])
    pairs = depth * GENOMES["human_rCRS"].length // BASES_OF_PAIR
    human = int(rng.binomial(pairs, share))
    parts: list[list[Path]] = []
    for name, n in zip(reversed(GENOMES), (pairs - human, human), strict=True):
        genome = GENOMES[name]
        noise = cohort_noise(Sequencing(duplicates=0.0), genome, 3)
        part = [Path(f"{prefix}.{name}.{mate}.gz") for mate in (1, 2)]
        if n:
            write_reads(Library([Source(1.0, [])], genome, noise), n, rng, *part, name=name)
            parts.append(part)
    for mate, file in enumerate(files):
        file.write_bytes(b"".join(part[mate].read_bytes() for part in parts))
        for part in parts:
            part[mate].unlink()
    return files


def run(work: Path, draws: int) -> pd.DataFrame:
    """``transfer.tsv`` of the cohort, with the true share and fragments of both species."""
    plan = [("tumor", "tumor", 1.0), ("normal", "normal", 0.0)]
    plan += [(f"f{f:g}_{k}", "immune", f) for f in SHARES for k in range(draws)]
    rows = []
    for seed, (name, role, share) in enumerate(plan):
        one, two = write_sample(work / name, share, seed)
        row = {"sample": name, "patient": "P", "role": role, "assay": "capture"}
        rows.append(row | {"fastq_1": str(one), "fastq_2": str(two)})
        print(name, file=sys.stderr)
    write_rows(work / "samples.tsv", rows)
    write_rows(work / "patients.tsv", [{"patient": "P", "design": "allogeneic"}])
    (work / "more.yaml").write_text(
        "reference: {host_bundle: mouse_C57BL6J}\nreads: {keep_bam: false}\n"
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "4", "--nolock", "--configfile"]
    command += [str(ROOT / "config" / "config.yaml"), str(work / "more.yaml"), "--config"]
    command += [f"{key}={work / key}.tsv" for key in ("samples", "patients")]
    wanted = f"{work / 'results'}/transfer.tsv"
    subprocess.run([*command, f"results={work / 'results'}", "--", wanted], cwd=ROOT, check=True)
    found = pd.read_csv(work / "results" / "transfer.tsv", sep="\t").set_index("sample")
    facts = {}
    for name, _, share in plan:
        text = (work / "results" / "samples" / name / f"{name}.qc.json").read_text()
        facts[name] = {"true": share} | json.loads(text)["species"]
    return pd.DataFrame(facts).T.join(found)


def pure(work: Path) -> dict[str, dict[str, Any]]:
    """What is counted in samples of the tumour's species alone, and of the host's."""
    found = {}
    for seed, (kind, share) in enumerate((("tumor", 1.0), ("host", 0.0))):
        lane = Lane(*write_sample(work / f"pure_{kind}", share, 100 + seed, DEEP))
        index = work / "results" / "reference" / "circle"
        settings = align.Settings(pair=PAIR)
        sample = SampleReads(kind, [lane])
        counts, _ = count_sample(sample, index, PAIR.tumor.reference, Counting(), settings)
        found[kind] = counts.meta[SPECIES]
    return found


def section(table: pd.DataFrame, pure: dict[str, dict[str, Any]]) -> str:
    """What goes into the page."""
    immune = table[table["verdict"].notna()]
    rows = []
    for share, part in immune.groupby("true"):
        within = (part["tumor_fraction_low"] <= share) & (part["tumor_fraction_high"] >= share)
        verdicts = part["verdict"].value_counts()
        rows.append(
            [
                f"{share:.2%}", str(len(part)),
                f"{part['tumor_fraction'].mean():.3%}",
                f"{part['tumor_fraction'].min():.3%} to {part['tumor_fraction'].max():.3%}",
                f"{within.sum()} of {len(part)}",
                f"{part['detection_limit'].median():.3%}",
                f"{(part['p_value'] < 1e-4).sum()} of {len(part)}",
                ", ".join(f"{n} `{name}`" for name, n in verdicts.items()),
            ]
        )  # fmt: skip
    header = ["true share", "samples", "mean estimate", "range", "interval covers",
              "detection limit", "p below 1e-4", "verdicts"]  # fmt: skip
    told = [pages.markdown(header, rows), ""]
    for kind, other in (("tumor", "host"), ("host", "tumor")):
        facts = pure[other]
        wrong, right = (int(facts[f"{one}_fragments"]) for one in (kind, other))
        high = float(intervals.upper_bound(wrong, wrong + right, 0.95))
        told.append(
            f"- {facts[other].capitalize()} alone at {DEEP:,}x: {wrong} of {wrong + right:,} "
            f"fragments at the markers are {facts[kind]} (95 % bound {high:.1e}), "
            f"{int(facts['ambiguous_reads']):,} reads fit both."
        )
    return "\n".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--page", type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    work = args.work.resolve()
    text = section(run(work, args.draws), pure(work))
    print(text)
    if args.page:
        pages.replace_block(args.page, "species", text)


if __name__ == "__main__":
    main()
