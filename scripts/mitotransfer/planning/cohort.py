"""What to sequence next for each immune sample of a finished cohort.

More reads are tried in the model: the sample is judged again with as many times its counts, all
else being as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mitotransfer.fraction.curves import curves
from mitotransfer.fraction.estimate import detection_limit
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.settings import Settings
from mitotransfer.patient.contamination_table import TUMOR_CELLS, Cells, cells_of
from mitotransfer.report import advice, likelihood_curve
from mitotransfer.report.tables import Patient, Row, Tables, number, patients, with_own_files
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.sources import Other, stands
from mitotransfer.wording import percent

#: Tried numbers of times the reads.
TIMES = (2, 3, 5, 10, 30, 100)


@dataclass(frozen=True)
class Sample:
    """An immune sample as it was judged.

    Attributes:
        tested: p value that detection needs in this cohort.
    """

    patient: Patient
    row: Row
    counts: VariantCounts
    cells: Cells
    other: Other
    vaf: float
    tested: float


def more(counts: VariantCounts, role: str, times: int) -> VariantCounts:
    """The counts as this many times the reads of a role would give them."""
    names = (f"{role}_alt", f"{role}_depth")
    deeper: dict[str, Any] = {name: np.asarray(getattr(counts, name)) * times for name in names}
    return replace(counts, **deeper)


def smallest(held: Callable[[int], bool]) -> int | None:
    """The smallest of ``TIMES`` that holds; None if none does."""
    return next((times for times in TIMES if held(times)), None)


def read_samples(tables: Tables, folder: Path, settings: Settings) -> Iterator[Sample | Row]:
    """The immune samples; of those without counts the verdict record with its patient.

    Args:
        folder: with the folders of patients.
    """
    n_immune = max(len(tables.transfer), 1)
    ambient = {}
    if "ambient_mtdna_high" in tables.samples:
        ambient = dict(
            zip(tables.samples["sample"], tables.samples["ambient_mtdna_high"], strict=True)
        )
    for patient in (with_own_files(one, folder) for one in patients(tables)):
        measured = folder / patient.patient / "tumor_cells.tsv"
        shares = TUMOR_CELLS.read(measured) if measured.is_file() else None
        for row in patient.transfer:
            name = row["sample"]
            counts = likelihood_curve.counts_of(
                patient.variants.get(name, []), settings.contamination
            )
            contamination = patient.contamination.get(name)
            if counts is None or contamination is None:
                yield {"patient": patient, "row": row}
                continue
            own = np.zeros(0)
            if shares is not None:
                chosen = (shares["sample"] == name) & (shares["tumor"] == contamination["tumor"])
                own = shares.loc[chosen, "log_likelihood"].to_numpy(float)
            crosstalk, free = number(row, "crosstalk_high"), float(ambient.get(name) or "nan")
            other = Other(
                1.0 if math.isnan(crosstalk) else crosstalk, 0.0 if math.isnan(free) else free
            )
            yield Sample(
                patient,
                row,
                counts,
                cells_of(contamination, own),
                other,
                number(contamination, "tumor_vaf"),
                settings.verdict.max_q_value / n_immune,
            )


def next_step(sample: Sample, settings: Settings) -> str:
    """What to sequence or measure next, in a sentence with numbers; "" where nothing helps."""
    verdict = sample.row["verdict"]
    if verdict == "underpowered":
        return _for_power(sample, settings)
    if verdict in ("contamination_not_excluded", "explained_by_contamination"):
        return _for_support(sample, settings)
    return ""


def _for_power(sample: Sample, settings: Settings) -> str:
    wanted = settings.verdict.max_detection_limit

    def limit(counts: VariantCounts) -> float:
        return detection_limit(counts, sample.tested, settings.verdict.power)

    for role, name in (("immune", "immune sample"), ("normal", "normal")):
        for times in TIMES:
            reached = limit(more(sample.counts, role, times))
            if reached <= wanted:
                return (
                    f"{times} times the depth of the {name}: the detection limit falls to "
                    f"{percent(reached)}."
                )
    for times in TIMES:
        both = more(more(sample.counts, "immune", times), "normal", times)
        if (reached := limit(both)) <= wanted:
            return (
                f"{times} times the depth of immune sample and normal: the detection limit falls "
                f"to {percent(reached)}."
            )
    return "Another informative variant: sequence a second tumour region or a tumour-derived line."


def _for_support(sample: Sample, settings: Settings) -> str:
    """What would leave more than tumour cells and cross-talk bring."""
    if number(sample.row, "tumor_fraction_low") == 0:
        return "The normal, at least as deep as the immune sample: it may hide as much."
    found = curves(sample.counts, settings.fraction.confidence)
    if found is None:
        return ""
    clauses = turning.advice(sample.cells, found, sample.other, settings.contamination, sample.vaf)
    if sample.cells.bounded:

        def held(times: int) -> bool:
            deeper = curves(more(sample.counts, "immune", times), settings.fraction.confidence)
            return deeper is not None and stands(sample.cells, deeper, sample.other)

        if (times := smallest(held)) is not None:
            clauses = (f"with {times} times the depth of the immune sample", *clauses)
    if not clauses:
        return ""
    return f"Tumour cells and cross-talk would be excluded {'; or '.join(clauses)}."


def rows(tables: Tables, folder: Path, settings: Settings) -> list[dict[str, Any]]:
    """What to do next for every immune sample, by the model or by the report."""
    found = []
    for sample in read_samples(tables, folder, settings):
        if isinstance(sample, Sample):
            patient, row, said = sample.patient, sample.row, next_step(sample, settings)
        else:
            patient, row, said = sample["patient"], sample["row"], ""
        steps = [said] if said else advice.next_steps(patient, row, settings)[:1]
        found.append(
            {
                "patient": row["patient"],
                "sample": row["sample"],
                "verdict": row["verdict"],
                "detection_limit": number(row, "detection_limit"),
                "next": " ".join(steps),
            }
        )
    return found
