"""The scenario of a simulation, as read from a YAML file.

A scenario file has ``depth``, ``sequencing`` (fields of ``noise.Sequencing``), ``drift`` and
``patients``; docs/simulator.md documents each key.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from mitotransfer.simulate.noise import Sequencing

ROLES = ("tumor", "immune", "normal")
VERDICTS = (
    "transfer_supported",
    "contamination_not_excluded",
    "explained_by_contamination",
    "not_detected",
    "underpowered",
    "uninformative",
    "failed_qc",
)
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class SomaticPlan:
    """A tumour-private variant: VAF in the tumour sample; position drawn if None."""

    vaf: float
    type: str = "SNV"  # or insertion, deletion
    pos: int | None = None
    hot_spot: bool = False  # on the allele of an error hot spot, where it is hardest to detect
    hidden: float = 0.0  # VAF in the patient's other tissues, before drift


@dataclass(frozen=True)
class DeletionPlan:
    """A large deletion in a share of a sample's own molecules; its ends are kept."""

    share: float
    start: int = 8469  # the common deletion of human mtDNA
    end: int = 13447


@dataclass(frozen=True)
class InheritedPlan:
    """A heteroplasmy of all tissues: VAF before drift."""

    vaf: float
    pos: int | None = None


@dataclass(frozen=True)
class NuclearPlan:
    """Somatic nuclear SNVs of the tumour and the mean depth at which samples show them."""

    loci: int = 200
    depth: float = 100.0
    vaf: float = 0.4  # mean VAF in the tumour
    vaf_sd: float = 0.06
    copies: float = 0.0  # of each locus in tumour cells, mutated of them: these give the mean VAF
    mutated: float = 1.0


@dataclass(frozen=True)
class SamplePlan:
    """One library. Fractions are shares of cells (tumor_cells) or of mtDNA (transfer)."""

    sample: str
    role: str
    cell_type: str = ""
    timepoint: float | None = None
    depth: float | None = None
    transfer: float = 0.0  # share of the immune cells' mtDNA that came from the tumour
    tumor_cells: float = 0.0  # share of cells in the preparation that are tumour cells
    tumor_cell_copies: float | None = None  # mtDNA of each of these, if not as in the tumour
    mtdna_copies: float | None = None  # per cell
    copies_measured: bool = True  # mtdna_copies goes into the sheet
    copies_factor: float = 1.0  # measured over true copies
    true_purity: float = 1.0  # tumour cells per cell of a tumour sample
    purity: float | None = None  # of a tumour sample, for the sheet
    input_cells: int | None = None  # for the sheet
    portion: int | None = None  # cells in each of two portions, of nuclear and of mtDNA reads
    cells_counted: int | None = None  # by flow cytometry, for the sheet
    assay: str = ""  # for the sheet; capture where empty
    molecules: int | None = None  # mtDNA molecules that the library is made of
    cell_vafs: Sequence[float] = ()  # somatic VAFs in its tumour cells, if not as in the tumour
    loci_share: float = 1.0  # of the nuclear loci, what its tumour cells have
    composition: float = 0.0  # F of the VAFs of tumour mtDNA in it: variance F t (1 - t)
    preparation: str = ""  # for the sheet: samples that were drawn or sorted from one
    preparation_split: str = ""  # for the sheet: drawn or sorted
    private: Sequence[float] = ()  # VAFs of variants that only this sample has
    deletion: DeletionPlan | None = None  # in its own cells; a tumour's goes where its mtDNA goes
    ambient: float = 0.0  # share of free mtDNA of lysed tumour cells, without nuclei
    ambient_mtdna_high: float | None = None  # its measured upper bound, for the sheet
    stranger: float = 0.0  # share of mtDNA of a person outside the cohort, one per patient
    admixed: Mapping[str, float] = field(default_factory=dict)  # shares of other samples' cells
    swapped_with: str = ""  # the sample whose molecules this library holds
    copy_of: str = ""  # the sample that has the same reads
    expected: str = ""  # verdict, if other than the patient's


