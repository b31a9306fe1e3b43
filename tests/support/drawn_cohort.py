"""A small cohort with drawn counts, and its background."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from places import GENOME

from mitotransfer.cohort import background
from mitotransfer.cohort.sample_files import CohortReader
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors import sample_errors
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.inputs.settings import Settings
from mitotransfer.simulate import samples
from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth

DESIGNS = {"C": "allogeneic"}


@cache
def drawn_cohort() -> tuple[pd.DataFrame, Mapping[str, Counts], Mapping[str, SampleErrors]]:
    """Sheet, counts and error rates of four patients with a tumour, an immune and a normal each."""
    patients = [
        {
            "patient": patient,
            "design": DESIGNS.get(patient, "autologous"),
            "batch": batch,
            "samples": [
                {"sample": f"{patient}-{role}", "role": role}
                for role in ("tumor", "immune", "normal")
            ],
        }
        for patient, batch in (("A", "run1"), ("B", "run1"), ("C", "run2"), ("D", ""))
    ]
    scenario = parse_scenario(
        {"depth": {"tumor": 300, "immune": 300, "normal": 300}, "patients": patients}
    )
    truth = draw_truth(scenario, seed=5)
    sheet = pd.DataFrame(
        [
            {"sample": name, "patient": s.patient, "role": s.role, "batch": s.batch}
            for name, s in truth.samples.items()
        ]
    )
    counts = {n: Counts(samples.counts(truth, n), empty_indels(), {}) for n in truth.samples}
    return sheet, counts, {n: sample_errors.estimate_errors(c) for n, c in counts.items()}


Learned = tuple[background.CohortBackground, pd.DataFrame, pd.DataFrame]


def learn(
    sheet: pd.DataFrame,
    counts: Mapping[str, Counts],
    errors: Mapping,
    designs: Mapping[str, str] = DESIGNS,
) -> Learned:
    usable = np.ones(16569, bool)
    cohort = CohortReader(
        sheet.reset_index(drop=True), designs, counts.__getitem__, errors.__getitem__
    )
    return background.learn(cohort, usable, GENOME.circle, Settings())
