"""Figures are drawn in the report's style; genes of the mitogenome."""

from __future__ import annotations

from pathlib import Path

import pytest

from mitotransfer.genome import genes as genome_genes
from mitotransfer.report.figures import style


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


@pytest.fixture(scope="session")
def genes(repository: Path) -> tuple[genome_genes.Gene, ...]:
    return genome_genes.load_genes(repository / "resources" / "human_rCRS" / "genes.tsv")
