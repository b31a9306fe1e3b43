"""What the first and last bytes of a file show, before anything runs.

A few kilobytes of each file are read, and the headers of BAM, CRAM and VCF. So the checks take a
few milliseconds a file. What lies in between is found when the reads are counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from mitotransfer.genome.reference import Facts

#: Bytes read from the start of a file.
START = 1 << 16
_EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
#: Compression that is not looked into here.
_OTHER_PACKED = (b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_OTHER_FILES = {
    b"PK\x03\x04": "is a ZIP archive or an Excel workbook: unpack it",
    b"NCBI.sra": "is an SRA archive: convert it with fasterq-dump",
    b">": "is FASTA, without qualities: give FASTQ",
}
_SAM_LINES = (b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t", b"@CO\t")
#: The size that a gzip file names in its last bytes is doubtful from this multiple of that expected
#: by its start.
_TOO_LARGE = 5


class Kind(Enum):
    """What follows from a finding."""

    MISTAKE = "of the sheet: nothing runs"
    FAULT = "the sample ends as failed_qc"
    DOUBT = "the file is read"


@dataclass(frozen=True)
class Look:
    """What a look into a file shows.

    Attributes:
        found: kinds of findings with their messages.
        record: the first record of a FASTQ file, as far as it was read.
        contigs: of a BAM or CRAM file, or of the first records of a VCF.
        indexed: whether a BAM or CRAM file has an index.
    """

    found: tuple[tuple[Kind, str], ...] = ()
    record: tuple[bytes, ...] = ()
    contigs: frozenset[str] = field(default=frozenset(), repr=False)
    indexed: bool = False

    @property
    def words(self) -> list[str]:
        """Words of the first read's name."""
        return self.record[0].decode("ascii", "replace").split() if self.record else []


def _fault(message: str) -> Look:
    return Look(((Kind.FAULT, message),))


def _mistake(message: str) -> Look:
    return Look(((Kind.MISTAKE, message),))


def _unpacked(raw: bytes) -> bytes:
    """The content of the start of a gzip file.

    Raises:
        zlib.error: if it is damaged.
    """
    text, left = b"", raw
    while left.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(31)
        text += member.decompress(left)
        if not member.eof:
            break
        left = member.unused_data
    return text


def _ends_inside(raw: bytes) -> bool:
    """Whether a whole gzip file ends inside a member; bytes after the last one do not count."""
    left = raw
    while left.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(31)
        member.decompress(left)
        if not member.eof:
            return True
        left = member.unused_data
    return False


def _end_doubt(path: str, size: int, raw: bytes, text: bytes) -> str:
    """Why the end of a large gzip file looks cut; empty if it does not."""
    with open(path, "rb") as handle:
        handle.seek(size - len(_EOF_BLOCK))
        end = handle.read()
    if raw[12:16] == b"BC\x02\x00":  # bgzip
        return "" if end == _EOF_BLOCK else "its bgzip end-of-file block is missing"
    expected = size * len(text) / len(raw)
    told = int.from_bytes(end[-4:], "little")
    wraps = expected * _TOO_LARGE >= 2**32
    return (
        "its last bytes are not the end of a gzip file"
        if not wraps and (told > expected * _TOO_LARGE)
        else ""
    )


def look_at_fastq(path: str) -> Look:
    """The first record of a FASTQ file, and what is wrong with the file."""
    size = Path(path).stat().st_size
    with open(path, "rb") as handle:
        raw = handle.read(START)
    whole = size == len(raw)
    if not raw:
        return _fault(f"'{path}' is an empty file")
    for magic, message in _OTHER_FILES.items():
        if raw.startswith(magic):
            return _fault(f"'{path}' {message}")
    if raw.startswith(_OTHER_PACKED):
        return Look()
    text, found = raw, []
    if raw.startswith(b"\x1f\x8b"):
        try:
            text = _unpacked(raw)
            cut = whole and _ends_inside(raw)
        except zlib.error as error:
            return _fault(f"'{path}' is damaged ({error}): copy it again")
        if cut:
            return _fault(f"'{path}' is truncated inside its gzip data: copy it again")
        if not whole and text and (doubt := _end_doubt(path, size, raw, text)):
            found.append((Kind.DOUBT, f"'{path}' may be truncated: {doubt}"))
    if raw.startswith(b"CRAM") or text.startswith((b"BAM\1", *_SAM_LINES)):
        return _mistake(f"'{path}' is no FASTQ but BAM, CRAM or SAM: give it in column bam")
    if not text.strip():
        return _fault(f"no reads in '{path}'") if whole else Look()
    lines = text.split(b"\n", 4)
    complete = len(lines) == 5 or (whole and len(lines) == 4)
    record = tuple(line.rstrip(b"\r") for line in lines[:4])
    if wrong := _wrong_record(record, complete, whole):
        return _fault(f"'{path}' is no FASTQ: {wrong}")
    return Look(tuple(found), record)


