"""A bundle made of a GenBank record: its sequence, genes, genetic code, and empty tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from mitotransfer.arrays import Bytes, Int
from mitotransfer.compiled import njit
from mitotransfer.genome import bundle_check, reference
from mitotransfer.genome.facts import read_facts
from mitotransfer.genome.genbank import Record

_STRETCH = 60
_CODONS = [a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"]
_AMINO_ACIDS = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His",
    "I": "Ile", "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln",
    "R": "Arg", "S": "Ser", "T": "Thr", "V": "Val", "W": "Trp", "Y": "Tyr", "*": "Ter",
}  # fmt: skip
#: Header and first line of the tables that are not in a GenBank record.
EMPTY = {
    "artefacts.tsv": "start\tend\tkind\teffect\tsource\n",
    "hotspots.tsv": "pos\toccurrences\tsource\n",
    "indel_hotspots.tsv": "start\tend\tsource\n",
    "numts.tsv": "pos\tref\tallele\tsource\n",
}
_NOT_KNOWN = "# Not known: the record of the genome does not tell.\n"
_USUAL_NAMES = ("chrM", "M", "MT", "chrMT", "mito", "mtDNA")


@dataclass(frozen=True)
class Names:
    """Names of a bundle, its species in plain words, and of its contig in files of users."""

    name: str
    species: str
    contigs: Sequence[str] = ()


def write(record: Record, names: Names, folder: Path) -> None:
    """Write a bundle; tables that the folder has already are kept, those of the record made again.

    Raises:
        ValueError: if the genetic code is not among the tables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [record.sequence[k : k + 70] for k in range(0, len(record.sequence), 70)]
    fasta = f">{record.accession} {record.organism}\n" + "\n".join(lines) + "\n"
    (folder / "genome.fasta").write_text(fasta, encoding="ascii")
    (folder / "codons.tsv").write_text(_codons(record.genetic_code), encoding="ascii")
    (folder / "genes.tsv").write_text(_genes(record), encoding="utf-8")
    (folder / "rna_sites.tsv").write_text(_rna_sites(record), encoding="utf-8")
    for table, header in EMPTY.items():
        if not (folder / table).is_file():
            (folder / table).write_text(_NOT_KNOWN + header, encoding="ascii")
    facts = _facts(record, names)
    (folder / "bundle.yaml").write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
    update(folder)


def update(folder: Path) -> None:
    """Write the checksums of a bundle's files into its ``bundle.yaml``; all else stays as it is."""
    path = folder / "bundle.yaml"
    kept = path.read_text(encoding="utf-8").partition("\nfiles:")[0]
    files = ("genome.fasta", *bundle_check.TABLES)
    sums = "".join(f"  {name}: {bundle_check.sha256(folder / name)}\n" for name in sorted(files))
    path.write_text(f"{kept.rstrip()}\nfiles:\n{sums}", encoding="utf-8")


def _facts(record: Record, names: Names) -> Mapping[str, object]:
    sequence = record.sequence
    contigs = {name.lower() for name in (*_USUAL_NAMES, record.accession, *names.contigs)}
    contigs.add(record.accession.partition(".")[0].lower())
    placeholder = sequence.find("N") + 1
    return {
        "name": names.name,
        "species": names.species,
        "scientific_name": record.organism,
        "assembly": record.accession,
        "accession": record.accession,
        "length": len(sequence),
        "m5": reference.checksum(sequence),
        "placeholder": placeholder or None,
        "contig": "chrM",
        "contig_names": sorted(contigs),
        "contig_lengths": [len(sequence)],
        "genetic_code": record.genetic_code,
        "stretch_differences": stretch_differences(sequence),
        "gene_prefix": _prefix(record),
        "split_tract": None,
        "origins": None,
    }


def _prefix(record: Record) -> str:
    """What the names of all genes start with, up to a dash."""
    names = [gene.name for gene in record.genes if gene.kind != "control"]
    found = {name.partition("-")[0] for name in names if "-" in name}
    return f"{found.pop()}-" if len(found) == 1 and all("-" in name for name in names) else ""


def _genes(record: Record) -> str:
    prefix = _prefix(record)
    rows = ["name\tstart\tend\tstrand\tkind\tamino_acid"]
    for gene in record.genes:
        name = prefix + gene.name if gene.kind == "control" else gene.name
        acid = record.amino_acids.get(gene.name, "")
        rows.append(f"{name}\t{gene.start}\t{gene.end}\t{gene.strand}\t{gene.kind}\t{acid}")
    return "\n".join(rows) + "\n"


def _rna_sites(record: Record) -> str:
    """The ninth positions of tRNAs, which RNA has modified."""
    source = "Hodgkinson et al. 2014, doi 10.1126/science.1251110, in human"
    trnas = [gene for gene in record.genes if gene.kind == "tRNA" and gene.start < gene.end]
    ninth = sorted(gene.start + 8 if gene.strand == "+" else gene.end - 8 for gene in trnas)
    rows = [f"{pos}\tposition 9 of a tRNA\t{source}" for pos in ninth]
    return "\n".join(["pos\tkind\tsource", *rows]) + "\n"


def _codons(table: int) -> str:
    path = reference.resource("genetic_codes.tsv")
    rows = {row["table"]: row for row in read_facts(path, ["table", "amino_acids", "starts"])}
    if str(table) not in rows:
        raise ValueError(f"genetic code {table} is not one of {', '.join(rows)}")
    row = rows[str(table)]
    starts = row["starts"].split(",")
    lines = ["codon\tamino_acid\tstart"]
    for codon, acid in zip(_CODONS, row["amino_acids"], strict=True):
        lines.append(f"{codon}\t{_AMINO_ACIDS[acid]}\t{'yes' if codon in starts else 'no'}")
    return "\n".join(lines) + "\n"


@njit
def _least(codes: Bytes, others: Bytes, first: Int) -> Int:
    """Least number of differences between stretches of two circles, moved by ``first`` or more."""
    size = codes.shape[0]
    least = np.int64(_STRETCH)
    for shift in range(first, size):
        differences = np.int64(0)
        for i in range(size + _STRETCH):
            differences += codes[i % size] != others[(i + shift) % size]
            if i >= _STRETCH:
                j = i - _STRETCH
                differences -= codes[j % size] != others[(j + shift) % size]
            if i >= _STRETCH - 1:
                least = min(least, differences)
    return least


def stretch_differences(sequence: str) -> int:
    """``Facts.stretch_differences`` of a sequence."""
    codes = reference.encode(sequence.replace("N", ""))
    turned = (3 - codes[::-1]).astype(np.uint8)
    return int(min(_least(codes, codes, 1), _least(codes, turned, 0)))
