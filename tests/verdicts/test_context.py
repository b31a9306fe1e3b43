"""What holds for all immune samples of a patient: identity, design and doubts of the normals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from minor_variants import other, sample
from patients import context, mixed
from places import RCRS

from mitotransfer.cohort.background import own_background
from mitotransfer.patient.pooling import Pooled
from mitotransfer.verdicts.context import PatientContext, shown_design, unrelated, worst_identity

USABLE = np.ones(RCRS.length, bool)
ROLES = {"T1": "tumor", "T2": "tumor", "I": "immune", "N": "normal"}
STRANGER = {pos: {other(pos): 1.0} for pos in range(1000, 3000, 100)}


def of_patient(
    normal: dict[int, float] | None = None,
    tumor: dict[int, float] | None = None,
    design: str = "autologous",
    **statuses: str,
) -> PatientContext:
    """A patient with two tumours, whose samples have these statuses."""
    vafs = {"T1": tumor or {}, "T2": tumor or {}, "I": {}, "N": normal or {}}
    counts = {name: sample(mixed(own), 2000) for name, own in vafs.items()}
    rows = {name: {"status": status} for name, status in statuses.items()}
    return context(counts, ROLES, design=design, rows=rows)


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ([], ""),
        (["ok"], "ok"),
        (["ok", "single"], "single"),
        (["shallow"], "shallow"),
        (["shallow", "ok"], "ok"),  # the deeper one decides
        (["shallow", "swapped"], "swapped"),
        (["swapped", "duplicate", "ok"], "duplicate"),
    ],
)
def test_the_most_doubtful_of_several_counts(statuses: list[str], worst: str) -> None:
    assert worst_identity(statuses) == worst


def test_identity_is_that_of_the_pooled_samples() -> None:
    whole = of_patient(T2="swapped")
    assert (whole.tumor_identity, whole.normal_identity) == ("swapped", "ok")
    alone = replace(whole, patient=replace(whole.patient, pooled_names=frozenset({"T1", "N"})))
    assert alone.tumor_identity == "ok"
    # Where none is pooled, all count for the role.
    nobody = replace(whole, patient=replace(whole.patient, pooled_names=frozenset()))
    assert (nobody.tumor_identity, nobody.normal_identity) == ("swapped", "ok")


def test_two_people_have_to_differ() -> None:
    one, same, stranger = sample({}, 400), sample({}, 200), sample(STRANGER, 400)
    assert shown_design("allogeneic", Pooled([one], [same]), USABLE) == "autologous"
    assert shown_design("allogeneic", Pooled([one], [stranger]), USABLE) == "allogeneic"
    assert shown_design("autologous", Pooled([one], [stranger]), USABLE) == "autologous"
    few = USABLE.copy()
    few[1000:3000] = False
    assert shown_design("allogeneic", Pooled([one], [stranger]), few) == "autologous"


def test_doubts_about_the_normal_hold_for_all_samples() -> None:
    assert of_patient().flags == ()
    hidden = {5000: 0.05}
    assert of_patient(hidden, {5000: 0.9}).flags == ("tumor_alleles_in_normal",)
    assert of_patient(hidden, {5000: 0.9}, design="allogeneic").flags == ()
    stranger = dict.fromkeys(range(1000, 4000, 200), 0.1)
    assert of_patient(stranger).flags == ("foreign_in_normal",)
    # A normal of another person is named by its identity.
    assert of_patient(stranger, N="foreign").flags == ()


def test_the_patients_own_samples_are_not_in_the_background() -> None:
    """A background of this patient alone becomes empty."""
    own = of_patient()
    counts, roles = own.patient.counts, ROLES
    added = own_background(counts, roles, "autologous")
    left = unrelated(own.patient, replace(own.cohort, background=added))
    assert left.n_asked == 0 and not left.heteroplasmic.any()
    assert left.sites.n_samples == 0 and np.allclose(left.sites.error, 0)