def _wrong_record(record: tuple[bytes, ...], complete: bool, whole: bool) -> str:
    """What is wrong with the first record; empty for a good one, or one that was not read whole."""
    if not record[0].startswith(b"@"):
        shown = record[0][:20].decode("ascii", "replace")
        return f"expected '@' and a read name in its first line, found '{shown}'"
    if not complete:
        return "the file ends inside its first record" if whole else ""
    if not record[2].startswith(b"+"):
        return "its third line does not start with '+'"
    if len(record[1]) != len(record[3]):
        return f"its first read has {len(record[1])} bases but {len(record[3])} qualities"
    return ""


def look_at_nuclear(path: str, facts: Facts) -> Look:
    """The same as ``look_at_alignments``, of a file whose mitochondrial reads are not used."""
    return look_at_alignments(path, facts, mitochondrial=False)


def look_at_alignments(path: str, facts: Facts, *, mitochondrial: bool = True) -> Look:
    """The header and the index of a BAM or CRAM file, and what is wrong with the file."""
    import pysam  # takes 0.1 s; jobs do not look at files

    with open(path, "rb") as handle:
        raw = handle.read(START)
    if not raw:
        return _fault(f"'{path}' is an empty file")
    try:
        text = _unpacked(raw) if raw.startswith(b"\x1f\x8b") else raw
    except zlib.error:
        text = b""
    if text.startswith(b"@") and not text.startswith(_SAM_LINES):
        return _mistake(f"'{path}' is FASTQ: give it in column fastq_1")
    quiet = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(path, check_sq=False) as source:
            return _of_header(path, source, facts if mitochondrial else None)
    except (OSError, ValueError, LookupError, NotImplementedError) as error:
        reason = str(error)
        if "truncated" in reason.lower() or "EOF" in reason:
            return _fault(f"'{path}' is truncated: copy it again")
        return _fault(f"'{path}' is no readable BAM or CRAM file: {reason}")
    finally:
        pysam.set_verbosity(quiet)


def _of_header(path: str, source: Any, facts: Facts | None) -> Look:
    lengths = dict(zip(source.references, source.lengths, strict=True))
    found = _mitochondrial_findings(path, source, lengths, facts) if facts else []
    groups = source.header.to_dict().get("RG", [])
    names = sorted({group["SM"] for group in groups if "SM" in group})
    if len(names) > 1:
        message = f"'{path}' holds reads of several samples ({', '.join(names[:5])}): split it"
        found.append((Kind.FAULT, message))
    return Look(tuple(found), (), frozenset(lengths), source.has_index())


def _mitochondrial_findings(
    path: str, source: Any, lengths: Mapping[str, int], facts: Facts
) -> list[tuple[Kind, str]]:
    found = []
    mitochondrial = [name for name in lengths if name.lower() in facts.contig_names]
    sized = [name for name, length in lengths.items() if length in facts.contig_lengths]
    if lengths and not mitochondrial and len(sized) != 1:
        message = (
            f"'{path}' has no mitochondrial contig (chrM, MT, M, {facts.accession}): give a file "
        )
        found.append((Kind.FAULT, f"{message}aligned to a genome that has one, or FASTQ"))
    for name in mitochondrial:
        if lengths[name] not in facts.contig_lengths:
            message = (
                f"contig {name} of '{path}' has {lengths[name]} bases, unlike {facts.species} mtDNA"
            )
            found.append((Kind.DOUBT, message))
    if mitochondrial and not source.is_cram and source.has_index():
        counted = {one.contig: one.mapped for one in source.get_index_statistics()}
        if not any(counted.get(name) for name in mitochondrial):
            found.append((Kind.DOUBT, f"'{path}' has no mitochondrial reads, by its index"))
    return found


def look_at_vcf(path: str) -> Look:
    """Whether a VCF can be read, and the contig of its first record."""
    import pysam

    quiet = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(path) as source:
            first = next(iter(source), None)
    except (OSError, ValueError, LookupError, NotImplementedError) as error:
        return _fault(f"'{path}' is no readable VCF: {error}")
    finally:
        pysam.set_verbosity(quiet)
    if first is None:
        return _fault(f"'{path}' has no variants: give the tumour's somatic nuclear SNVs")
    return Look(contigs=frozenset([first.contig]))


def in_contigs(contigs: Iterable[str], known: frozenset[str]) -> bool:
    """Whether contigs are among the known ones, with or without ``chr``."""
    plain = {name.removeprefix("chr") for name in known}
    return all(name.removeprefix("chr") in plain for name in contigs)


def mate(words: list[str]) -> int:
    """The mate (1 or 2) that the words of a read's name tell; 0 if they tell none.

    >>> mate(["r", "2:N:0:AC"]), mate(["r/1"]), mate(["SRR1.1"])
    (2, 1, 0)
    """
    if len(words) > 1 and words[1][:2] in ("1:", "2:"):
        return int(words[1][0])
    if words and words[0][-2:] in ("/1", "/2"):
        return int(words[0][-1])
    return 0


def are_mates(one: list[str], other: list[str]) -> bool:
    """Whether two names are of one fragment: equal, or different by a last 1 and 2.

    >>> are_mates(["@r.1"], ["@r.2"]), are_mates(["@r1"], ["@s1"]), are_mates(["@r"], ["@r"])
    (True, False, True)
    """
    if not (one and other):
        return True
    a, b = one[0], other[0]
    return a == b or (len(a) == len(b) and a[:-1] == b[:-1] and {a[-1], b[-1]} == {"1", "2"})
