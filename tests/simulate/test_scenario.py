"""Scenario files: mistakes are named, and the demo's has a patient for every verdict."""

from __future__ import annotations

from typing import Any

import pytest
from places import REPOSITORY
from small_scenario import changed, small_scenario

from mitotransfer.simulate.scenario import VERDICTS, load_scenario, parse_scenario

DEMO = REPOSITORY / "config" / "simulation_demo.yaml"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depths": 3}, "did you mean 'depth'"),
        ({"depth": {"tumour": 3}}, "depth: expected a number for each"),
        ({"patients": {}}, "patients: expected a list"),
        ({"patients": [{"samples": []}]}, "patient"),
        ({"patients": [{"patient": "A/B", "samples": []}]}, "letters, digits"),
        ({"sequencing": {"duplicates": 2}}, "sequencing.duplicates"),
        ({"sequencing": {"reed_length": 2}}, "did you mean 'read_length'"),
    ],
)
def test_bad_scenarios_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_scenario(**changes)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"role": "tumour"}, "role 'tumour'"),
        ({"role": "normal", "transfer": 0.1}, "transfer is for immune samples"),
        ({"role": "immune", "transfer": 1.5}, "expected a number from 0 to 1"),
        ({"role": "immune", "transfer": 0.1}, "without a tumor sample"),
        ({"role": "immune", "swapped_with": "nobody"}, "names no sample"),
        ({"role": "immune", "expected": "perhaps"}, "expected 'perhaps'"),
        ({"role": "immune", "depth": 0}, "depth must be above 0"),
        ({"role": "tumor", "deletion": 1.5}, "share of the deletion 1.5"),
        ({"role": "tumor", "deletion": {"shares": 0.5}}, "did you mean 'share'"),
    ],
)
def test_bad_samples_are_refused(sample: dict, message: str) -> None:
    patient = {"patient": "A", "samples": [{"sample": "A-1", **sample}]}
    with pytest.raises(ValueError, match=message):
        parse_scenario({"patients": [patient]})


@pytest.mark.parametrize(
    "changes", [{"copy_of": "nobody"}, {"admixed": {"nobody": 0.1}}, {"stranger": 1.2},
                {"admixed": {"A-blood": 0.6}, "stranger": 0.6}],
)  # fmt: skip
def test_impossible_mixtures_are_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="A-til: "):
        changed(til=changes)


def test_the_demo_covers_every_verdict() -> None:
    scenario = load_scenario(DEMO)
    assert {patient.expected for patient in scenario.patients} == set(VERDICTS)
    samples = [sample for patient in scenario.patients for sample in patient.samples]
    for patient in scenario.patients:
        assert {sample.role for sample in patient.samples} == {"tumor", "immune", "normal"}
    assert len({patient.batch for patient in scenario.patients}) == 2
    depth = [sample.depth or scenario.depth[sample.role] for sample in samples]
    assert sum(depth) < 25_000  # small enough for minutes
