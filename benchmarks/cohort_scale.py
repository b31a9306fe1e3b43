"""CPU time and memory of the cohort's steps on simulated counts (made directly, not from reads).

    python benchmarks/cohort_scale.py --output FOLDER [--samples 1000 2000 10000] [--distinct 2000]

Patients are those of the demo cohort's scenario, drawn anew for each repetition, in batches of
about a hundred libraries. Samples beyond ``--distinct`` are further copies of these patients
under other names: making 10,000 different samples takes longer than the steps that are measured.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from dataclasses import astuple, dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = REPOSITORY / "scripts"
sys.path.insert(0, str(SCRIPTS))

import call_variants  # noqa: E402
import compare_samples  # noqa: E402
from mitotransfer import counts, simulate  # noqa: E402
from mitotransfer.sheets import PATIENT_COLUMNS, SAMPLE_COLUMNS  # noqa: E402

RESOURCES = ["--reference", str(REPOSITORY / "resources" / "rCRS.fasta")]
RESOURCES += ["--resources", str(REPOSITORY / "resources")]
#: Repetitions of the scenario (13 libraries in each of its two runs) in one batch.
PER_BATCH = 8


@dataclass(frozen=True)
class Row:
    """What the sheet says of a sample."""

    sample: str
    patient: str
    role: str
    batch: str
    design: str


def make_patient(folder: Path, truth: simulate.Truth, patient: str, names: list[str]) -> None:
    """Counts, calls, error rates and evidence of one patient, as its own jobs write them."""
    words = ["--patient", patient, "--design", truth.patients[patient].plan.design]
    for name in names:
        own = folder / "samples" / name
        own.mkdir(parents=True)
        bases = simulate.counts(truth, name)
        path = own / f"{name}.counts.npz"
        counts.save(counts.Counts(bases, counts.empty_indels(), {}), path)
        outputs = {"errors": "errors.json", "calls": "calls.tsv", "vcf": "vcf.gz"}
        outputs["tested"] = "tested.tsv.gz"
        options = [
            word
            for key, end in outputs.items()
            for word in (f"--{key}", str(own / f"{name}.{end}"))
        ]
        call_variants.run(
            call_variants.parse(["--sample", name, "--counts", str(path), *RESOURCES, *options])
        )
        words += ["--sample", name, truth.samples[name].role]
    own = folder / "patients" / patient
    own.mkdir(parents=True)
    words += ["--samples-folder", str(folder / "samples"), *RESOURCES]
    words += ["--evidence", str(own / "evidence.tsv")]
    sys.argv = ["compare_samples", *words, "--contamination", str(own / "contamination.tsv")]
    compare_samples.main()


def copy_patient(folder: Path, number: int, rows: list[Row]) -> list[Row]:
    """The same patient under other names; the bulk is linked, not copied."""
    mark = f"-c{number}"
    patient = rows[0].patient
    for row in rows:
        new = folder / "samples" / f"{row.sample}{mark}"
        new.mkdir()
        for end in ("counts.npz", "errors.json"):
            source = folder / "samples" / row.sample / f"{row.sample}.{end}"
            os.link(source, new / f"{row.sample}{mark}.{end}")
    new = folder / "patients" / f"{patient}{mark}"
    new.mkdir()
    for name in ("evidence.tsv", "contamination.tsv"):
        with open(folder / "patients" / patient / name, newline="") as source:
            table = list(csv.reader(source, delimiter="\t"))
        with open(new / name, "w", newline="") as target:
            writer = csv.writer(target, delimiter="\t", lineterminator="\n")
            writer.writerow(table[0])
            writer.writerows([row[0] + mark, row[1] + mark, *row[2:]] for row in table[1:])
    return [
        Row(row.sample + mark, patient + mark, row.role, row.batch + mark, row.design)
        for row in rows
    ]


def make_cohort(folder: Path, n_samples: int, distinct: int) -> list[Row]:
    """Rows of the sheet of a cohort whose files are made in ``folder``."""
    scenario = simulate.load_scenario(REPOSITORY / "config" / "simulation_demo.yaml")
    repetitions = -(-min(n_samples, distinct) // sum(len(p.samples) for p in scenario.patients))
    plans = []
    for plan in scenario.repeated(repetitions).patients:
        run, _, number = (plan.batch or "").partition(".")
        plans.append(replace(plan, batch=f"{run}.{int(number or 0) // PER_BATCH}"))
    truth = simulate.draw_truth(replace(scenario, patients=plans), seed=1)
    patients: list[list[Row]] = []
    for patient, drawn in truth.patients.items():
        members = [sample for sample in truth.samples.values() if sample.patient == patient]
        make_patient(folder, truth, patient, [sample.sample for sample in members])
        patients.append(
            [Row(s.sample, patient, s.role, s.batch, drawn.plan.design) for s in members]
        )
        if len(patients) % 50 == 0:
            print(f"{len(patients)} patients made", file=sys.stderr, flush=True)
    found, copies = [row for rows in patients for row in rows], 0
    while len(found) < n_samples:
        copies += 1
        for rows in patients:
            found += copy_patient(folder, copies, rows)
    return found


def write_sheets(folder: Path, rows: list[Row]) -> None:
    """The normalised sheets of some of the samples."""
    with open(folder / "samples.tsv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, SAMPLE_COLUMNS, "", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in sorted(rows, key=lambda row: (row.patient, row.role, row.sample)):
            writer.writerow(
                {key: getattr(row, key) for key in ("sample", "patient", "role", "batch")}
            )
    with open(folder / "patients.tsv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, PATIENT_COLUMNS, "", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for patient, design in sorted({(row.patient, row.design) for row in rows}):
            writer.writerow({"patient": patient, "design": design})


def measure(step: str, *words: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory (MB) of one step."""
    command = ["/usr/bin/time", "-f", "%U %S %e %M", sys.executable]
    done = subprocess.run(
        [*command, str(SCRIPTS / f"{step}.py"), *words], stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    user, system, wall, kilobytes = map(float, done.stderr.splitlines()[-1].split())
    return user + system, wall, kilobytes / 1024


def run_steps(folder: Path, n_samples: int) -> None:
    """Measure the two steps on the cohort in ``folder``; prints a row for each."""
    cohort = folder / f"cohort{n_samples}"
    cohort.mkdir(exist_ok=True)
    sheets = ["--samples", str(folder / "samples.tsv"), "--patients", str(folder / "patients.tsv")]
    learned = [
        word
        for name, end in (("background", "npz"), ("identity", "tsv"), ("crosstalk", "tsv"))
        for word in (f"--{name}", str(cohort / f"{name}.{end}"))
    ]
    folders = ["--samples-folder", str(folder / "samples")]
    tables = ("transfer", "shared-variants", "explanations", "prevalence", "screening", "null")
    outputs = [
        word
        for name in (*tables, "null-summary")
        for word in (f"--{name}", str(cohort / f"{name}.tsv"))
    ]
    steps = {
        "cohort_background": [*sheets, *folders, *RESOURCES, *learned],
        "assess_cohort": [
            *sheets, *folders, "--patients-folder", str(folder / "patients"), *RESOURCES,
            *learned, *outputs,
        ],
    }  # fmt: skip
    for step, words in steps.items():
        cpu, wall, megabytes = measure(step, *words)
        print(f"{step}\t{n_samples}\t{cpu:.0f}\t{wall:.0f}\t{megabytes:.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--samples", nargs="+", type=int, default=[1000, 2000, 10000])
    parser.add_argument("--distinct", type=int, default=2000)
    arguments = parser.parse_args()
    folder = arguments.output.resolve()
    listing = folder / "rows.tsv"
    if not listing.exists():
        made = make_cohort(folder, max(arguments.samples), arguments.distinct)
        listing.write_text("".join("\t".join(astuple(row)) + "\n" for row in made))
    rows = [Row(*line.split("\t")) for line in listing.read_text().splitlines()]
    print("step\tsamples\tCPU s\twall s\tMB")
    for n in arguments.samples:
        last = rows[n - 1].patient if n <= len(rows) else None
        write_sheets(folder, [row for row in rows[:n] if row.patient != last] or rows)
        run_steps(folder, n)


if __name__ == "__main__":
    main()
