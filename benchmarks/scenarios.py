"""Verdicts on simulated cohorts over many seeds, by way of counts: are they as simulated, and safe?

Every seed draws the patients of the demo and of ``scenarios.yaml`` anew: people, variants, errors,
counts. From there the pipeline's own scripts run. A verdict is unsafe if it is
``transfer_supported`` where nothing was transferred. Free mtDNA that nobody measured cannot be told
from transfer: such verdicts are counted apart, if they say so. Patients without an expected verdict
are there to be safe only. With ``--deletions`` the patients are those of
``scenarios_deletions.yaml`` beside the demo's. One row per seed and sample is appended to
``--out``, one per swapped pair to a file beside it (``.pairs.tsv``); seeds that are there already
are skipped.

    python benchmarks/scenarios.py --seeds 20 --out scenarios.tsv
    python benchmarks/scenarios.py --deletions --indels --seeds 6 --out deleted.tsv
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import pages
from count_cohort import run_cohort

from mitotransfer.simulate.scenario import Scenario, SomaticPlan, load_scenario
from mitotransfer.simulate.truth import Truth, draw_truth

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = [
    "seed", "patient", "sample", "scenario", "expected", "verdict", "transfer", "tumor_fraction",
    "estimate", "low", "high", "flags",
]  # fmt: skip


def scenario(deletions: bool = False) -> Scenario:
    """The demo's patients and the harder ones, or those with deletions and indels, one cohort."""
    demo = load_scenario(ROOT / "config" / "simulation_demo.yaml")
    more = load_scenario(ROOT / "benchmarks" / f"scenarios{'_deletions' if deletions else ''}.yaml")
    return replace(demo, patients=[*demo.patients, *more.patients])


def with_indels(plans: Scenario) -> Scenario:
    """The patients with a deletion of one base in each tumour beside its other variants.

    Not where the VAFs of single cells are given, which have none for it.
    """
    one = SomaticPlan(vaf=0.6, type="deletion")
    patients = [
        plan
        if any(sample.cell_vafs for sample in plan.samples)
        else replace(plan, somatic=[*plan.somatic, one])
        for plan in plans.patients
    ]
    return replace(plans, patients=patients)


