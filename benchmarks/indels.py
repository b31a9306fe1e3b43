"""Indels as evidence: VAFs of long ones through the aligner, false claims and power.

python benchmarks/indels.py [vaf | null | places | reads] [--draws 400] [--depths 1000 5000]
                            [--others 8] [--fraction 0]

vaf: deletions and insertions of 1 to 100 bases at 5 and 30 % in simulated reads of 2 x 75 and
2 x 150 bases, through aligner and counting. null: patients whose tumour has an indel at 60 % and
nothing else, drawn as counts with errors of indels that differ between places: how often the test
rejects without transfer, and the detection limit beside that of an SNV. places: the same for many
places of a cohort at once, each by itself, with a tumour fraction. reads: the same for a few
patients, from reads with errors of indels. Prints the figures of docs/validation.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

from minor_variants import mix, sample  # noqa: E402
from patients import context  # noqa: E402
from places import GENOME, LENGTH  # noqa: E402
from simulated_reads import CIRCLE, RCRS, Library, counted, index, pair  # noqa: E402

from mitotransfer.calls import call  # noqa: E402
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts  # noqa: E402
from mitotransfer.counts.indel_depth import fragments, indel_depth, shown_share  # noqa: E402
from mitotransfer.counts.minor_alleles import own_bases  # noqa: E402
from mitotransfer.errors import sample_errors  # noqa: E402
from mitotransfer.errors.background import background  # noqa: E402
from mitotransfer.errors.indel_sums import IndelSums, indel_contribution  # noqa: E402
from mitotransfer.errors.site_sums import site_contribution  # noqa: E402
from mitotransfer.fraction.estimate import FractionEstimate, detection_limit, estimate  # noqa: E402
from mitotransfer.genome.reference import BASES  # noqa: E402
from mitotransfer.inputs.settings import Contamination  # noqa: E402
from mitotransfer.patient.indel_variants import touched_run  # noqa: E402
from mitotransfer.reads.lanes import SampleReads  # noqa: E402
from mitotransfer.verdicts import assess  # noqa: E402
from mitotransfer.verdicts.shared_variants import variant_counts  # noqa: E402
from mitotransfer.verdicts.unrelated import with_background  # noqa: E402

LENGTHS = (1, 5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 80, 100)
INSERTS = {75: (200, 40), 150: (350, 60)}
ROLES = {"T": "tumor", "I": "immune", "N": "normal"}
PLACES = range(700, 16_000, 800)
DEPTH = 400


def from_reads(folder: Path, prefix: Path, reads: list[tuple[str, str]]) -> Counts:
    library, quality = Library(), "I" * len(reads[0][0])
    for i, bases in enumerate(reads):
        library.add(f"r{i}", bases, (quality[: len(bases[0])], quality[: len(bases[1])]))
    one = counted(prefix, SampleReads("S", [library.write(folder / "r")]))
    return Counts(one.bases, pd.DataFrame(one.indels, columns=INDEL_COLUMNS), one.meta, one.sums)


def vaf(folder: Path, prefix: Path) -> None:
    rng = np.random.default_rng(1)
    for length, insert in INSERTS.items():
        for inserted in (False, True):
            for gap in LENGTHS:
                parts, last = [], 0
                for at in PLACES:
                    new = "".join(rng.choice(list(BASES), gap)) if inserted else ""
                    parts += [CIRCLE[last:at], new]
                    last = at if inserted else at + gap
                other = "".join([*parts, CIRCLE[last:]])
                line = f"2 x {length} {'insertion' if inserted else 'deletion'} of {gap}:"
                for share in (0.05, 0.3):
                    reads = []
                    for i in range(int(DEPTH * len(CIRCLE) / (2 * length))):
                        genome = other if rng.random() < share else CIRCLE
                        size = max(int(rng.normal(*insert)), length)
                        reads.append(
                            pair(genome, int(rng.integers(len(genome))), size, length, bool(i % 2))
                        )
                    counts = from_reads(folder, prefix, reads)
                    size = counts.indels["alt"].str.len() - counts.indels["ref"].str.len()
                    rows = counts.indels[size == (gap if inserted else -gap)].reset_index(drop=True)
                    rows = rows[fragments(rows).sum(axis=1) > 2].reset_index(drop=True)
                    if rows.empty:
                        line += f" {share:.0%}: not seen;"
                        continue
                    shown = fragments(rows).sum()
                    raw = shown / counts.depth[rows["pos"] - 1].sum()
                    found = shown / indel_depth(counts, RCRS, rows).sum()
                    can = shown_share(counts, RCRS, rows).mean()
                    line += f" {share:.0%}: {found:.2%} (raw {raw:.2%}), shown by {can:.0%};"
                print(line, flush=True)


def eligible(rng: np.random.Generator) -> tuple[int, str, str]:
    """A deletion or insertion of one base that may be evidence."""
    while True:
        pos = int(rng.integers(400, 16_000))
        ref = RCRS.sequence[pos - 1 : pos + 1]
        row = (pos, ref, ref[0])
        if rng.random() < 0.5:
            row = (pos, ref[0], ref[0] + str(rng.choice(list(BASES))))
        moved = row[2][1:] or row[1][1:]
        plain = moved != ref[0] and "N" not in ref and not GENOME.artefact[pos - 3 : pos + 3].any()
        if plain and touched_run(RCRS.sequence, row) < 5:
            return row


class Noise:
    """Rates of false indels by place: by the run that follows, gamma factors, hot places."""

    def __init__(self, rng: np.random.Generator, rate: float = 2e-5) -> None:
        following = np.roll(GENOME.run_lengths, -1)
        mean = rate * np.array([1, 1, 1, 5, 5, 25, 100, 100, 100])[np.minimum(following, 8)]
        self.rate = mean * rng.gamma(0.5, 2.0, LENGTH) * np.where(rng.random(LENGTH) < 0.01, 30, 1)
        self.rng = rng

    def counts(self, depth: int, row: tuple[int, str, str], share: float, snv: float) -> Counts:
        """Counts with false indels, after ``row``'s base as fragments with ``row`` itself."""
        rng = self.rng
        between = rng.gamma(2.0, 0.5)  # samples differ
        half = depth // 2
        k = rng.binomial(half, np.minimum(self.rate * between, 0.5)[:, None], (LENGTH, 2))
        k[row[0] - 1] = rng.binomial(half, min(self.rate[row[0] - 1] * between + share, 1.0), 2)
        k[RCRS.codes > 3] = 0
        rows = []
        for at in np.flatnonzero(k.any(axis=1)).tolist():
            base = RCRS.sequence[at]
            one = row if at == row[0] - 1 else (at + 1, base, base + "G")
            rows.append([*one, *k[at].tolist()])
        bases = sample(mix(9000, snv), depth, seed=int(rng.integers(1 << 31)))
        return replace(bases, indels=pd.DataFrame(rows, columns=INDEL_COLUMNS))


