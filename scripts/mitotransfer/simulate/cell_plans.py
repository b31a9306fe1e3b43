"""What to simulate of single cells, as read from a YAML file: patients, and libraries of cells.

The file is a scenario of bulk samples (``scenario``) with one more key, ``libraries``.
docs/simulator.md documents each key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from mitotransfer.simulate.cell_library import CellScenario, Subset
from mitotransfer.simulate.scenario import NAME, Scenario, parse_scenario

ATAC, RNA = "sc_atac", ("sc_rna", "sc_rna_enriched")


@dataclass(frozen=True)
class ModifiedSite:
    """A site of RNA that is read as ``alt``: in a share of tumour cells' RNA and of other cells'.

    DNA does not have it.
    """

    pos: int
    alt: str
    tumor: float
    other: float


@dataclass(frozen=True)
class LibraryPlan:
    """A library of cells of one patient; its variants are the SNVs of the patient's tumour.

    Attributes:
        assay: ``sc_atac`` (pairs, no UMIs), ``sc_rna`` or ``sc_rna_enriched`` (one strand, UMIs).
        cells: the droplets.
        scored: the annotation has doublet scores.
        copies: probability of a further copy of a fragment.
        uneven: standard deviation of the log of the depth over blocks of the genome.
        expected: verdict by kind of cell, and of ``all``.
    """

    library: str
    patient: str
    cells: CellScenario
    assay: str = ATAC
    scored: bool = True
    read_length: int = 75
    insert_mean: float = 200.0
    insert_sd: float = 50.0
    copies: float = 0.1
    uneven: float = 0.0
    modified: Sequence[ModifiedSite] = ()
    expected: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.library):
            raise ValueError(f"library {self.library!r}: letters, digits, '.', '_', '-'")
        if self.assay not in (ATAC, *RNA):
            raise ValueError(f"library {self.library}: assay is none of {ATAC}, {', '.join(RNA)}")
        if self.modified and not self.umis:
            raise ValueError(f"library {self.library}: modified sites are of RNA")
        kinds = {"all", *(subset.name for subset in self.cells.subsets)}
        if unknown := set(self.expected) - kinds:
            raise ValueError(f"library {self.library}: expected names no cells: {min(unknown)}")

    @property
    def umis(self) -> bool:
        """Reads of RNA are single and have UMIs."""
        return self.assay in RNA


def load(path: str | Path) -> tuple[Scenario, list[LibraryPlan]]:
    """Read the bulk samples and the libraries of a file.

    Raises:
        ValueError: naming the file and what was expected where.
    """
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return parse(raw)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def parse(raw: Any) -> tuple[Scenario, list[LibraryPlan]]:
    """The same from plain dicts and lists."""
    if not isinstance(raw, dict) or not isinstance(raw.get("libraries"), list):
        raise ValueError("libraries: expected a list")
    scenario = parse_scenario({key: value for key, value in raw.items() if key != "libraries"})
    patients = {patient.patient: patient for patient in scenario.patients}
    plans = [_library(entry, index) for index, entry in enumerate(raw["libraries"])]
    for plan in plans:
        if plan.patient not in patients:
            raise ValueError(f"library {plan.library}: no patient {plan.patient!r}")
        if any(one.type != "SNV" for one in patients[plan.patient].somatic):
            raise ValueError(f"patient {plan.patient}: cells have SNVs alone")
    names = [plan.library for plan in plans]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"library {min(twice)}: named twice")
    return scenario, plans


def _library(raw: Any, index: int) -> LibraryPlan:
    """A library; keys of ``CellScenario`` stand beside those of the library."""
    where = f"libraries[{index}]"
    if not isinstance(raw, dict):
        raise ValueError(f"{where}: expected keys and values")
    where = f"{where} ({raw.get('library', '?')})"
    of_cells = {one.name for one in fields(CellScenario)} - {
        "vafs",
        "modified",
        "hopped",
        "hopped_vafs",
    }
    cells = {key: value for key, value in raw.items() if key in of_cells}
    own = {key: value for key, value in raw.items() if key not in of_cells}
    try:
        if "subsets" in cells:
            cells["subsets"] = tuple(Subset(**entry) for entry in cells["subsets"])
        own["modified"] = [ModifiedSite(**entry) for entry in own.get("modified", ())]
        return LibraryPlan(**own, cells=CellScenario(**cells))
    except TypeError as error:
        raise ValueError(f"{where}: {str(error).replace('__init__() ', '')}") from None


def with_variants(plan: LibraryPlan, vafs: Sequence[float]) -> LibraryPlan:
    """The plan with the VAFs of the patient's variants."""
    return replace(plan, cells=replace(plan.cells, vafs=tuple(vafs)))
