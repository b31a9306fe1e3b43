"""The truth of one library: its molecules, and what became of its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mitotransfer.simulate.deletions import alleles, junctions
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.scenario import SamplePlan


@dataclass(frozen=True)
class SampleTruth:
    """One library's molecules before index hopping.

    Attributes:
        person: true origin of the cells; differs from ``patient`` after a swap.
        sources: pools of molecules, weights adding up to 1.
        length: of the reference.
        transfer, contamination: shares of the library's mtDNA that came from the
            tumour by transfer and with tumour cells, whole or lysed.
        tumor_cells: share of cells; the purity in a tumour sample.
    """

    sample: str
    patient: str
    person: str
    role: str
    batch: str
    depth: float
    sources: Sequence[Source]
    length: int
    transfer: float
    contamination: float
    tumor_cells: float
    plan: SamplePlan

    @property
    def tumor_fraction(self) -> float:
        """Share of the mtDNA that comes from the patient's tumour."""
        return self.transfer + self.contamination

    @property
    def variants(self) -> list[Variant]:
        """Alleles of the library and their VAFs, among the molecules that have the position."""
        return alleles(self.sources, self.length)

    @property
    def junctions(self) -> dict[tuple[int, int], float]:
        """Share of the molecules with each large deletion, by its ends."""
        return junctions(self.sources, self.length)


def scaled(sources: Sequence[Source], weight: float, label: str = "") -> list[Source]:
    """Sources with all weights multiplied, and another label if one is given."""
    return [
        replace(source, weight=source.weight * weight, label=label or source.label)
        for source in sources
    ]


def admixed(truth: SampleTruth, parts: Sequence[tuple[float, SampleTruth]]) -> SampleTruth:
    """The library with shares of other samples' cells in it."""
    every = [(1 - sum(share for share, _ in parts), truth), *parts]
    sources = [source for share, one in every for source in scaled(one.sources, share)]
    transfer, contamination, cells = (
        sum(share * getattr(one, name) for share, one in every)
        for name in ("transfer", "contamination", "tumor_cells")
    )
    return replace(
        truth, sources=sources, transfer=transfer, contamination=contamination, tumor_cells=cells
    )


def swapped(truth: SampleTruth, real: SampleTruth) -> SampleTruth:
    """The library of ``truth`` filled with the molecules of ``real``."""
    cells = real.tumor_cells if real.patient == truth.patient else 0.0
    return replace(
        truth, person=real.person, sources=real.sources, transfer=0.0, contamination=0.0,
        tumor_cells=cells,
    )  # fmt: skip
