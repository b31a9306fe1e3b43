"""CPU time and memory of the cohort's steps on simulated counts (made directly, not from reads).

    python benchmarks/cohort_scale.py --output FOLDER [--samples 1000 3000 10000] [--distinct 1000]

Patients are those of the demo cohort's scenario, drawn anew for each repetition, in batches of
about a hundred libraries. Samples beyond ``--distinct`` are these patients with another haplotype
under other names: simulating and calling 10,000 samples takes hours. The measured rows go
to ``FOLDER/measured.tsv``; ``docs/performance.md`` shows them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = REPOSITORY / "scripts"
sys.path.insert(0, str(SCRIPTS))

import call_variants  # noqa: E402
import compare_samples  # noqa: E402
from mitotransfer.counts import allele_counts, quality  # noqa: E402
from mitotransfer.genome import reference  # noqa: E402
from mitotransfer.inputs import checksums  # noqa: E402
from mitotransfer.inputs.defaults import defaults as declared_defaults  # noqa: E402
from mitotransfer.inputs.sheets import PATIENT_COLUMNS, SAMPLE_COLUMNS  # noqa: E402
from mitotransfer.simulate.samples import counts  # noqa: E402
from mitotransfer.simulate.scenario import load_scenario  # noqa: E402
from mitotransfer.simulate.truth import Truth, draw_truth  # noqa: E402

RESOURCES = ["--bundle", str(REPOSITORY / "resources" / "human_rCRS")]
#: Repetitions of the scenario (13 libraries in each of its two runs) in one batch.
PER_BATCH = 8
#: Positions at which a copied patient's haplotype departs from the original's.
DEPARTURES = 25
CELL_TYPES = ("CD8 TIL", "CD4 TIL", "PD-1 high")
#: What ``compare_samples`` writes of each patient.
PATIENT_TABLES = ("pooled", "evidence", "contamination")
#: Quality figures of a sample's reads, for the quality pages.
READS = {
    "reads": 440_000, "fragments": 220_000, "aligned": 430_000, "used_reads": 420_000,
    "filtered_short": 2_000, "filtered_mismatches": 4_000, "overlapping_bases": 900_000,
    "discordant_bases": 1_800, "nuclear_reads": 0, "own_allele_vaf": 0.03,
    "insert_sizes": [min(i, 60 - i) * 80 for i in range(60)], "insert_size_median": 300,
    "duplicates": None, "duplicates_by_chance": None,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What the sheet says of a sample."""

    sample: str
    patient: str
    role: str
    batch: str
    design: str


def make_patient(folder: Path, truth: Truth, patient: str, names: list[str]) -> None:
    """Counts, calls, error rates and evidence of one patient, as its own jobs write them."""
    words = ["--patient", patient, "--design", truth.patients[patient].plan.design]
    for name in names:
        own = folder / "samples" / name
        own.mkdir(parents=True)
        bases = counts(truth, name)
        path = own / f"{name}.counts.npz"
        made = allele_counts.Counts(bases, allele_counts.empty_indels(), READS | {"sample": name})
        allele_counts.save(made, path)
        facts = quality.summarise(made, reference.load(reference.bundled()))
        (own / f"{name}.qc.json").write_text(json.dumps(facts))
        checksums.write([], own / f"{name}.checksums.tsv")
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
    for table in PATIENT_TABLES:
        words += [f"--{table}", str(own / f"{table}.tsv")]
    sys.argv = ["compare_samples", *words]
    compare_samples.main()


def copy_patient(folder: Path, number: int, rows: list[Row]) -> list[Row]:
    """The same patient with another haplotype, under other names; what can is linked."""
    mark = f"-c{number}"
    patient = rows[0].patient
    with open(folder / "patients" / patient / "evidence.tsv", newline="") as source:
        taken = [int(row["pos"]) - 1 for row in csv.DictReader(source, delimiter="\t")]
    rng = np.random.default_rng([number, *patient.encode()])
    free = np.setdiff1d(np.arange(600, 16_000), taken)
    at = rng.choice(free, DEPARTURES, replace=False)
    for row in rows:
        new = folder / "samples" / f"{row.sample}{mark}"
        new.mkdir()
        name = str(folder / "samples" / row.sample / row.sample)
        for end in ("errors.json", "qc.json", "checksums.tsv"):
            os.link(f"{name}.{end}", new / f"{new.name}.{end}")
        one = allele_counts.load(f"{name}.counts.npz")
        one.bases[at] = one.bases[at][:, [2, 3, 0, 1]]  # transitions
        allele_counts.save(one, new / f"{new.name}.counts.npz")
    new = folder / "patients" / f"{patient}{mark}"
    new.mkdir()
    for table in PATIENT_TABLES:
        with open(folder / "patients" / patient / f"{table}.tsv", newline="") as source:
            lines = list(csv.reader(source, delimiter="\t"))
        with open(new / f"{table}.tsv", "w", newline="") as target:
            writer = csv.writer(target, delimiter="\t", lineterminator="\n")
            writer.writerow(lines[0])
            writer.writerows([line[0] + mark, line[1] + mark, *line[2:]] for line in lines[1:])
    return [
        Row(row.sample + mark, patient + mark, row.role, row.batch + mark, row.design)
        for row in rows
    ]


