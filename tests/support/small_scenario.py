"""A small cohort for the simulator's tests: three patients of three samples, two batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mitotransfer.simulate import truth
from mitotransfer.simulate.scenario import Scenario, parse_scenario


def small_scenario(**changes: object) -> Scenario:
    raw = {
        "depth": {"tumor": 20, "immune": 40, "normal": 20},
        "sequencing": {"hot_spots": 10},
        "patients": [
            {
                "patient": name,
                "batch": "b1" if name != "C" else "b2",
                "expected": "transfer_supported",
                "somatic": [1.0, 0.5, {"vaf": 0.4, "type": "deletion"}],
                "inherited": [0.3],
                "nuclear": {"loci": 400, "depth": 100},
                "covariates": {"cancer_type": "lung", "mood": 3},
                "samples": [
                    {"sample": f"{name}-tumor", "role": "tumor", "mtdna_copies": 800},
                    {"sample": f"{name}-til", "role": "immune", "transfer": 0.2,
                     "tumor_cells": 0.05, "mtdna_copies": 100, "timepoint": 1},
                    {"sample": f"{name}-blood", "role": "normal"},
                ],
            }
            for name in "ABC"
        ],
    }  # fmt: skip
    raw.update(changes)
    return parse_scenario(raw)


def changed(**samples: dict[str, Any]) -> truth.Truth:
    """The small scenario with keys of A's samples changed, and a copy of the blood."""
    raw = small_scenario()
    plans = [replace(s, **samples.get(s.sample[2:], {})) for s in raw.patients[0].samples]
    plans.append(replace(plans[2], sample="A-copy", role="tumor", copy_of="A-blood"))
    return truth.draw_truth(
        replace(raw, patients=[replace(raw.patients[0], samples=plans), *raw.patients[1:]]), 3
    )
