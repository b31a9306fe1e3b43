"""Long reads outside the simulator: real molecules, chimeras of nuclear copies, other errors.

python benchmarks/long_read_origin.py [--hg002 HG002_chrM_100x.bam] [--patients 12]

Prints figures of the section "Long reads" of docs/validation.md.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pysam

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY / part) for part in ("scripts", "tests/support", "benchmarks")]

from long_molecules import HIFI, ONT, molecule, random_bases, with_errors, write  # noqa: E402
from long_reads import beside_runs, called, count  # noqa: E402
from simulated_reads import CIRCLE, RCRS, complement, index, on_circle  # noqa: E402

from mitotransfer.fraction.estimate import detection_limit, estimate  # noqa: E402
from mitotransfer.fraction.molecule_haplotypes import molecule_counts  # noqa: E402
from mitotransfer.fraction.patterns import gathered  # noqa: E402
from mitotransfer.fraction.template_switching import breaks_between  # noqa: E402
from mitotransfer.fraction.variant_counts import VariantCounts  # noqa: E402
from mitotransfer.patient import molecule_patterns  # noqa: E402
from mitotransfer.patient.molecule_patterns import Sites  # noqa: E402

TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}
FRACTION = 0.15


def sites_at(positions: list[int]) -> Sites:
    """Transitions at positions, 1-based."""
    alt = ["ACGT".index(TRANSITION[RCRS.sequence[pos - 1]]) for pos in positions]
    none = np.zeros(len(alt), np.int64)
    return Sites([str(pos) for pos in positions], np.array(positions), np.array(alt), none)


class RealReads:
    """Reads of a BAM file on rCRS, whose bases at places can be changed."""

    def __init__(self, path: Path) -> None:
        self.bases: dict[str, tuple[str, str]] = {}
        self._at: dict[str, dict[int, tuple[int, bool]]] = {}
        for record in pysam.AlignmentFile(str(path)):
            name, size = record.query_name, record.infer_read_length()
            if not record.is_supplementary and not record.is_secondary:
                bases, qualities = record.query_sequence, record.query_qualities_str
                turned = complement(bases), qualities[::-1]
                self.bases[name] = turned if record.is_reverse else (bases, qualities)
            first = record.cigartuples[0]
            skipped = first[1] if first[0] == pysam.CHARD_CLIP else 0
            at = self._at.setdefault(name, {})
            for query, place in record.get_aligned_pairs(matches_only=True):
                k = query + skipped
                at[place] = (size - 1 - k if record.is_reverse else k, record.is_reverse)
        self.names = sorted(name for name, (bases, _) in self.bases.items() if len(bases) > 1000)

    def write(self, path: Path, names, changes) -> Path:
        """FASTQ of reads; ``changes``: by read, the base at positions."""
        lines = []
        for name in names:
            bases, qualities = self.bases[name]
            letters = list(bases)
            for pos, base in changes.get(name, {}).items():
                if pos - 1 in self._at[name]:
                    k, reverse = self._at[name][pos - 1]
                    letters[k] = complement(base) if reverse else base
            lines.append(f"@{name}\n{''.join(letters)}\n+\n{qualities}\n")
        path.write_bytes(gzip.compress("".join(lines).encode(), 1))
        return path


def implants(path: Path, folder: Path, prefix: Path, patients: int) -> None:
    """Tumour alleles in the bases of real molecules; and those that errors put there."""
    rng = np.random.default_rng(1)
    reads = RealReads(path)
    whole = count(reads.write(folder / "all.fq.gz", reads.names, {}), "pacbio", prefix)
    alleles = whole.bases.sum(axis=2)
    share = alleles.max(axis=1) / np.maximum(alleles.sum(axis=1), 1)
    plain = (alleles.argmax(axis=1) == RCRS.codes) & (share > 0.97) & (alleles.sum(axis=1) > 60)
    usable = np.flatnonzero(plain[600:16_000]) + 601
    usable = usable[(usable < 3100) | (usable > 3112)]

    def three() -> Sites:
        return sites_at(sorted(rng.choice(usable, 3, replace=False).tolist()))

    sums = np.zeros(3, np.int64)
    for _ in range(3000):
        shown = molecule_patterns.alleles_at(whole.molecules, three(), RCRS)
        shown = shown[(shown >= 0).sum(axis=1) >= 2]
        has = (shown == 1).sum(axis=1)
        sums += len(shown), (has == 1).sum(), (has >= 2).sum()
    print("3,000 triples of transitions: molecules, with one of the alleles, with two:", *sums)
    rows = []
    for _ in range(patients):
        sites, order = three(), rng.permutation(reads.names)
        parts = {"T": order[:40], "I": order[40:94], "N": order[94:134]}
        found, of_tumor = {}, 0
        for role, names in parts.items():
            changes = {}
            for name in names:
                if role == "T" or (role == "I" and rng.random() < FRACTION):
                    of_tumor += role == "I"
                    size = rng.choice([3, 2, 0], p=[0.7, 0.2, 0.1])
                    chosen = zip(sites.pos[:size].tolist(), sites.alt[:size], strict=True)
                    changes[name] = {pos: "ACGT"[code] for pos, code in chosen}
            made = reads.write(folder / "part.fq.gz", names, changes)
            molecules = count(made, "pacbio", prefix).molecules
            found[role] = gathered(molecule_patterns.alleles_at(molecules, sites, RCRS))
            if role == "I":
                clustering = molecule_patterns.error_clustering(molecules, sites, RCRS)
        columns = [
            one.molecules @ shown
            for one in found.values()
            for shown in (one.alleles == 1, one.alleles >= 0)
        ]
        at_sites = VariantCounts(*columns, np.full(3, 0.2), np.full(3, 2000.0))
        breaks = breaks_between(sites.pos, RCRS.length)
        counts = molecule_counts(at_sites, *found.values(), clustering=clustering, breaks=breaks)
        e = estimate(counts.found, details=False)
        p = estimate(counts.design, details=False).p_value
        rows.append((of_tumor / 54, e.fraction, e.low, e.high, p, detection_limit(counts.design)))
    truth, fraction, low, high, p, limit = np.array(rows).T
    print(f"{patients} implants: truth {truth.mean():.3f}, estimate {fraction.mean():.3f}, "
          f"{((low <= truth) & (truth <= high)).sum()} intervals hold, "
          f"{(p < 0.01).sum()} found, {(truth == 0).sum()} without any, "
          f"limit {np.median(limit):.3f}")  # fmt: skip


def nuclear_chimeras(folder: Path, prefix: Path) -> None:
    """Reads of nuclear copies with three tumour-like alleles, flanks beside them, and chimeras."""
    sites = sites_at([5000, 8000, 11_000])
    flank = 15_000
    for platform, rates in (("pacbio", HIFI), ("nanopore", ONT)):
        for chimeras in (0.0, 0.3):
            rng = np.random.default_rng(3)
            spans = [(4000, 13_000), (2000, 14_500), (4500, 8500)]
            loci = []
            for first, last in spans:
                own = list(CIRCLE[first:last])
                wrong = np.flatnonzero(rng.random(last - first) < 0.002).tolist()
                known = [on_circle(p) - first for p in sites.pos if first <= on_circle(p) < last]
                for k in {*known, *wrong}:
                    own[k] = TRANSITION[own[k]]
                sides = random_bases(rng, flank), random_bases(rng, flank)
                loci.append(sides[0] + "".join(own) + sides[1])

            def one(rng=rng, loci=loci, spans=spans):
                """A read, the place of its first base on the circle, and its origin."""
                size = int(12_000 * np.exp(rng.normal(0, 0.3)))
                if rng.random() >= 0.1:
                    start, size = int(rng.integers(len(CIRCLE))), min(size, len(CIRCLE))
                    return molecule(start, size), start, "m"
                k = int(rng.integers(3))
                first, last = spans[k]
                start = max(int(rng.integers(flank - size + 500, flank + last - first - 500)), 0)
                return loci[k][start : start + size], first - flank + start, "n"

            texts, kinds = [], []
            for _ in range(800):
                text, start, kind = one()
                if rng.random() < chimeras:
                    other, other_start, other_kind = one()
                    low = max(start, other_start) + 200
                    high = min(start + len(text), other_start + len(other)) - 200
                    if high > low:  # it goes over at the same place
                        at = int(rng.integers(low, high))
                        text = text[: at - start] + other[at - other_start :]
                        kind += other_kind
                texts.append(with_errors(rng, text, rates))
                kinds.append(kind)
            molecules = count(write(folder / "n.fq.gz", texts), platform, prefix).molecules
            shown = molecule_patterns.alleles_at(molecules, sites, RCRS)
            names = [int(name.removeprefix("long")) for name in molecules.read_names()]
            several = (shown == 1).sum(axis=1) >= 2
            origins = Counter(kinds[k] for k, two in zip(names, several, strict=True) if two)
            nuclear = ["n" in kinds[k] for k in names]
            print(f"{platform}, {chimeras:.0%} chimeras: {sum('n' in k for k in kinds)} reads with "
                  f"a part of a nuclear copy, {sum(nuclear)} count, {several.sum()} of these "
                  f"{len(names)} with two tumour alleles or more:", dict(origins))  # fmt: skip


def read_by_machine(rng: np.random.Generator, text: str, motif: float) -> tuple[str, str]:
    """A strand as read with errors of motifs, runs by their length, and others; qualities."""
    quality = np.clip(np.rint(rng.normal(24, 5, len(text))), 3, 40).astype(int)
    out = list(text)
    for pattern, base in (("(?=GATC)", "G"), ("(?=CC[AT]GG)", "T")):
        for found in re.finditer(pattern, text):
            if rng.random() < motif:
                out[found.start() + 1], quality[found.start() + 1] = base, 22
    for k in np.flatnonzero(rng.random(len(text)) < 0.006).tolist():
        likely = rng.random() < 0.6
        out[k] = TRANSITION[text[k]] if likely else str(rng.choice(list("ACGT")))
        quality[k] = int(np.clip(rng.normal(12, 6), 3, 30))
    for found in re.finditer(r"(.)\1{2,}", text):
        size, end = found.end() - found.start(), found.end()
        if rng.random() < min(0.004 * size**1.9, 0.5):
            if rng.random() < 0.7:
                out[end - 1] = ""
                if size > 4 and rng.random() < 0.2:
                    out[end - 2] = ""
            else:
                out[end - 1] *= 2
    for k in np.flatnonzero(rng.random(len(text)) < 0.003).tolist():
        out[k] = ""
    for k in np.flatnonzero(rng.random(len(text)) < 0.002).tolist():
        out[k] += str(rng.choice(list("ACGT")))
    scores = (chr(33 + q) * len(bases) for q, bases in zip(quality, out, strict=True))
    return "".join(out), "".join(scores)


def motifs(folder: Path, prefix: Path) -> None:
    """SNVs beside runs among reads with errors of one strand, and of runs by their length."""
    new = beside_runs()
    fixed, rare = dict(list(new.items())[:6]), dict(list(new.items())[6:])
    truth = {(at + 1 + (at >= 3106), base) for at, base in new.items()}
    for number, motif in ((500, 0.08), (1500, 0.1)):
        rng = np.random.default_rng(5)
        lines = []
        for k in range(number):
            changes = fixed | (rare if rng.random() < 0.1 else {})
            text = molecule(int(rng.integers(len(CIRCLE))), 8000, changes)
            text = complement(text) if rng.random() < 0.5 else text
            bases, qualities = read_by_machine(rng, text, motif)
            lines.append(f"@r{k}\n{bases}\n+\n{qualities}\n")
        path = folder / "ont.fq.gz"
        path.write_bytes(gzip.compress("".join(lines).encode(), 1))
        calls = called(path, "nanopore", prefix, folder)
        passed = calls[calls["filter"] == "PASS"]
        snvs = passed[passed["type"] == "SNV"]
        hits = [(row.pos, row.alt) in truth for row in snvs.itertuples()]
        print(f"{number} reads, {motif:.0%} of the motifs of a strand misread: {sum(hits)} of 12 "
              f"SNVs beside runs, {len(hits) - sum(hits)} false ones, "
              f"{len(passed) - len(snvs)} false indels")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hg002", type=Path)
    parser.add_argument("--patients", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = index(folder)
        nuclear_chimeras(folder, prefix)
        motifs(folder, prefix)
        if options.hg002:
            implants(options.hg002, folder, prefix, options.patients)


if __name__ == "__main__":
    main()
