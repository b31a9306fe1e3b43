"""Variants added to the counts of real, noisy reads: how many are found, and the limit stated.

    python benchmarks/noisy_pool.py --data FOLDER --page docs/validation.md

FOLDER holds counts.tsv.gz (columns pos, then A_fwd, C_fwd, G_fwd, T_fwd and the same of _rev):
fragments of pooled single cells, a test fixture of smack-app (PyPI, MIT licence), counted by this
pipeline. They are not part of the repository. SNVs of known VAF are added, binomial on each strand,
nine in ten of them transitions. False is what is called neither there nor in the pool as it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import draws
import pages
from places import LENGTH

from mitotransfer.calls import audit
from mitotransfer.counts.allele_counts import Counts, empty_indels

NUMBERS = (30, 60, 104, 200)
VAFS = (0.01, 0.02, 0.05)
TRANSITIONS = 0.9
# False calls of a lower VAF are listed apart.
HIGH = 0.01


def load(path: Path) -> Counts:
    frame = pd.read_csv(path, sep="\t")
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    for strand, name in enumerate(("fwd", "rev")):
        bases[frame["pos"] - 1, :, strand] = frame[[f"{base}_{name}" for base in "ACGT"]]
    return Counts(bases, empty_indels(), {})


def called(counts: Counts) -> tuple[pd.DataFrame, float]:
    """Calls that pass, by position and allele, and the median of the detection limits."""
    predicted = draws.prediction(counts)
    found = draws.alleles_of(counts, predicted)
    limit = audit.table(found, counts, predicted, draws.GENOME, draws.SETTINGS)["detection_limit"]
    bases = found.bases
    passed = bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)
    passed &= bases["filter"] == "PASS"
    return bases[passed].set_index(["pos", "alt"]), float(limit.median())


def is_transition(allele: tuple[int, str]) -> bool:
    return bool(("ACGT".index(allele[1]) ^ draws.CODES[allele[0] - 1]) == 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, help="folder with counts.tsv.gz")
    parser.add_argument("--draws", type=int, default=5, help="draws per line (5)")
    parser.add_argument("--page", type=Path, help="page whose block `noisy` to replace")
    args = parser.parse_args()
    pool = load(args.data / "counts.tsv.gz")
    alone, limit = called(pool)
    rows = [["none", "", "", "", "", "", f"{100 * limit:.2f} %"]]
    limits = [limit]
    for vaf in VAFS:
        for number in NUMBERS:
            found, of = np.zeros(2, np.int64), np.zeros(2, np.int64)
            false, high, stated = [], [], []
            for seed in range(args.draws):
                rng = np.random.default_rng([seed, number, int(1000 * vaf)])
                places = draws.some_positions(rng, number)
                counts, truth = draws.spike(rng, pool, places, vaf, transitions=TRANSITIONS)
                calls, limit = called(counts)
                for allele in truth:
                    kind = int(not is_transition(allele))
                    of[kind] += 1
                    found[kind] += allele in calls.index
                new = calls[~calls.index.isin(truth) & ~calls.index.isin(alone.index)]
                false.append(len(new))
                high.append(int((new["vaf"] > HIGH).sum()))
                stated.append(limit)
            limits += stated
            cells = [f"{a}/{b}" for a, b in zip(found, of, strict=True)]
            share = f"{100 * found.sum() / of.sum():.1f} %"
            span = f"{100 * min(stated):.2f} to {100 * max(stated):.2f} %"
            rows.append(
                [f"{number} of {100 * vaf:g} %", *cells, share, f"{np.mean(false):.1f}",
                 f"{max(high)}", span]
            )  # fmt: skip
            print(*rows[-1], sep="\t", file=sys.stderr, flush=True)
    heads = [
        "added", "transitions", "transversions", "found", "false a draw",
        "above 1 %, at most", "median detection limit",
    ]  # fmt: skip
    listed = ", ".join(
        f"{row.pos}{row.alt} {100 * row.vaf:.1f} % ({row.alt_forward} + {row.alt_reverse})"
        for row in alone.reset_index().itertuples()
    )
    text = "\n".join(
        [
            f"{args.draws} draws a line. The median detection limits of the lines differ by "
            f"a factor of at most {max(limits) / min(limits):.2f}.",
            "",
            pages.markdown(heads, rows),
            "",
            f"Called in the pool as it is (VAF, fragments by strand): {listed}.",
        ]
    )
    print(text)
    if args.page:
        pages.replace_block(args.page, "noisy", text)


if __name__ == "__main__":
    main()