def judged(noise: Noise, fraction: float, snv: bool, depth: int, others: int):
    """A patient of an indel, or an SNV, at 60 % alone, among unrelated samples."""
    row = eligible(noise.rng)
    shares = {"T": 0.6, "I": 0.6 * fraction, "N": 0.0}
    counts = {
        name: noise.counts(depth, row, 0 if snv else share, share if snv else 0)
        for name, share in shares.items()
    }
    one = {"positions": (9000,)} if snv else {"indels": (row,)}
    made = context(counts, ROLES, **one)
    sites, indels = made.others.sites, IndelSums()
    for _ in range(others):
        other = noise.counts(depth, row, 0.0, 0.0)
        sites, indels = sites + site_contribution(other), indels + indel_contribution(other, True)
    made = replace(made, others=replace(made.others, sites=sites, indels=indels, n_asked=others))
    (found,) = assess.assess_patient(made)
    return found.case


def null(draws: int, depths: Sequence[int], others: int) -> None:
    rng = np.random.default_rng(7)
    for depth in depths:
        limits = {}
        for snv in (False, True):
            some = draws // 4 if snv else draws
            cases = [judged(Noise(rng), 0.0, snv, depth, others) for _ in range(some)]
            p = np.array([case.estimate.p_value for case in cases if case.tested])
            limits[snv] = np.median([c.findings.detection_limit for c in cases if c.tested])
            kind = "SNV" if snv else "indel"
            low = ", ".join(f"{np.mean(p < a):.2%} below {a:g}" for a in (0.05, 0.01, 0.001))
            print(f"{depth}x, {kind}: {p.size} tested, {low}; limit {limits[snv]:.2%}", flush=True)
        for fraction in (limits[False], 0.05):
            cases = [judged(Noise(rng), fraction, False, depth, others) for _ in range(draws // 4)]
            tested = [case.estimate for case in cases if case.tested]
            power = np.mean([one.p_value < 0.01 for one in tested])
            held = np.mean([one.low <= fraction <= one.high for one in tested])
            mean = np.mean([one.fraction for one in tested])
            print(f"{depth}x, f {fraction:.2%}: p < 1 % in {power:.0%}, mean {mean:.2%}, "
                  f"interval holds f in {held:.0%} of {len(tested)}", flush=True)  # fmt: skip


def placed(noise: Noise, depth: int, places: list[int], share: float) -> Counts:
    """Counts with false insertions of G, and of this share beyond them after some bases."""
    rate = np.minimum(noise.rate * noise.rng.gamma(2.0, 0.5), 0.5)
    rate[np.array(places) - 1] += share
    k = noise.rng.binomial(depth // 2, np.minimum(rate, 1.0)[:, None], (LENGTH, 2))
    k[RCRS.codes > 3] = 0
    rows = [[*insertion(at + 1), *k[at].tolist()] for at in np.flatnonzero(k.any(axis=1)).tolist()]
    bases = sample({}, depth, seed=int(noise.rng.integers(1 << 31)))
    return replace(bases, indels=pd.DataFrame(rows, columns=INDEL_COLUMNS))


def insertion(pos: int) -> tuple[int, str, str]:
    """An insertion of G after a position."""
    base = RCRS.sequence[pos - 1]
    return pos, base, f"{base}G"


def apart(rng: np.random.Generator) -> list[int]:
    """Positions, 180 bases apart, after which an insertion of G may be evidence."""
    found: list[int] = []
    for pos in range(400 + int(rng.integers(180)), 16_000):
        around = slice(pos - 3, pos + 3)
        plain = RCRS.sequence[pos - 1] != "G" and "N" not in RCRS.sequence[around]
        far = not found or pos >= found[-1] + 180
        if far and plain and not GENOME.artefact[around].any():
            found += [pos] if touched_run(RCRS.sequence, insertion(pos)) < 5 else []
    return found


def by_place(cohorts: int, depth: int, others: int, fraction: float) -> None:
    rng = np.random.default_rng([depth, others, round(1e4 * fraction)])
    found: list[FractionEstimate] = []
    limits: list[float] = []
    for _ in range(cohorts):
        noise, places = Noise(rng), apart(rng)
        shares = {"T": 0.6, "I": 0.6 * fraction, "N": 0.0}
        counts = {name: placed(noise, depth, places, share) for name, share in shares.items()}
        made = context(counts, ROLES, indels=tuple(map(insertion, places)))
        sites, indels = made.others.sites, IndelSums()
        for _ in range(others):
            one = placed(noise, depth, places, 0.0)
            sites, indels = sites + site_contribution(one), indels + indel_contribution(one, True)
        unrelated = replace(made.others, sites=sites, indels=indels, n_asked=others)
        evidence = with_background(replace(made, others=unrelated), "I", made.patient.evidence)
        evidence = evidence[evidence["usable"]].reset_index(drop=True)
        for i in range(len(evidence)):
            alone = variant_counts(evidence.iloc[[i]].reset_index(drop=True), Contamination())
            found.append(estimate(alone))
            limits += [detection_limit(alone, 0.01)] if i % 20 == 0 else []
    p = np.array([one.p_value for one in found])
    held = np.mean([one.low <= fraction <= one.high for one in found])
    low = ", ".join(f"{np.mean(p < a):.2%} below {a:g}" for a in (0.05, 0.01, 0.001))
    print(f"{depth}x, {others} others, f {fraction:.2%}: {p.size} places, {low}; limit "
          f"{np.median(limits):.2%}, mean {np.mean([one.fraction for one in found]):.2%}, "
          f"held {held:.1%}", flush=True)  # fmt: skip


def reads(folder: Path, prefix: Path, patients: int = 3) -> None:
    """A frameshift at 60 % in reads with one-base indels, ten times as many in runs of five."""
    rng = np.random.default_rng(9)
    prone = np.where(GENOME.near_homopolymer[RCRS.codes < 4], 1e-4, 1e-5)

    def library(other: str, share: float) -> Counts:
        found = []
        for i in range(30_000):
            genome = other if rng.random() < share else CIRCLE
            start, size = int(rng.integers(len(genome))), max(int(rng.normal(350, 60)), 150)
            wrong = np.flatnonzero(rng.random(size) < prone[(start + np.arange(size)) % len(prone)])
            for at in wrong.tolist():
                place = (start + at) % len(genome)
                new = "" if rng.random() < 0.6 else genome[place] * 2
                genome = genome[:place] + new + genome[place + 1 :]
            found.append(pair(genome, start, size, 150, bool(i % 2)))
        return from_reads(folder, prefix, found)

    for number in range(patients):
        row = eligible(rng)
        at = row[0] - 1 - (row[0] > 3107)
        other = CIRCLE[: at + 1] + row[2][1:] + CIRCLE[at + len(row[1]) :]
        for fraction in (0.0, 0.05):
            shares = {"T": 0.6, "I": 0.6 * fraction, "N": 0.0}
            counts = {name: library(other, share) for name, share in shares.items()}
            tumor = counts["T"]
            errors = sample_errors.estimate_errors(tumor)
            predicted = background(errors, RCRS, own=own_bases(tumor))
            settings = call.CallSettings()
            alleles = call.tested_alleles(tumor, predicted, GENOME, settings)
            found = call.call(alleles, GENOME, settings)
            found = found[(found["filter"] == "PASS") & (found["type"] != "SNV")]
            rows = [(int(p), str(r), str(a)) for p, r, a in found[["pos", "ref", "alt"]].to_numpy()]
            made = context(counts, ROLES, indels=tuple(rows))
            (one,) = assess.assess_patient(made)
            e = one.case.estimate
            print(f"patient {number}, {row}, f {fraction:.0%}: {len(rows)} called, "
                  f"{one.case.findings.n_informative} informative, f {e.fraction:.2%} "
                  f"({e.low:.2%} to {e.high:.2%}), p {e.p_value:.2g}, limit "
                  f"{one.case.findings.detection_limit:.2%}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=("vaf", "null", "places", "reads"))
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--depths", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--fraction", type=float, default=0.0, help="of places")
    parser.add_argument("--others", type=int, default=8, help="unrelated samples")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.part in (None, "null"):
            null(arguments.draws, arguments.depths, arguments.others)
        if arguments.part == "places":
            for depth in arguments.depths:
                by_place(arguments.draws // 20, depth, arguments.others, arguments.fraction)
        if arguments.part in (None, "vaf", "reads"):
            prefix = index(folder)
            if arguments.part != "reads":
                vaf(folder, prefix)
            if arguments.part != "vaf":
                reads(folder, prefix)


if __name__ == "__main__":
    main()
