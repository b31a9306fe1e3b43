"""Template switching at the repeat of a tumour's deletion: what patients without transfer get.

The tumour has the common deletion in 60 % of its molecules and nothing else. In its immune sample,
in the normal and in samples of other patients PCR joins the two repeats at a rate that differs
between samples (gamma, relative variance 1). Counts are drawn; the rest is the pipeline's own
functions, up to the verdict of an immune sample whose other conditions are all met.

    python benchmarks/template_switching.py [--draws 30] [--rates 0 1e-4 1e-3 5e-3]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
from assessed_patient import ROLES  # noqa: E402
from deleted_samples import COMMON, deleted  # noqa: E402
from patients import context  # noqa: E402

from mitotransfer.counts.allele_counts import Counts  # noqa: E402
from mitotransfer.errors.junction_sums import junction_contribution  # noqa: E402
from mitotransfer.patient.cell_ratios import Measured  # noqa: E402
from mitotransfer.patient.contamination_table import SampleFacts  # noqa: E402
from mitotransfer.verdicts import assess  # noqa: E402
from mitotransfer.verdicts.case import Case, Unrelated  # noqa: E402
from mitotransfer.verdicts.verdict import judge  # noqa: E402

SHARE, DEPTH = 0.6, 4000


def switched(rng: np.random.Generator, rate: float) -> Counts:
    """A sample whose molecules are whole."""
    share = rate * rng.gamma(1.0)
    return deleted({COMMON: share}, depth=DEPTH, seed=int(rng.integers(1 << 30)))


def case_of(rng: np.random.Generator, rate: float, others: int) -> Case:
    """The immune sample of one patient."""
    tumor = deleted({COMMON: SHARE}, depth=DEPTH, seed=int(rng.integers(1 << 30)))
    counts = {"T": tumor, "I": switched(rng, rate), "N": switched(rng, rate)}
    made = context(counts, ROLES, facts=SampleFacts(purity=Measured(1.0)),
                   rows={"T": {"assay": "capture"}})  # fmt: skip
    sums = made.others.junctions
    for _ in range(others):
        sums = sums + junction_contribution(switched(rng, rate), True)
    made = replace(made, others=replace(made.others, junctions=sums, n_asked=1 + others))
    case = assess.assess_patient(made)[0].case
    findings = replace(case.findings, q_value=case.estimate.p_value)
    return replace(case, findings=findings, cohort=Unrelated(300, 100))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--rates", nargs="+", type=float, default=[0.0, 1e-4, 1e-3, 5e-3])
    args = parser.parse_args()
    rng = np.random.default_rng(5)
    for rate in args.rates:
        for others in (8, 0):
            cases = [case_of(rng, rate, others) for _ in range(args.draws)]
            found = Counter(judge(case).verdict for case in cases)
            small = sum(case.estimate.p_value < 0.01 for case in cases)
            print(f"{rate:g}, {others} others: {dict(found)}; p < 0.01 in {small}", flush=True)


if __name__ == "__main__":
    main()
