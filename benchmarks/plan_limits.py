"""Detection limits of simulated cohorts against the plan's, and where they differ.

Patients of three designs go through the pipeline as counts. Each sample's limit is divided by the
one that the plan gives: as it is stated; with the counts that were expected of the normal in place
of those drawn; with the plan's error rate, too; with its dispersion, too. The last has the plan's
inputs but for the depths. And the other way round: the stated limit over that of a plan with what
the cohort found of the sample.

    python benchmarks/plan_limits.py --seeds 1 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from count_cohort import run_cohort  # noqa: E402
from planned import design_of  # noqa: E402

from mitotransfer.fraction import estimate  # noqa: E402
from mitotransfer.inputs.settings import Settings  # noqa: E402
from mitotransfer.planning import outcome  # noqa: E402
from mitotransfer.planning.design import Design  # noqa: E402
from mitotransfer.simulate.scenario import parse_scenario  # noqa: E402
from mitotransfer.simulate.truth import draw_truth  # noqa: E402
from mitotransfer.verdicts.shared_variants import variant_counts  # noqa: E402

SETTINGS = Settings()
PATIENTS = 8
#: VAFs in the tumour; depths of immune sample, tumour and normal.
DESIGNS = {
    "A": ((0.6, 0.3), (2000, 1000, 2000)),
    "B": ((1.0, 0.7, 0.5), (900, 500, 600)),
    "C": ((0.9, 0.8, 0.6, 0.5, 0.3), (5000, 1000, 2000)),
}
ROLES = ("immune", "tumor", "normal")
HEADER = ["variants", "depth (immune, normal)", "plan", "as stated", "expected normal",
          "plan's errors, too", "plan's dispersion, too", "the sample's facts"]  # fmt: skip


def planned(name: str) -> tuple[Design, float]:
    """A design and the limit that the plan gives it."""
    vafs, (immune, tumor, normal) = DESIGNS[name]
    design = Design(
        tumor_vafs=vafs, immune_depth=immune, tumor_depth=tumor, normal_depth=normal,
        immune_samples=PATIENTS * len(DESIGNS),
    )  # fmt: skip
    return design, outcome.detection_limit(design, SETTINGS)


def cohort(seed: int) -> dict[str, pd.DataFrame]:
    """Tables of a simulated cohort of all designs, with the evidence of all patients."""
    patients = [
        {
            "patient": f"{name}{k}",
            "batch": "one",
            "somatic": list(vafs),
            "samples": [
                {"sample": f"{name}{k}-{role}", "role": role, "depth": depth}
                for role, depth in zip(ROLES, depths, strict=True)
            ],
        }
        for name, (vafs, depths) in DESIGNS.items()
        for k in range(PATIENTS)
    ]
    truth = draw_truth(parse_scenario({"patients": patients}), seed)
    with tempfile.TemporaryDirectory() as folder:
        tables = run_cohort(truth, Path(folder))
        found = [
            pd.read_csv(path, sep="\t") for path in Path(folder).glob("patients/*/evidence.tsv")
        ]
    return tables | {"evidence": pd.concat(found)}


def ratios(name: str, tables: dict[str, pd.DataFrame]) -> Iterator[tuple[float, ...]]:
    """Limits over the plan's, of each sample of a design."""
    design, plan = planned(name)
    stated = tables["transfer"].set_index("sample")["detection_limit"]
    shared = tables["shared-variants"]
    evidence = tables["evidence"].merge(
        shared.loc[shared["usable"], ["sample", "pos", "alt", "background_rate", "recurrence"]]
    )
    tested = SETTINGS.verdict.max_q_value / design.immune_samples
    for sample, rows in evidence.groupby("sample"):
        if not str(sample).startswith(name) or not stated[sample] > 0:
            continue
        # The cohort's error rate, as the sample was judged with.
        rate = rows["background_rate"]
        own = variant_counts(rows.assign(error_beta=rows["error_alpha"] * (1 / rate - 1)))
        depth = np.asarray(own.normal_depth)
        alpha, (planned_rate,) = 1 / design.error_spread**2, design.error_rate
        usual = replace(own, normal_alt=np.rint(depth * rate.to_numpy()).astype(int))
        errors = replace(
            own,
            normal_alt=np.rint(depth * planned_rate).astype(int),
            error_alpha=alpha,
            error_beta=alpha * (1 / planned_rate - 1),
        )
        alike = replace(errors, overdispersion=design.overdispersion)
        yield (
            stated[sample] / plan,
            *(
                estimate.detection_limit(counts, tested, SETTINGS.verdict.power) / plan
                for counts in (usual, errors, alike)
            ),
            stated[sample]
            / outcome.detection_limit(design_of(own, design.immune_samples), SETTINGS),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    cohorts = [cohort(seed) for seed in range(1, args.seeds + 1)]
    rows = []
    for name, (vafs, depths) in DESIGNS.items():
        found = np.array([one for tables in cohorts for one in ratios(name, tables)])
        low, middle, high = np.quantile(found, (0, 0.5, 1), axis=0)
        cells = [f"{m:.2f} ({a:.2f} to {b:.2f})" for a, m, b in zip(low, middle, high, strict=True)]
        plan = f"{100 * planned(name)[1]:.2g} %"
        rows.append([str(len(vafs)), f"{depths[0]:,}x, {depths[2]:,}x", plan, *cells])
    text = pages.markdown(HEADER, rows)
    print(text)
    if args.page:
        pages.replace_block(args.page, "plan", text)


if __name__ == "__main__":
    main()
