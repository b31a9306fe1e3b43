"""What tests of single steps of the assessment leave out."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.patient.rare_person import RarePerson


@pytest.fixture
def nobody_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search for a rare person, which is most of an assessment's time; test_support has it."""
    nobody = RarePerson(np.zeros(0, np.int64), np.zeros(0, np.int64))
    monkeypatch.setattr("mitotransfer.verdicts.support.rare_person", lambda *_: nobody)
