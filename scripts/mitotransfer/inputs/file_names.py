"""From names of files to rows of a sheet of samples: lanes, mates, and roles guessed from words.

Names are those of Illumina (``P1_S1_L001_R1_001.fastq.gz``), of the SRA (``SRR1_1.fastq.gz``) and
plain ones (``P1.R1.fq``, ``P1.bam``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

_FASTQ = re.compile(r"(.+)\.(?:fastq|fq)(?:\.(?:gz|bgz|bz2|xz|zst))?", re.IGNORECASE)
_ALIGNED = re.compile(r"(.+)\.(?:bam|cram)", re.IGNORECASE)
#: What tools append to the name of a sample's BAM file.
_STEPS = re.compile(
    r"[._-](?:sorted|sort|markdup|dedup|rmdup|md|bqsr|recal|aligned|final|unaligned|unmapped)$",
    re.IGNORECASE,
)
_MATE = re.compile(r"(.+?)[._-](R|read)?([12])(?:_001)?", re.IGNORECASE)
_LANE = re.compile(r"(.+?)[._-](?:L|lane)[._-]?(\d{1,3})", re.IGNORECASE)
_NUMBER = re.compile(r"(.+?)_S\d+")  # of the sample in Illumina's sheet
#: Index reads, and reads of no sample.
_LEFT_OUT = re.compile(r"(?:.*[._-]I[12](?:_001)?|Undetermined.*)", re.IGNORECASE)
#: Words of a name that tell a role. The first role with a word wins: a TIL lies in a tumour, and
#: normal tissue beside one.
ROLE_WORDS = {
    "immune": (
        "til", "tils", "cd3", "cd4", "cd8", "tcell", "tcells", "treg", "nk", "tam", "macrophage",
        "macrophages", "immune", "car", "product",
    ),
    "normal": (
        "normal", "blood", "pbmc", "pbmcs", "germline", "buffy", "lcl", "adjacent", "skin",
        "saliva", "control",
    ),
    "tumor": (
        "tumor", "tumour", "tum", "primary", "met", "metastasis", "cancer", "melanoma", "pdx",
        "tumorline", "line",
    ),
}  # fmt: skip
#: Letters that tell a role as the last word.
_LAST_LETTERS = {"t": "tumor", "n": "normal"}
REVIEW = "review"
COLUMNS = ("sample", "patient", "role", "fastq_1", "fastq_2", "bam", REVIEW)


@dataclass(frozen=True)
class _File:
    """A file with reads: its sample, its lane, and its mate (0 where the name tells none)."""

    path: str
    sample: str
    lane: str = ""
    mate: int = 0
    surely: bool = False  # the mate is written as R1 or read1


def _fastq(path: str, stem: str) -> _File:
    found = _MATE.fullmatch(stem)
    name, mate, surely = stem, 0, False
    if found:
        name, mate, surely = found[1], int(found[3]), bool(found[2])
    lane = _LANE.fullmatch(name)
    if lane:
        name = lane[1]
    number = _NUMBER.fullmatch(name)
    return _File(path, number[1] if number else name, lane[2] if lane else "", mate, surely)


def _aligned(path: str, stem: str) -> _File:
    while found := _STEPS.search(stem):
        stem = stem[: found.start()]
    lane = _LANE.fullmatch(stem)
    return _File(path, lane[1] if lane else stem, lane[2] if lane else "")


def sample_id(name: str) -> str:
    """A name with the characters that a sample's id may have.

    >>> sample_id("P 1 (TIL)"), sample_id("-x")
    ('P_1_TIL', 'x')
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_").lstrip(".-")[:100] or "sample"


