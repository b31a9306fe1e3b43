"""All samples together: q values, tables and screening."""

import pandas as pd
import pytest
from cases import case, changed

from mitotransfer.calls.hsd import Profile
from mitotransfer.patient.immune_variants import PrivateVariants
from mitotransfer.stats.false_discovery import q_values
from mitotransfer.verdicts import conclude
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.conclude import EXPLAINED, SCREENED, TRANSFER
from mitotransfer.verdicts.explanations import EXPLANATIONS
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS

FOUND = case(
    n_informative=2, fraction=0.1, low=0.08, high=0.12, p_value=1e-6, p_hidden=1e-6,
    contamination_source="nuclear_counts", contamination_high=0.01, crosstalk_high=0.001,
    detection_limit=0.004,
)  # fmt: skip
ABSENT = changed(FOUND, fraction=0.0, low=0.0, high=0.001, p_value=0.6)
UNTESTED = case()


def assessed(*cases: Case, flags: tuple[str, ...] = ()) -> list[Assessment]:
    variants = pd.DataFrame([dict.fromkeys(SHARED_VARIANTS.names, 0)])
    return [
        Assessment(
            {"patient": f"P{i}", "sample": f"S{i}", "cell_type": "", "timepoint": ""},
            x, variants if x.tested else variants[:0], flags,
        )
        for i, x in enumerate(cases)
    ]  # fmt: skip


def test_q_values_are_those_of_the_tested_samples() -> None:
    transfer, shared, explanations = conclude.conclude(assessed(FOUND, UNTESTED, ABSENT))
    assert list(transfer.columns) == TRANSFER.names and len(shared) == 2
    assert transfer["verdict"].tolist() == ["transfer_supported", "uninformative", "not_detected"]
    assert transfer["q_value"].tolist() == pytest.approx(
        q_values([1e-6, float("nan"), 0.6]), nan_ok=True
    )
    assert transfer["q_value"][0] == pytest.approx(2e-6)
    assert list(explanations.columns) == EXPLAINED.names
    assert explanations["explanation"].tolist() == list(EXPLANATIONS) * 3


def test_many_samples_without_a_finding_raise_the_q_value() -> None:
    weak = changed(FOUND, p_value=0.005)
    assert conclude.conclude(assessed(weak))[0]["verdict"][0] == "transfer_supported"
    many, _, _ = conclude.conclude(assessed(weak, *[ABSENT] * 9))
    assert many["q_value"][0] == pytest.approx(0.05) and many["verdict"][0] == "not_detected"


def test_flags_of_verdict_and_sample_stand_once() -> None:
    rows = assessed(FOUND, flags=("ambient_unmeasured", "foreign_dna"))
    assert conclude.conclude(rows)[0]["flags"][0] == "ambient_unmeasured;foreign_dna"


def test_no_sample_gives_tables_without_rows() -> None:
    tables = conclude.conclude([])
    assert [list(table.columns) for table in tables] == [
        TRANSFER.names, SHARED_VARIANTS.names, EXPLAINED.names
    ]  # fmt: skip
    assert all(table.empty for table in tables)


def test_screening_uses_only_the_bounds() -> None:
    rows = assessed(FOUND, ABSENT, UNTESTED)
    table = conclude.screening(rows, 0.01)
    assert list(table.columns) == SCREENED.names
    assert table["result"].tolist() == ["fail", "pass", "inconclusive"]
    assert table["tumor_fraction_high"].tolist()[:2] == [0.12, 0.001]
    nothing = conclude.screening(rows, None)
    assert nothing.empty and list(nothing.columns) == SCREENED.names


def test_haplotypes_of_strangers_are_listed() -> None:
    stranger = changed(ABSENT, private=PrivateVariants(person=Profile(("73G",), "1-16569")))
    text = conclude.foreign_haplotypes(assessed(FOUND, stranger))
    (row,) = text.splitlines()[1:]
    assert row.split("\t") == ["S1", "1-16569", "?", "73G"]
