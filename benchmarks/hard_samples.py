"""Samples that are hard to call, drawn counts: pools of people, high error rates, damaged DNA.

    python benchmarks/hard_samples.py --page docs/validation.md

A pool has 100 differences of 30 % among its people and 63 of one person more. Error rates are those
of all substitutions of a base together, 40 to 160 % of it by substitution and strand, and the same
at all sites or lognormal over sites. Damage turns C to T on either strand of the molecules, at all
sites alike. Ten variants of 5 % are to be found among errors, ten C>T or G>A among damage. Noisy
strands err at 0.4 % in transitions, by a factor of its own at each site and strand; 38 variants of
2 % are to be found. Beside:
the same with ten other samples of the same errors (``reference.error_panel``); and all alleles that
have half of the VAF to be found on each strand, and four fragments.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import draws
import pages
from places import LENGTH

from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors import site_sums

# Share of transitions among variants; samples of the error panel.
SHARE, OTHERS = 0.93, 10
DEPTHS = (500, 10_000)
Alleles = set[tuple[int, str]]


def error_rates(rng: np.random.Generator, mismatches: float) -> np.ndarray:
    """Of which a base has ``mismatches`` on average."""
    rate = draws.rates(rng, 0.4, 1.6)
    return rate * mismatches / rate.sum(axis=1).mean()


def lognormal(rng: np.random.Generator, v: float) -> np.ndarray | float:
    """Site factors that both strands share."""
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, (draws.LENGTH, 4, 1))) if v else 1.0


def even_or_lognormal(
    rng: np.random.Generator, mismatches: float, v: float
) -> tuple[np.ndarray, np.ndarray | float]:
    """Rates and site factors."""
    return error_rates(rng, mismatches), lognormal(rng, v)


def damaged(rng: np.random.Generator, damage: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates and site factors with damage in the factors."""
    rate, factor = error_rates(rng, 6e-4), lognormal(rng, 0.5) * np.ones((1, 4, 1))
    for base, allele in ((1, 3), (2, 0)):  # codes are A, C, G, T
        sites = np.equal(draws.CODES, base)
        factor[sites, allele] += damage / rate[base, allele].mean()
    return rate, factor


def by_strand(rng: np.random.Generator, family: str, v: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates and factors of sites and strands; or a tenth of the sites errs eight times as often."""
    rate = draws.rates(rng, 1e-4, 4e-4)
    for base in range(4):
        rate[base, base ^ 2] = 4e-3 * np.exp(rng.uniform(-0.5, 0.5, 2))
    shape = (draws.LENGTH, 4, 2)
    if family == "gamma":
        return rate, draws.gamma_factors(rng, v, shape)
    if family == "lognormal":
        s = np.sqrt(np.log1p(v))
        return rate, np.exp(rng.normal(-0.5 * s * s, s, shape))
    return rate, np.where(rng.random((draws.LENGTH, 4, 1)) < 0.1, 8.0, 1.0) / 1.7


def called(counts: Counts, others: Sequence[Counts] = ()) -> Alleles:
    """Calls that pass, alone or beside the error panel that other samples make."""
    sites = sum(map(site_sums.site_contribution, others), site_sums.empty_sites(LENGTH))
    predicted = draws.prediction(counts, sites)
    if others:
        carriers = np.mean([minor_alleles.heteroplasmic_alleles(other) for other in others], axis=0)
        predicted = dataclasses.replace(predicted, carriers=carriers)
    bases = draws.alleles_of(counts, predicted).bases
    found = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
    found = found[found["filter"] == "PASS"]
    return set(zip(found["pos"], found["alt"], strict=True))


def by_threshold(counts: Counts, lowest: float) -> Alleles:
    k, n = counts.bases.astype(np.int64), counts.depth
    enough = np.all(k >= lowest * np.maximum(n, 1)[:, None, :], axis=2) & (k.sum(axis=2) >= 4)
    enough[np.arange(len(k)), draws.CODES] = False
    return {(int(p) + 1, "ACGT"[a]) for p, a in zip(*np.nonzero(enough), strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=4, help="drawn samples per line (4)")
    parser.add_argument("--page", type=Path, help="page whose block `hard` to replace")
    args = parser.parse_args()
    kinds: list[tuple[str, int, float, int, Callable[..., Any], tuple[float, ...]]] = [
        (f"pool of people, one more at {100 * vaf:g} %", 530, vaf, 63,
         even_or_lognormal, (6e-4, 0.5))
        for vaf in (0.01, 0.02, 0.05)
    ]  # fmt: skip
    for mismatches, v in ((0.005, 0.0), (0.0125, 0.0), (0.0125, 0.3), (0.0125, 1.0), (0.025, 0.0)):
        name = f"{100 * mismatches:g} % errors, " + (f"lognormal, {v:g}" if v else "even")
        kinds += [(name, depth, 0.05, 10, even_or_lognormal, (mismatches, v)) for depth in DEPTHS]
    for damage in (0.005, 0.01):
        name = f"{100 * damage:g} % damage"
        kinds += [(name, depth, 0.05, 10, damaged, (damage,)) for depth in DEPTHS]
    for family, v in (("lognormal", 0.3), ("lognormal", 0.5), ("lognormal", 1.0), ("gamma", 0.5)):
        name = f"noisy strands, {family}, {v:g}"
        kinds += [(name, 1600, 0.02, 38, by_strand, (family, v))]
    kinds += [("noisy sites, a tenth 8 times", 1600, 0.02, 38, by_strand, ("tenth", 0.0))]
    rows = []
    for name, depth, vaf, size, setup, options in kinds:
        sums = np.zeros((4, 2), np.int64)
        for seed in range(args.samples):
            rng = np.random.default_rng([depth, seed, len(rows)])
            rate, factor = setup(rng, *options)
            counts = draws.draw(rng, depth, rate, factor)
            places = draws.some_positions(rng, 400)
            people: Alleles = set()
            if size > 10 and setup is even_or_lognormal:
                counts, people = draws.spike(rng, counts, places[:100], 0.3, transitions=SHARE)
            if setup is damaged:
                places = places[np.isin(draws.CODES[places], (1, 2))]
            share = 1.0 if setup is damaged else SHARE
            counts, truth = draws.spike(rng, counts, places[-size:], vaf, transitions=share)
            others = [draws.draw(rng, depth, rate, factor) for _ in range(OTHERS)]
            found = called(counts), called(counts, others), by_threshold(counts, vaf / 2)
            sums[0] += len(truth)
            sums[1:] += [(len(got & truth), len(got - truth - people)) for got in found]
        cells = [f"{hits}/{sums[0, 0]} · {false}" for hits, false in sums[1:].tolist()]
        rows.append([name, f"{depth:,}x", *cells])
        print(*rows[-1], sep="\t", file=sys.stderr, flush=True)
    heads = ["sample", "depth", "alone", f"beside {OTHERS} others", "by threshold"]
    text = "\n".join(
        [
            f"Found · false, drawn counts, {args.samples} samples a line; the threshold is half "
            "the VAF to be found, on each strand; lognormal: squared coefficient of variation over "
            "sites.",
            "",
            pages.markdown(heads, rows),
        ]
    )
    print(text)
    if args.page:
        pages.replace_block(args.page, "hard", text)


if __name__ == "__main__":
    main()