def guess(name: str) -> tuple[str, str, str]:
    """Patient and role that a sample's name tells (either may be empty), and the word for the role.

    >>> guess("P01-TIL-CD8"), guess("P01_T"), guess("SRR123")
    (('P01', 'immune', 'TIL'), ('P01', 'tumor', 'T'), ('', '', ''))
    """
    parts = [(m.start(), m[0]) for m in re.finditer(r"[A-Za-z0-9]+", name)]
    for role, words in ROLE_WORDS.items():
        for start, word in parts:
            plain = word.lower()
            if plain in words or plain.rstrip("0123456789") in words:
                return name[: _first_word(parts, start)].strip("._-"), role, word
    start, word = parts[-1] if parts else (0, "")
    role = _LAST_LETTERS.get(word.lower().rstrip("0123456789"), "")
    return (name[:start].strip("._-"), role, word) if role and start else ("", "", "")


def _first_word(parts: list[tuple[int, str]], end: int) -> int:
    """Place of the first word of any role, at most ``end``: the patient's name goes up to it."""
    known = {word for words in ROLE_WORDS.values() for word in words}
    return min([start for start, word in parts if word.lower() in known and start <= end] + [end])


def rows_of(paths: Iterable[str]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Rows of a sheet, and for each file with reads that is in none of them the reason."""
    files: list[_File] = []
    left_out: dict[str, str] = {}
    for path in sorted(paths):
        name = PurePath(path).name
        fastq, aligned = _FASTQ.fullmatch(name), _ALIGNED.fullmatch(name)
        if fastq and _LEFT_OUT.fullmatch(fastq[1]):
            left_out[path] = "index reads, or reads of no sample"
        elif fastq:
            files.append(_fastq(path, fastq[1]))
        elif aligned:
            files.append(_aligned(path, aligned[1]))
    lanes = _lanes(files, left_out)
    samples: dict[str, list[dict[str, str]]] = defaultdict(list)
    for name, reads in lanes:
        samples[name].append(reads)
    return [
        row for name in sorted(samples) for row in _rows_of_sample(name, samples[name], left_out)
    ], left_out


def _lanes(files: Iterable[_File], left_out: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Name of the sample and files of each lane."""
    groups: dict[tuple[str, str, str], dict[int, _File]] = defaultdict(dict)
    single: list[_File] = []
    for file in files:
        key = (str(PurePath(file.path).parent), file.sample, file.lane)
        if file.mate and file.mate not in groups[key]:
            groups[key][file.mate] = file
        else:
            single.append(file)
    lanes = []
    for (_, sample, _), mates in groups.items():
        if set(mates) == {1, 2}:
            lanes.append((sample, {"fastq_1": mates[1].path, "fastq_2": mates[2].path}))
        else:
            single += mates.values()
    paired = {name for name, _ in lanes}
    for file in single:
        # A last 1 or 2 without its mate belongs to the name, unless it is written as R1.
        plain = _FASTQ.fullmatch(PurePath(file.path).name)
        name = plain[1] if plain and file.mate and not file.surely else file.sample
        if plain and not file.mate and name in paired:
            left_out[file.path] = "single reads beside the pairs of the same name"
        else:
            lanes.append((name, {"fastq_1" if plain else "bam": file.path}))
    return lanes


def _rows_of_sample(
    name: str, lanes: list[dict[str, str]], left_out: dict[str, str]
) -> list[dict[str, str]]:
    """Rows of one sample's lanes, with patient and role guessed."""
    if len({"bam" in lane for lane in lanes}) > 1:
        left_out |= {lane["bam"]: "its sample has FASTQ files" for lane in lanes if "bam" in lane}
        lanes = [lane for lane in lanes if "bam" not in lane]
    patient, role, word = guess(name)
    sample = sample_id(name)
    notes = [f"role guessed from '{word}'" if role else "give the role"]
    notes += [] if patient else ["is the patient right?"]
    notes += ["is this one sample in several folders?"] if _folders(lanes) > 1 else []
    row = dict.fromkeys(COLUMNS, "")
    row |= {"sample": sample, "patient": sample_id(patient) if patient else sample, "role": role}
    return [row | lane | {REVIEW: "; ".join(notes)} for lane in lanes]


def _folders(lanes: Iterable[Mapping[str, str]]) -> int:
    return len({str(PurePath(path).parent) for lane in lanes for path in lane.values()})
