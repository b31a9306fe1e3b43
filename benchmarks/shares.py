"""Real reads of two people mixed anew, at other shares and the other way round; why any are missed.

    python benchmarks/shares.py --data FOLDER --work FOLDER --page docs/validation.md

FOLDER of ``--data`` holds recipient_alone.bam, donor.bam, mixtures of them (mixture_05.bam and so
on) and fixed_differences.tsv (columns pos, major, minor). Random read pairs of one person are added
to all of the other's, so that these are the given share of the reads. Found is any call that
passes, whatever its VAF. False is one that is neither a difference, nor an allele that the added
person has, nor called where nothing was added.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import draws
import pages

from mitotransfer.calls import call
from mitotransfer.calls.audit import table
from mitotransfer.counts import allele_counts
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import aligner_index
from mitotransfer.reads.align import Settings
from mitotransfer.reads.lanes import SampleReads

SHARES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1)
SEEDS = 4
RECIPIENT, DONOR = "recipient_alone", "donor"
Allele = tuple[int, str]


def records(path: Path) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(path)) as bam:
        return list(bam.fetch(until_eof=True))


def mixed(
    base: list[pysam.AlignedSegment], other: list[pysam.AlignedSegment], share: float, seed: int,
    path: Path,
) -> Path:  # fmt: skip
    """All reads of one person, and pairs of the other until they are the share of the reads."""
    names = pd.Series([read.query_name for read in other])
    size = names.value_counts().sort_index()
    order = np.random.default_rng(seed).permutation(size.to_numpy().size)
    wanted = share / (1.0 - share) * len(base)
    before = np.cumsum(size.to_numpy()[order]) - size.to_numpy()[order]
    chosen = set(size.index[order][before < wanted])
    added = [read for read in other if read.query_name in chosen]
    header = pysam.AlignmentHeader.from_dict({"SQ": base[0].header.to_dict()["SQ"]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for read in base + added:
            row = read.to_dict() | {"tags": []}
            target.write(pysam.AlignedSegment.from_dict(row, header))
    return path


def called(bam: Path, work: Path) -> tuple[dict[Allele, str], set[Allele], Path]:
    """Why each allele was called or not, the alleles that at least 2 % have, and the alignment."""
    prefix, out = work / "circle", work / f"{bam.stem}.aligned.bam"
    if not Path(f"{prefix}.0123").exists():
        aligner_index.write_index(draws.REFERENCE, 1000, prefix)
    found, _ = count_sample(
        SampleReads("S", [], [bam]), prefix, draws.REFERENCE, Counting(), Settings(1000), bam=out
    )
    allele_counts.save(found, work / "counts.npz")
    counts = allele_counts.load(work / "counts.npz", sums=True)
    predicted = draws.prediction(counts)
    tested = call.tested_alleles(counts, predicted, draws.GENOME, draws.SETTINGS)
    why = table(tested, counts, predicted, draws.GENOME, draws.SETTINGS)
    why = why[why["allele"].isin(list("ACGT")) & (why["ref"].str.len() == 1)]
    reasons = {
        (int(p), a): r for p, a, r in zip(why["pos"], why["allele"], why["reason"], strict=True)
    }
    alleles = counts.alleles
    had = (alleles >= 2) & (alleles >= 0.02 * alleles.sum(axis=1, keepdims=True))
    return reasons, {(int(p) + 1, "ACGT"[a]) for p, a in zip(*np.nonzero(had), strict=True)}, out


def of_added(
    bam: Path, known: set[str], alleles: set[Allele]
) -> dict[Allele, tuple[int, int, int]]:
    """Fragments of the added person with alleles: all, those of quality 20, and off read ends."""
    seen: dict[Allele, tuple[set[str], set[str], set[str]]] = {
        a: (set(), set(), set()) for a in alleles
    }
    for read in records(bam):
        name = str(read.query_name)
        if read.is_unmapped or name in known:
            continue
        text, quality = read.query_sequence, read.query_qualities
        first, last = read.query_alignment_start + 10, read.query_alignment_end - 10
        for at, pos in read.get_aligned_pairs(matches_only=True):
            groups = seen.get((pos + 1, text[at]))
            if groups:
                good = quality[at] >= 20
                for group, holds in zip(
                    groups, (True, good, good and first <= at < last), strict=True
                ):
                    if holds:
                        group.add(name)
    return {allele: tuple(map(len, groups)) for allele, groups in seen.items()}  # type: ignore[misc]


def passing(reasons: dict[Allele, str]) -> set[Allele]:
    return {allele for allele, reason in reasons.items() if reason == "PASS"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="page whose block `shares` to replace")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    fixed = pd.read_csv(args.data / "fixed_differences.tsv", sep="\t")
    reads = {name: records(args.data / f"{name}.bam") for name in (RECIPIENT, DONOR)}
    alone = {name: called(args.data / f"{name}.bam", args.work) for name in reads}
    found = []
    for base, other, column in ((RECIPIENT, DONOR, "minor"), (DONOR, RECIPIENT, "major")):
        truth = set(zip(fixed["pos"], fixed[column], strict=True))
        known = truth | alone[other][1] | passing(alone[base][0])
        for share in SHARES:
            rows = []
            for seed in range(SEEDS):
                bam = mixed(reads[base], reads[other], share, seed, args.work / "mixed.bam")
                got = passing(called(bam, args.work)[0])
                rows.append((len(got & truth), len(got - known)))
            hits, false = np.sum(rows, axis=0)
            found.append((base, share, hits / SEEDS, false / SEEDS))
            print(*found[-1], file=sys.stderr)
    wide = pd.DataFrame(found, columns=["base", "share", "hits", "false"])
    lines = [
        "**Other shares, and the other way round**: random pairs of one added to all reads of the "
        f"other, {SEEDS} times each. Differences found of {len(fixed)} · false calls, means:",
        "",
        pages.markdown(
            ["added", *(f"{100 * share:g} %" for share in SHARES)],
            [
                [
                    text,
                    *(
                        f"{r.hits:.1f} · {r.false:g}"
                        for r in wide[wide["base"] == base].itertuples()
                    ),
                ]
                for base, text in (
                    (RECIPIENT, "donor to recipient (147x count)"),
                    (DONOR, "recipient to donor (62x count)"),
                )
            ],
        ),
        "",
    ]
    own = {str(read.query_name) for read in reads[RECIPIENT]}
    misses = []
    truth = set(zip(fixed["pos"], fixed["minor"], strict=True))
    for path in sorted(args.data.glob("mixture_*.bam")):
        reasons, _, bam = called(path, args.work)
        missed = {allele for allele in truth if reasons[allele] != "PASS"}
        fragments = of_added(bam, own, missed)
        level = f"{int(path.stem.split('_')[1])} %"
        misses += [
            [
                level,
                f"{pos} {base}",
                *map(str, fragments[pos, base]),
                reasons[pos, base].replace(";", "; "),
            ]
            for pos, base in sorted(missed)
        ]
    heads = ["share", "allele", "fragments", "of quality 20", "off read ends", "why"]
    lines += [
        f"**Every difference that is not called** in the three mixtures ({len(misses)} of "
        f"{3 * len(fixed)}), with the donor's fragments that have it:",
        "",
        pages.markdown(heads, misses),
    ]
    print("\n".join(lines))
    if args.page:
        pages.replace_block(args.page, "shares", "\n".join(lines))


if __name__ == "__main__":
    main()