def make_cohort(folder: Path, n_samples: int, distinct: int) -> list[Row]:
    """Rows of the sheet of a cohort whose files are made in ``folder``."""
    scenario = load_scenario(REPOSITORY / "config" / "simulation_demo.yaml")
    repetitions = -(-min(n_samples, distinct) // sum(len(p.samples) for p in scenario.patients))
    plans = []
    for plan in scenario.repeated(repetitions).patients:
        run, _, number = (plan.batch or "").partition(".")
        plans.append(replace(plan, batch=f"{run}.{int(number or 0) // PER_BATCH}"))
    truth = draw_truth(replace(scenario, patients=plans), seed=1)
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
            if len(found) < n_samples:
                found += copy_patient(folder, copies, rows)
        print(f"{len(found)} samples made", file=sys.stderr, flush=True)
    return found


def write_sheets(folder: Path, rows: list[Row]) -> None:
    """The normalised sheets of some of the samples."""
    with open(folder / "samples.tsv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, SAMPLE_COLUMNS, "", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in sorted(rows, key=lambda row: (row.patient, row.role, row.sample)):
            known = {key: getattr(row, key) for key in ("sample", "patient", "role", "batch")}
            kind = CELL_TYPES[len(row.sample) % 3] if row.role == "immune" else ""
            writer.writerow(known | {"cell_type": kind})
    with open(folder / "patients.tsv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, PATIENT_COLUMNS, "", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        rng = np.random.default_rng(3)
        for patient, design in sorted({(row.patient, row.design) for row in rows}):
            months, death = f"{rng.exponential(30):.1f}", int(rng.random() < 0.6)
            outcome = {"os_months": months, "death": death, "stage": rng.integers(1, 5)}
            writer.writerow({"patient": patient, "design": design} | outcome)


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


def options_of(folder: Path, **ends: str) -> list[str]:
    """Words for files of a folder: ``--shared-variants FOLDER/shared_variants.tsv``."""
    return [
        word
        for name, end in ends.items()
        for word in ("--" + name.replace("_", "-"), str(folder / f"{name}.{end}"))
    ]


def steps_of(folder: Path, cohort: Path, threads: int) -> dict[str, list[str]]:
    """The words of every step that takes the whole cohort."""
    (cohort / "config.json").write_text(json.dumps(declared_defaults()))
    tsv = dict.fromkeys
    sheets = options_of(folder, samples="tsv", patients="tsv")
    learned = options_of(cohort, identity="tsv", crosstalk="tsv")
    background = options_of(cohort, background="npz")
    answers = options_of(cohort, **tsv(["transfer", "shared_variants"], "tsv"))
    assessed = ["explanations", "prevalence", "screening", "null", "null_summary"]
    tables = [*answers, *options_of(cohort, **tsv(assessed, "tsv"))]
    found = options_of(cohort, associations="tsv", survival="tsv")
    samples, patients = str(folder / "samples"), str(folder / "patients")
    many = ["--threads", str(threads)]
    return {
        "cohort_background": [
            *sheets, "--samples-folder", samples, *RESOURCES, *learned, *background,
        ],
        "assess_cohort": [
            *sheets, "--samples-folder", samples, "--patients-folder", patients, *RESOURCES, *many,
            *learned, *background, *tables,
        ],
        "associate_cohort": [*sheets, *answers, *found],
        "summarise_qc": [
            *sheets[:2], "--samples-folder", samples, "--output", str(cohort / "multiqc.html"),
        ],
        "render_report": [
            *sheets, "--samples-folder", samples, "--contamination-folder", patients, *tables,
            *learned, *found, "--config-json", str(cohort / "config.json"), *many,
            "--output", str(cohort / "report"),
        ],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--samples", nargs="+", type=int, default=[1000, 3000, 10_000])
    parser.add_argument("--distinct", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", nargs="+", help="only these")
    arguments = parser.parse_args()
    folder = arguments.output.resolve()
    listing = folder / "rows.tsv"
    if not listing.exists():
        made = make_cohort(folder, max(arguments.samples), arguments.distinct)
        listing.write_text("".join("\t".join(astuple(row)) + "\n" for row in made))
    rows = [Row(*line.split("\t")) for line in listing.read_text().splitlines()]
    print("step\tsamples\tCPU s\twall s\tMB")
    for n in arguments.samples:
        last = rows[n - 1].patient
        write_sheets(folder, [row for row in rows[:n] if row.patient != last] or rows)
        cohort = folder / f"cohort{n}"
        cohort.mkdir(exist_ok=True)
        for step, words in steps_of(folder, cohort, arguments.threads).items():
            if arguments.steps and step not in arguments.steps:
                continue
            cpu, wall, megabytes = measure(step, *words)
            line = f"{step}\t{n}\t{cpu:.0f}\t{wall:.0f}\t{megabytes:.0f}"
            print(line, flush=True)
            with open(folder / "measured.tsv", "a") as handle:
                handle.write(line + "\n")


if __name__ == "__main__":
    main()
