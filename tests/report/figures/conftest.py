"""Figures are drawn in the report's style; genes of the mitogenome."""

from __future__ import annotations

from pathlib import Path

import pytest

from mitotransfer.report import tables
from mitotransfer.report.figures import style


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


@pytest.fixture(scope="session")
def genes(repository: Path) -> list[tables.Gene]:
    return tables.read_genes(repository / "resources" / "genes.tsv")