@dataclass(frozen=True)
class PatientPlan:
    """One person and their samples."""

    patient: str
    samples: Sequence[SamplePlan]
    scenario: str = ""
    expected: str = ""
    batch: str = ""
    clade: str | None = None
    design: str = "autologous"
    somatic: Sequence[SomaticPlan] = ()
    inherited: Sequence[InheritedPlan] = ()
    nuclear: NuclearPlan | None = None
    covariates: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A cohort to simulate."""

    patients: Sequence[PatientPlan]
    depth: Mapping[str, float] = field(
        default_factory=lambda: {"tumor": 500.0, "immune": 900.0, "normal": 600.0}
    )
    drift: Mapping[str, float] = field(
        default_factory=lambda: {"tumor": 0.1, "immune": 0.01, "normal": 0.01}
    )
    sequencing: Sequencing = field(default_factory=Sequencing)

    def __post_init__(self) -> None:
        _check(self)

    def with_depth(self, depth: float) -> Scenario:
        """The same with another depth for every sample without a depth of its own."""
        return replace(self, depth=dict.fromkeys(ROLES, float(depth)))

    def repeated(self, times: int) -> Scenario:
        """``times`` copies of all patients, names and batches numbered from 1.

        The copies are other people with other variants: everything is drawn by name.
        """
        patients = []
        for number in range(1, times + 1):
            for patient in self.patients:
                samples = [
                    replace(
                        sample,
                        sample=f"{sample.sample}.{number}",
                        swapped_with=sample.swapped_with and f"{sample.swapped_with}.{number}",
                        copy_of=sample.copy_of and f"{sample.copy_of}.{number}",
                        admixed={f"{n}.{number}": x for n, x in sample.admixed.items()},
                    )
                    for sample in patient.samples
                ]
                patients.append(
                    replace(
                        patient,
                        patient=f"{patient.patient}.{number}",
                        batch=patient.batch and f"{patient.batch}.{number}",
                        samples=samples,
                    )
                )
        return replace(self, patients=patients)


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario.

    Raises:
        ValueError: naming the file and what was expected where.
    """
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    try:
        return parse_scenario(raw)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def parse_scenario(raw: Any) -> Scenario:
    """A scenario from plain dicts and lists.

    Raises:
        ValueError: for unknown keys, missing keys and values out of range.
    """
    values = _values(Scenario, raw, "scenario")
    if "sequencing" in values:
        given = _values(Sequencing, values["sequencing"], "sequencing")
        tuples = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
        values["sequencing"] = _build(Sequencing, tuples, "sequencing")
    for key in ("depth", "drift"):
        if key in values:
            if not isinstance(values[key], dict) or set(values[key]) - set(ROLES):
                raise ValueError(f"{key}: expected a number for each of {', '.join(ROLES)}")
            default = getattr(Scenario([]), key)
            values[key] = {**default, **values[key]}
    values["patients"] = [
        _parse_patient(entry, f"patients[{index}]")
        for index, entry in enumerate(_entries(values.get("patients"), "patients"))
    ]
    return _build(Scenario, values, "scenario")


def _parse_patient(raw: Any, where: str) -> PatientPlan:
    values = _values(PatientPlan, raw, where)
    where = f"{where} ({values.get('patient', '?')})"
    lists = (("somatic", SomaticPlan), ("inherited", InheritedPlan), ("samples", SamplePlan))
    for key, kind in lists:
        values[key] = [
            # A bare number is a VAF.
            _build(
                kind,
                _values(kind, {"vaf": e} if isinstance(e, (int, float)) else e, f"{where}.{key}"),
                f"{where}.{key}",
            )
            for e in _entries(values.get(key, []), f"{where}.{key}")
        ]
    values["samples"] = [_with_deletion(s, f"{where}.samples") for s in values["samples"]]
    if values.get("nuclear") is not None:
        nuclear = _values(NuclearPlan, values["nuclear"], f"{where}.nuclear")
        values["nuclear"] = _build(NuclearPlan, nuclear, f"{where}.nuclear")
    if values.get("clade") is not None:
        values["clade"] = str(values["clade"])
    return _build(PatientPlan, values, where)


def _with_deletion(plan: SamplePlan, where: str) -> SamplePlan:
    """The sample with its deletion read; a bare number is a share."""
    raw: Any = plan.deletion
    if raw is None:
        return plan
    raw = {"share": raw} if isinstance(raw, (int, float)) else raw
    where = f"{where}.deletion"
    return replace(plan, deletion=_build(DeletionPlan, _values(DeletionPlan, raw, where), where))


def _entries(raw: Any, where: str) -> list[Any]:
    if not isinstance(raw, list):
        raise ValueError(f"{where}: expected a list")
    return raw


