"""Calls of nuclear copies of mtDNA that pass the filter, and alleles of people that it marks.

    python benchmarks/nuclear_copies.py --work FOLDER [--copies 6] [--page docs/validation.md]

Samples of rCRS at three depths are simulated as reads, and the minority's reads apart: copies of
2,000 bases of every divergence, the published copy on chromosome 1, people as far away as L0a and
farther. Each is aligned and counted by the pipeline, with the mismatches that a minority may have,
and added to the sample's counts. Counted are calls above 0.2 %, with and without ``nuclear_copy``.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import pages
from draws import SETTINGS, prediction
from haplotypes import L0A, person
from places import GENOME, LENGTH, PLACEHOLDER, RCRS
from simulated_reads import EXTENSION, index

from mitotransfer.calls import call
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.genome.reference import BASES
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate.genomes import TRANSITION, Variant
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.noise import Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import write_reads

PAIRS = {1800: 120_000, 5000: 333_000, 15_000: 1_000_000}
DIVERGENCES = (0.01, 0.02, 0.03, 0.05, 0.08)
COPY, SHARE, LOWEST = 2000, 0.005, 0.002
PERSON_SHARES = (0.005, 0.01, 0.03)
# A minority's alleles are not among the sample's own, which need counting.own_allele_vaf.
MINORITY = Counting(own_allele_vaf=2.0)
COPIES = GENOME.nuclear_copies


def transitions(positions: list[int]) -> list[Variant]:
    bases = [RCRS.sequence[p - 1] for p in positions]
    return [Variant(p, b, TRANSITION[b], 1.0) for p, b in zip(positions, bases, strict=True)]


def counted(
    work: Path, name: str, source: Source, pairs: int, seed: int, rules: Counting
) -> Counts:
    """Counts of simulated pairs of one source, made once."""
    path = work / f"{name}.npz"
    if not path.exists():
        files = work / f"{name}.1.fastq.gz", work / f"{name}.2.fastq.gz"
        noise = cohort_noise(Sequencing(hot_spots=0, duplicates=0.0), RCRS, 3)
        library = Library([source], RCRS, noise)
        write_reads(library, pairs, np.random.default_rng(seed), *files)
        settings = align.Settings(EXTENSION)
        sample = SampleReads("S", [Lane(*files)])
        found, _ = count_sample(sample, work / "circle", RCRS, rules, settings)
        allele_counts.save(found, path)
        for file in files:
            file.unlink()
    return allele_counts.load(path, sums=True)


def added(sample: Counts, more: Counts) -> Counts:
    assert sample.sums is not None and more.sums is not None
    both = {
        name: getattr(sample.sums, name) + getattr(more.sums, name)
        for name in ("qualities", "distances", "mismatches", "profile")
    }
    sums = dataclasses.replace(sample.sums, **both)
    return Counts(sample.bases + more.bases, empty_indels(), sample.meta, sums)


def called(sample: Counts, alleles: list[Variant], lowest: float = LOWEST) -> tuple[int, int]:
    """How many of the alleles are called but for ``nuclear_copy``, and with it."""
    found = call.tested_alleles(sample, prediction(sample), GENOME, SETTINGS)
    table = found.bases[found.bases["minor"] & (found.bases["q_value"] <= SETTINGS.max_fdr)]
    wanted = {(one.pos, one.alt) for one in alleles}
    theirs = [key in wanted for key in zip(table["pos"], table["alt"], strict=True)]
    filters = table.loc[theirs & (table["vaf"] >= lowest), "filter"]
    return int(filters.isin(["PASS", "nuclear_copy"]).sum()), int((filters == "PASS").sum())


def measure(work: Path, copies: int) -> pd.DataFrame:
    """A row per kind of minority and depth: alleles called without and with the filter."""
    rows: list[dict[str, object]] = []
    published = max(COPIES, key=lambda one: len(one.pos))
    first, last = int(published.pos.min()), int(published.pos.max())
    chromosome_1 = [
        Variant(int(at) + 1, RCRS.sequence[at], BASES[code], 1.0)
        for at, code in zip(published.pos, published.allele, strict=True)
    ]
    for depth, pairs in PAIRS.items():
        own = counted(work, f"own_{depth}", Source(1.0, []), pairs, depth, Counting())

        def note(
            kind: str, source: Source, share: float, seed: int, lowest: float = LOWEST,
            depth: int = depth, pairs: int = pairs, own: Counts = own,
        ) -> None:  # fmt: skip
            length = source.segment[1] if source.segment else LENGTH
            n = max(int(pairs * length / LENGTH * share), 5)
            rules = MINORITY if share < Counting().own_allele_vaf else Counting()
            name = f"{kind}_{depth}_{share:g}_{seed}".replace(" ", "_").replace("%", "")
            more = counted(work, name, source, n, seed, rules)
            before, after = called(added(own, more), list(source.variants), lowest)
            rows.append({"kind": kind, "depth": depth, "before": before, "after": after})
            print(rows[-1], file=sys.stderr)

        for divergence in DIVERGENCES:
            for seed in range(copies):
                rng = np.random.default_rng([int(1000 * divergence), seed])
                start = 700 + 14_000 // copies * seed
                inside = np.setdiff1d(start + 1 + np.arange(COPY), [PLACEHOLDER + 1])
                at = np.sort(rng.choice(inside, int(divergence * COPY), replace=False)).tolist()
                source = Source(1.0, transitions(at), segment=(start, COPY))
                note(f"{100 * divergence:g} %", source, SHARE, seed)
        for share in (0.002, SHARE, 0.02):
            source = Source(1.0, chromosome_1, segment=(first, last - first + 1))
            note(f"chromosome 1, {100 * share:g} % of the reads", source, share, 1)
        for share in PERSON_SHARES:
            for seed in range(5):
                at = person(np.random.default_rng(seed)) if seed else L0A
                note("people", Source(1.0, transitions(at)), share, seed, 0.0)
    return pd.DataFrame(rows)


def section(table: pd.DataFrame, copies: int) -> str:
    sums = table.groupby(["kind", "depth"], sort=False)[["before", "after"]].sum()
    kinds = list(dict.fromkeys(table["kind"]))
    rows = [
        [kind, *(f"{b} → {a}" for b, a in sums.loc[kind].itertuples(index=False))]
        for kind in kinds
    ]  # fmt: skip
    names = {
        **{f"{100 * d:g} %": f"copies of {100 * d:g} % divergence" for d in DIVERGENCES},
        "people": "people of L0a and farther, at 0.5, 1 and 3 %",
    }
    rows = [[names.get(kind, kind), *rest] for kind, *rest in rows]
    return "\n".join(
        [
            "## Nuclear copies",
            "",
            "Alleles of a minority's reads that are called without and with the filter "
            f"`nuclear_copy`, no decoy, by depth: {copies} copies of {COPY:,} bases each, 0.5 % of "
            "the reads of their places, calls above 0.2 %; the published copy of 5.8 kb on "
            f"chromosome 1 (1.4 % divergence, {len(max(COPIES, key=lambda c: len(c.pos)).pos)} "
            "alleles); and five people, L0a and four with 20 further differences, any VAF, none "
            "of whose alleles is to be lost.",
            "",
            pages.markdown(["", *(f"{d:,}x" for d in PAIRS)], rows),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder to work in")
    parser.add_argument("--copies", type=int, default=6, help="copies of each divergence (6)")
    parser.add_argument("--page", type=Path, help="page with a block named copies to fill")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    index(args.work)
    table = measure(args.work, args.copies)
    table.to_csv(args.work / "copies.tsv", sep="\t", index=False)
    text = section(table, args.copies)
    if args.page:
        pages.replace_block(args.page, "copies", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