def rows(truth: Truth, seed: int, indels: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was simulated and what was found, one row per immune sample; and the swapped pairs."""
    with tempfile.TemporaryDirectory() as folder:
        tables = run_cohort(truth, Path(folder), indels=indels)
    found = tables["transfer"].set_index("sample")
    pairs = tables["null"][["sample", "partner", "p_value"]].assign(seed=seed)
    table = []
    for name in found.index:
        info, row = truth.samples[name], found.loc[name]
        plan = truth.patients[info.patient].plan
        # Where labels were exchanged, or cells mixed or other than the tumour's, or immune cells
        # have a deletion of their own, the fraction is not defined.
        odd = any(s.swapped_with or s.copy_of or s.admixed for s in plan.samples)
        odd |= bool(info.plan.cell_vafs or info.plan.deletion)
        fraction = math.nan if odd else info.tumor_fraction
        table.append(
            (
                seed, info.patient, name, plan.scenario, info.plan.expected or plan.expected,
                row["verdict"], info.transfer, fraction, row["tumor_fraction"],
                row["tumor_fraction_low"], row["tumor_fraction_high"], row["flags"],
            )
        )  # fmt: skip
    return pd.DataFrame(table, columns=COLUMNS), pairs


def of_pairs(pairs: pd.DataFrame) -> str:
    """How often the test rejects for swapped pairs, in words; its interval is between seeds."""
    said = []
    for level in (0.05, 0.01, 0.001):
        share = (pairs["p_value"] < level).groupby(pairs["seed"]).mean()
        error = share.std() / math.sqrt(len(share)) if len(share) > 1 else math.nan
        said.append(f"{share.mean():.2%} (± {error:.2%}) below {level:g}")
    return f"p values of {len(pairs):,} swapped pairs: {', '.join(said)}"


def read(path: Path) -> pd.DataFrame:
    """Rows of earlier runs."""
    missing = dict.fromkeys(("estimate", "low", "high", "tumor_fraction"), "")
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=missing)


def summary(table: pd.DataFrame) -> str:
    """The result in words."""
    judged = table[table["expected"] != ""]
    right = judged["expected"] == judged["verdict"]
    unsafe = (table["verdict"] == "transfer_supported") & (table["transfer"] == 0)
    free = unsafe & (table["tumor_fraction"] > 0)
    free &= table["flags"].str.contains("ambient_unmeasured", regex=False)
    unsafe &= ~free
    known = table[table["estimate"].notna() & table["tumor_fraction"].notna()]
    held = (known["low"] <= known["tumor_fraction"]) & (known["tumor_fraction"] <= known["high"])
    lines = [
        f"{table['seed'].nunique()} seeds, {len(table)} immune samples, {int(unsafe.sum())} unsafe"
        f" beside {int(free.sum())} of free mtDNA that was not measured, which the verdict says;"
        f" {int(right.sum())} of {len(judged)} verdicts as simulated ({right.mean():.2%});"
        f" {held.mean():.1%} of {len(known)} intervals hold the tumour fraction",
        *(
            f"  seed {row.seed} {row.sample}: {row.verdict}, expected {row.expected}; {row.flags}"
            for row in judged[~right].itertuples()
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--indels", action="store_true", help="each tumour has an indel, and samples false ones"
    )
    parser.add_argument("--patients", default="", help="only those whose names start so")
    parser.add_argument(
        "--deletions", action="store_true", help="patients with deletions and indels of their own"
    )
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    table = pd.DataFrame(columns=COLUMNS)
    beside = args.out.with_suffix(".pairs.tsv")
    if args.out.exists():
        table = read(args.out)
    for seed in range(1, args.seeds + 1):
        if (table["seed"] == seed).any():
            continue
        start = time.process_time()
        plans = scenario(args.deletions)
        plans = with_indels(plans) if args.indels and not args.deletions else plans
        chosen = [one for one in plans.patients if one.patient.startswith(args.patients)]
        plans = replace(plans, patients=chosen)
        new, pairs = rows(draw_truth(plans, seed), seed, args.indels)
        for frame, path in ((pairs, beside), (new, args.out)):
            frame.to_csv(path, sep="\t", index=False, mode="a", header=not path.exists())
        table = read(args.out)
        print(f"seed {seed}: {time.process_time() - start:.0f} CPU s", file=sys.stderr, flush=True)
    print(summary(table))
    null = of_pairs(pd.read_csv(beside, sep="\t"))
    print(null)
    if args.page:
        block = "deletion-scenarios" if args.deletions else "scenarios"
        pages.replace_block(args.page, block, f"{null}.\n\n{by_scenario(table)}")


def by_scenario(table: pd.DataFrame) -> str:
    """Markdown: a row per simulated sample, its verdicts over the seeds."""
    cells = []
    for sample, rows in table.groupby("sample"):
        first = rows.iloc[0]
        counted = rows["verdict"].value_counts()
        found = ", ".join(f"{n} `{name}`" for name, n in counted.items())
        blind = rows["flags"].str.contains("ambient_unmeasured") & (rows["transfer"] == 0)
        some = "cannot be told from transfer" if blind.any() else "any that is safe"
        wanted = f"`{first['expected']}`" if first["expected"] else some
        share = (
            "" if math.isnan(first["tumor_fraction"]) else f"{100 * first['tumor_fraction']:.3g} %"
        )
        cells.append([str(sample), first["scenario"], share, wanted, found])
    header = ["sample", "scenario", "tumour mtDNA", "expected", "verdicts"]
    return f"{summary(table).splitlines()[0]}.\n\n{pages.markdown(header, cells)}"


if __name__ == "__main__":
    main()
