"""The tables of the report, read once and grouped by patient."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import table_files
from mitotransfer.associations.tables import ASSOCIATIONS, SURVIVAL
from mitotransfer.cohort.crosstalk_table import CROSSTALK
from mitotransfer.cohort.identity import IDENTITY
from mitotransfer.inputs import columns
from mitotransfer.inputs.columns import ROLES
from mitotransfer.patient.contamination_table import CONTAMINATION
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.patient.reads_table import READS
from mitotransfer.verdicts.conclude import EXPLAINED, SCREENED, TRANSFER
from mitotransfer.verdicts.prevalence import PREVALENCE
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS
from mitotransfer.verdicts.swapped_pairs import NULL, NULL_SUMMARY

TABLES = {
    "transfer": TRANSFER,
    "shared_variants": SHARED_VARIANTS,
    "explanations": EXPLAINED,
    "prevalence": PREVALENCE,
    "identity": IDENTITY,
    "crosstalk": CROSSTALK,
    "contamination": CONTAMINATION,
    "evidence": EVIDENCE,
    "reads": READS,
    "molecules": PATTERNS,
    "null": NULL,
    "null_summary": NULL_SUMMARY,
    "associations": ASSOCIATIONS,
    "survival": SURVIVAL,
    "screening": SCREENED,
}
SHEETS = {"samples": columns.SAMPLES, "patients": columns.PATIENTS}

# Tables that may be missing.
OPTIONAL = ("null", "null_summary", "associations", "survival", "screening")

_SAFE_NAME = re.compile(r"[A-Za-z0-9._-]+")
Row = dict[str, Any]


class ReportError(ValueError):
    """A file that cannot be used; the message names the file and the cure."""


@dataclass(frozen=True)
class Tables:
    """All tables of a cohort. Words are str (missing is ""), numbers float64 (missing is NaN)."""

    samples: pd.DataFrame
    patients: pd.DataFrame
    transfer: pd.DataFrame
    shared_variants: pd.DataFrame
    explanations: pd.DataFrame
    prevalence: pd.DataFrame
    identity: pd.DataFrame
    crosstalk: pd.DataFrame
    null: pd.DataFrame = field(default_factory=pd.DataFrame)
    null_summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    associations: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)
    screening: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Patient:
    """One patient's rows of the cohort's tables (column to value).

    Attributes:
        reads: rows of ``reads.tsv`` by sample, position and alternative allele.
        molecules: rows of ``molecules.tsv``.
        before, after: the patients before and after in the report; "" at the ends.
    """

    patient: str
    info: Row
    samples: list[Row]
    transfer: list[Row]
    variants: dict[str, list[Row]]
    explanations: dict[str, list[Row]]
    identity: dict[str, Row]
    crosstalk: dict[str, Row]
    contamination: dict[str, Row] = field(default_factory=dict)
    reads: dict[tuple[str, int, str], list[Row]] = field(default_factory=dict)
    molecules: list[Row] = field(default_factory=list)
    before: str = ""
    after: str = ""

    def roles(self) -> set[str]:
        return {row["role"] for row in self.samples}


@dataclass(frozen=True)
class Depth:
    """Read depth of one sample: fragments per position, shape (length,), and its QC facts."""

    sample: str
    role: str
    label: str
    depth: NDArray[np.int64]
    qc: Row

    @property
    def mean(self) -> float:
        return float(self.qc.get("mean_depth", self.depth.mean()))


def read_table(path: str | Path, name: str) -> pd.DataFrame:
    """A table of this pipeline, or a sheet with the user's further columns as text.

    Raises:
        ValueError: if the file is not that table.
    """
    if name in TABLES:
        return TABLES[name].read(path)
    sheet = table_files.read_sheet(path, columns.required(SHEETS[name]))
    for column in SHEETS[name]:
        if column.kind in ("number", "integer") and column.name in sheet:
            sheet[column.name] = pd.to_numeric(sheet[column.name])
    return sheet


def records(frame: pd.DataFrame) -> list[Row]:
    """Rows of a table as dicts."""
    return frame.to_dict(orient="records")  # type: ignore[return-value]


def _by(frame: pd.DataFrame, column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in records(frame):
        groups.setdefault(row[column], []).append(row)
    return groups


def patients(tables: Tables) -> list[Patient]:
    """One ``Patient`` per patient of the samples sheet, in the sheet's order.

    Raises:
        ReportError: if a patient or sample id cannot be a file name.
    """
    samples, transfer = _by(tables.samples, "patient"), _by(tables.transfer, "patient")
    info = {row["patient"]: row for row in records(tables.patients)}
    variants = _by(tables.shared_variants, "sample")
    explanations = _by(tables.explanations, "sample")
    identity = {row["sample"]: row for row in records(tables.identity)}
    crosstalk = {row["sample"]: row for row in records(tables.crosstalk)}
    found = []
    for patient in [*samples, *(name for name in transfer if name not in samples)]:
        rows = sorted(
            samples.get(patient, []), key=lambda row: (_role_order(row["role"]), row["sample"])
        )
        verdicts = transfer.get(patient, [])
        names = [row["sample"] for row in [*rows, *verdicts]]
        for name in [patient, *names]:
            check_name(name)
        found.append(
            Patient(
                patient,
                info.get(patient, {}),
                rows,
                verdicts,
                {name: variants.get(name, []) for name in names},
                {name: explanations.get(name, []) for name in names},
                {name: identity[name] for name in names if name in identity},
                {name: crosstalk[name] for name in names if name in crosstalk},
            )
        )
    return found


def _role_order(role: str) -> int:
    return ROLES.index(role) if role in ROLES else len(ROLES)


def check_name(name: str) -> None:
    """Raise ``ReportError`` if an id cannot safely be part of a file name."""
    if not _SAFE_NAME.fullmatch(name) or name in {".", ".."}:
        raise ReportError(
            f"id {name!r} cannot be a file name; use letters, digits, '.', '_' and '-' only"
        )


def with_own_files(patient: Patient, folder: Path) -> Patient:
    """The patient with contamination, evidence, reads and molecules of its folder.

    The evidence has the fragments with the allele per strand; the cohort's table of shared variants
    lacks them. Each file may be missing.
    """
    own = folder / patient.patient
    contamination = {
        row["sample"]: row for row in _optional(own / "contamination.tsv", "contamination")
    }
    strands = {
        (row["sample"], row["pos"], row["ref"], row["alt"]): {
            name: value
            for name, value in row.items()
            if "_alt_" in name or name in ("error_alpha", "error_beta", "overdispersion")
        }
        for row in _optional(own / "evidence.tsv", "evidence")
    }
    variants = {
        sample: [
            row | strands.get((sample, row["pos"], row["ref"], row["alt"]), {}) for row in rows
        ]
        for sample, rows in patient.variants.items()
    }
    reads: dict[tuple[str, int, str], list[Row]] = {}
    for row in _optional(own / "reads.tsv", "reads"):
        reads.setdefault((row["sample"], row["pos"], row["alt"]), []).append(row)
    molecules = _optional(own / "molecules.tsv", "molecules")
    return replace(
        patient,
        contamination=contamination,
        variants=variants,
        reads=reads,
        molecules=molecules,
    )


def _optional(path: Path, name: str) -> list[Row]:
    return records(read_table(path, name)) if path.is_file() else []


def read_depth(folder: str | Path, sample: Row) -> Depth | None:
    """Depth and QC of a sample; None without counts.

    Raises:
        ReportError: if the files are there and cannot be read.
    """
    name = sample["sample"]
    bases = read_bases(folder, name)
    if bases is None:
        return None
    depth = bases.sum(axis=(1, 2), dtype=np.int64)
    qc_path = Path(folder) / name / f"{name}.qc.json"
    qc = read_json(qc_path) if qc_path.is_file() else {}
    return Depth(name, sample["role"], sample.get("cell_type", ""), depth, qc)


def read_haplogroup(folder: str | Path, sample: str) -> str:
    """Haplogroup of a sample with its quality, as haplogrep3 wrote them; "" without one."""
    path = Path(folder) / sample / f"{sample}.haplogroup.tsv"
    if not path.is_file():
        return ""
    # The file is another tool's: an error in it does not stop the report.
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError):
        return ""
    if frame.empty or "Haplogroup" not in frame:
        return ""
    row = frame.iloc[0]
    quality = row.get("Quality", "")
    return row["Haplogroup"] + (f" (quality {quality})" if row["Haplogroup"] and quality else "")


def read_bases(folder: str | Path, sample: str) -> NDArray[np.uint32] | None:
    """Fragments per position, allele and strand of a sample; None where there is no file.

    Raises:
        ReportError: if the file is there and cannot be read.
    """
    path = Path(folder) / sample / f"{sample}.counts.npz"
    if not path.is_file():
        return None
    try:
        # Only the base counts: the indels and the rest of the archive stay packed.
        with np.load(path, allow_pickle=False) as archive:
            bases: NDArray[np.uint32] = archive["bases"]
            return bases
    except Exception as error:
        raise ReportError(
            f"{path}: not a counts file ({error}); count this sample again"
        ) from error


def read_json(path: str | Path) -> Row:
    """A JSON object.

    Raises:
        ReportError: if the file holds none.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(f"{path}: not JSON ({error}); write it again") from error
    if not isinstance(found, dict):
        raise ReportError(f"{path}: expected a JSON object; write it again")
    return found


def variant_name(row: Row) -> str:
    """HGVS name of a variant's row."""
    return text(row.get("hgvs_m")) or f"m.{text(row['pos'])}{row['ref']}>{row['alt']}"


def is_usable(row: Row) -> bool:
    """Whether a variant counts as evidence; true where the cell is missing."""
    return text(row.get("usable")).lower() != "false"


def text(value: Any) -> str:
    """A cell as text: missing cells are empty, whole numbers have no decimal point."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def time_of(row: Row) -> float:
    """The time point of a sample, NaN where the sheet has none."""
    try:
        return float(row.get("timepoint") or "nan")
    except ValueError:
        return float("nan")


def number(row: Row | None, column: str) -> float:
    """A cell as a number: NaN where the row, the column or the value is missing."""
    value = (row or {}).get(column)
    return float(value) if isinstance(value, (int, float)) else float("nan")


def column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """A column of rows as numbers."""
    return np.array([number(row, name) for row in rows], np.float64)
