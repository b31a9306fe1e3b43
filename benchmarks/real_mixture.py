"""Run the pipeline on real reads of two people mixed at known shares, and compare.

python benchmarks/real_mixture.py --data FOLDER --output FOLDER

FOLDER holds donor.bam (the tumour's part), recipient_alone.bam (the normal's) and
mixture_*.bam (immune samples), with a README.md whose table states each mixture's share of
donor bases. The data are not part of the repository.

Mixtures that are made of the two people's own reads, not of their cells, hold those reads a second
time: the pipeline finds that (flag ``reads_in_common``) and never calls them transfer.

The true share is counted in three ways: aligned bases (as the README states it), read pairs, and
fragments at the informative positions, told apart by their bases and qualities. A fragment counts
once, however far its mates overlap, so the estimate has to agree with the last; where one library
has shorter inserts than the other bases say something else.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

from mitotransfer.patient.evidence_table import EVIDENCE  # noqa: E402

PATIENT = "PAIR"


def known_shares(data: Path) -> dict[str, float]:
    """Share of donor bases by mixture, from the table in the data's README."""
    text = (data / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (mixture_\w+)\.bam \|.*\| ([0-9.]+) \|$", text, re.MULTILINE)
    return {name: float(share) for name, share in rows}


def reads(path: Path) -> Iterator[pysam.AlignedSegment]:
    """Primary records of a BAM file."""
    with pysam.AlignmentFile(str(path)) as bam:
        for read in bam.fetch(until_eof=True):
            if not (read.is_secondary or read.is_supplementary):
                yield read


def same_read(read: pysam.AlignedSegment) -> tuple[str, str, bool]:
    """Fields that identify a read without its name."""
    return str(read.query_sequence), str(read.qual), read.is_reverse


def fragment_shares(data: Path, mixture: str, positions: list[int]) -> tuple[float, float]:
    """Share of the donor among read pairs, and among fragments that cover the positions.

    Covered is what counts as such in the pipeline: base quality and distance from the read's end.
    """
    donor = {same_read(read) for read in reads(data / "donor.bam")}
    found: dict[str, tuple[bool, set[int]]] = {}
    wanted = set(positions)
    for read in reads(data / f"{mixture}.bam"):
        ours, covered = found.get(str(read.query_name), (False, set()))
        first, last = read.query_alignment_start + 10, read.query_alignment_end - 10
        quality = read.query_qualities
        for q, p in read.get_aligned_pairs(matches_only=True):
            if p + 1 in wanted and first <= q < last and quality[q] >= 20:
                covered.add(p)
        found[str(read.query_name)] = (ours or same_read(read) in donor, covered)
    of_donor = np.array([ours for ours, _ in found.values()])
    depth = np.array([len(covered) for _, covered in found.values()])
    return float(of_donor.mean()), float(depth[of_donor].sum() / depth.sum())


def write_sheets(data: Path, output: Path, mixtures: list[str]) -> None:
    roles = {"donor": "tumor", "recipient_alone": "normal"} | dict.fromkeys(mixtures, "immune")
    lines = ["sample\tpatient\trole\tbam\tassay\tplatform"]
    for name, role in roles.items():
        lines.append(f"{name}\t{PATIENT}\t{role}\t{data / name}.bam\twes\tillumina")
    (output / "samples.tsv").write_text("\n".join(lines) + "\n")
    (output / "patients.tsv").write_text(f"patient\tdesign\n{PATIENT}\tallogeneic\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    shares = known_shares(args.data)
    output = args.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    write_sheets(args.data.resolve(), output, sorted(shares))
    sheets = [f"{key}={output / key}.tsv" for key in ("samples", "patients")]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config"]
    subprocess.run([*command, *sheets, f"results={output / 'results'}"], cwd=REPOSITORY, check=True)

    folder = output / "results" / "patients" / PATIENT
    evidence = EVIDENCE.read(folder / "evidence.tsv")
    evidence = evidence[evidence["usable"]]
    transfer = pd.read_csv(output / "results" / "transfer.tsv", sep="\t", index_col="sample")
    print("mixture\tbases\tpairs\tfragments\tfraction\tlow\thigh\tinformative\tinside")
    inside = 0
    for name, bases in sorted(shares.items()):
        rows = evidence[evidence["sample"] == name]
        pairs, share = fragment_shares(args.data, name, rows["pos"].tolist())
        found = transfer.loc[name, ["tumor_fraction", "tumor_fraction_low", "tumor_fraction_high"]]
        estimate, low, high = found.astype(float)
        held = low <= share <= high
        inside += held
        numbers = (bases, pairs, share, estimate, low, high)
        cells = "\t".join(f"{number:.4f}" for number in numbers)
        print(f"{name}\t{cells}\t{len(rows)}\t{'yes' if held else 'no'}")
    sys.exit(0 if inside == len(shares) else 1)


if __name__ == "__main__":
    main()
