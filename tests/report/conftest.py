"""Reports that several tests use."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_cohort import render_cohort, write_cohort


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of seven patients, one for each verdict, with the figures of a large cohort."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mitotransfer.report.site.MAX_ALL_FORMATS", 1)
        return render_cohort(write_cohort(tmp_path_factory.mktemp("report")))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of one patient."""
    return render_cohort(write_cohort(tmp_path_factory.mktemp("small"), 1, 3))