def _values(kind: type, raw: Any, where: str) -> dict[str, Any]:
    """The mapping ``raw``; its keys are fields of ``kind``."""
    if not isinstance(raw, dict):
        raise ValueError(f"{where}: expected keys and values")
    known = [entry.name for entry in fields(kind)]
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ValueError(f"{where}: unknown key {key!r}; {hint}")
    return dict(raw)


def _build(kind: type, values: dict[str, Any], where: str) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{where}: {str(error).replace('__init__() ', '')}") from None


def _check(scenario: Scenario) -> None:
    """Raise ``ValueError`` for values out of range and names that do not exist."""
    for role in ROLES:
        _expect(scenario.depth[role] > 0, f"depth of {role} must be above 0")
        _share(scenario.drift[role], f"drift of {role}")
    samples: dict[str, str] = {}
    patients: set[str] = set()
    for patient in scenario.patients:
        name = patient.patient
        _expect(
            bool(NAME.fullmatch(str(name))), f"patient {name!r}: letters, digits, '.', '_', '-'"
        )
        _expect(name not in patients, f"patient {name}: named twice")
        patients.add(name)
        _expect(
            patient.design in ("autologous", "allogeneic"),
            f"patient {name}: design {patient.design!r} is neither autologous nor allogeneic",
        )
        for variant in patient.somatic:
            _share(variant.vaf, f"patient {name}: VAF")
            kinds = ("SNV", "insertion", "deletion")
            _expect(
                variant.type in kinds, f"patient {name}: type {variant.type!r} is none of {kinds}"
            )
        for inherited in patient.inherited:
            _share(inherited.vaf, f"patient {name}: VAF")
        for sample in patient.samples:
            label = sample.sample
            _expect(
                bool(NAME.fullmatch(str(label))),
                f"sample {label!r}: letters, digits, '.', '_', '-'",
            )
            _expect(label not in samples, f"sample {label}: named twice")
            samples[label] = name
            _expect(
                sample.role in ROLES, f"sample {label}: role {sample.role!r} is none of {ROLES}"
            )
            for key in ("true_purity", "loci_share", "composition"):
                _share(getattr(sample, key), f"sample {label}: {key}")
            for key in ("transfer", "tumor_cells", "ambient"):
                value = getattr(sample, key)
                _share(value, f"sample {label}: {key}")
                _expect(
                    not value or sample.role == "immune",
                    f"sample {label}: {key} is for immune samples",
                )
            if sample.deletion:
                _share(sample.deletion.share, f"sample {label}: share of the deletion")
            for value in (*sample.private, *sample.cell_vafs):
                _share(value, f"sample {label}: VAF")
            _expect(
                len(sample.cell_vafs) in (0, len(patient.somatic)),
                f"sample {label}: cell_vafs needs a VAF for each somatic variant",
            )
            for value in (*sample.admixed.values(), sample.stranger):
                _share(value, f"sample {label}: share of other cells")
            _share(
                sum(sample.admixed.values()) + sample.stranger, f"sample {label}: other cells' sum"
            )
            for value, key in ((sample.depth, "depth"), (sample.mtdna_copies, "mtdna_copies")):
                _expect(value is None or value > 0, f"sample {label}: {key} must be above 0")
            verdict = sample.expected or patient.expected
            _expect(
                not verdict or verdict in VERDICTS,
                f"sample {label}: expected {verdict!r} is none of {', '.join(VERDICTS)}",
            )
            needs_tumor = sample.transfer + sample.tumor_cells + sample.ambient > 0
            _expect(
                not needs_tumor or any(other.role == "tumor" for other in patient.samples),
                f"sample {label}: transfer, tumor_cells or ambient without a tumor sample",
            )
    for patient in scenario.patients:
        for sample in patient.samples:
            named = {"swapped_with": [sample.swapped_with], "copy_of": [sample.copy_of]}
            for key, names in (named | {"admixed": list(sample.admixed)}).items():
                for other in names:
                    _expect(
                        not other or other in samples,
                        f"sample {sample.sample}: {key} names no sample: {other!r}",
                    )


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _share(value: Any, what: str) -> None:
    _expect(
        isinstance(value, (int, float)) and 0 <= value <= 1,
        f"{what} {value!r}: expected a number from 0 to 1",
    )
