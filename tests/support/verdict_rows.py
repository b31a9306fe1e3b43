"""Every verdict that there can be, as rows of ``transfer.tsv``."""

from __future__ import annotations

import itertools
import math
from functools import cache

from cases import case

from mitotransfer.inputs.columns import ROLES
from mitotransfer.report import tables, words
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.sources import Sources

NAN = math.nan


_LEFT = ("nuclear_counts", True, 0.0, 0.002, 0.029, 0.05, 0.02, 0.001, 0.9, 0.3)
SOURCES = (
    Sources(),
    Sources(*_LEFT),
    Sources("tumor_cell_fraction", False, 0.0, 1.0, 0.0, 0.05, 0.0, 0.001, 0.9, 0.3),
    Sources("nuclear_counts", True, 0.001, 0.4, 0.0, 0.05, 0.0, 0.001, 0.9, 0.3),
    Sources("nuclear_counts", True, 0.2, 0.4, 0.0, 0.001, 0.0, 0.001, 0.9, 0.3),
    Sources(*_LEFT[:-2], 0.2, 0.5),
)


@cache
def cases() -> list[Case]:
    """Every combination of what is known and what is not."""
    found = []
    for identity, n, q, limit, sources, crosstalk in itertools.product(
        ("ok", "single", "swapped", "shallow", ""), (0, 1, 6), (1e-9, 0.5, NAN),
        (NAN, 0.0035, 0.06), SOURCES, (NAN, 0.0004, 0.04),
    ):  # fmt: skip
        found += [
            case(
                identity=identity or "ok", normal_identity=identity, n_informative=n,
                fraction=0.043, low=low, high=0.056, detection_limit=limit, q_value=q,
                sources=sources, crosstalk_high=crosstalk, ambient_high=ambient,
                more_in_immune=more, turning=("if there were more",),
            )
            for low, more, ambient in (
                (0.0, False, NAN), (0.031, False, NAN), (0.031, False, 0.002), (0.031, True, NAN),
            )
        ]  # fmt: skip
    return found


@cache
def every_row() -> list[tables.Row]:
    """One for each verdict, sentence, limit and cross-talk; made by the first test that asks."""
    rows = {}
    for x in cases():
        made, found = verdict.judge(x), x.findings
        row = {
            "patient": "P1", "sample": "S1", "cell_type": "CD8 TIL", "verdict": made.verdict,
            "evidence": made.evidence, "tumor_fraction": x.estimate.fraction,
            "tumor_fraction_low": x.estimate.low, "tumor_fraction_high": x.estimate.high,
            "detection_limit": found.detection_limit, "crosstalk_high": found.crosstalk_high,
            "n_informative": float(found.n_informative),
            "flags": ";".join(made.flags),
        }  # fmt: skip
        rows[made.verdict, made.evidence, str(found.detection_limit), str(found.crosstalk_high)] = (
            row
        )
    return list(rows.values())


def patient_of(row: tables.Row) -> tables.Patient:
    samples = [{"sample": name, "role": name} for name in ROLES]
    return tables.Patient("P1", {}, samples, [row], {}, {}, {}, {})


def sentences(row: tables.Row) -> list[str]:
    """All that the pages say of one sample, advice apart."""
    return [
        row["evidence"], words.finding(row), words.patient_summary(patient_of(row)),
        words.MEANINGS[row["verdict"]], *words.summary([row], 1)[1:],
    ]  # fmt: skip
