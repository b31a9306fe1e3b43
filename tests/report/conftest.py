"""A report that the tests of its pages share."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_cohort import render_cohort, write_cohort


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered report of seven patients, one for each verdict."""
    return render_cohort(write_cohort(tmp_path_factory.mktemp("report")))
