"""Fragments behind each informative variant, up to 40 a sample; and a session of IGV."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from xml.sax.saxutils import quoteattr

from pysam import AlignedSegment, AlignmentFile

from mitotransfer.genome.junction_alleles import end_of
from mitotransfer.inputs.settings import Counting
from mitotransfer.table_files import TRUE

Item = TypeVar("Item")

CONTIG = "chrM"
#: Fragments of a sample that are shown, of these with the allele, and variants of an immune sample.
MAX_FRAGMENTS, MAX_ALT, MAX_VARIANTS = 40, 20, 12
#: Longer fragments are taken for reads across the origin: their ends are not known here.
LONGEST = 2000
#: Bases on each side of a variant that IGV opens with.
AROUND = 100
#: Records that are never shown: unaligned, secondary, of bad quality, duplicates.
SKIPPED = 0x4 | 0x100 | 0x200 | 0x400


@dataclass(frozen=True)
class Fragment:
    """A fragment that covers a position; start and end are 0-based, half-open."""

    start: int
    end: int
    strand: str
    base: str
    quality: int


def shown_variants(
    evidence: Iterable[Mapping[str, str]], kind: str = "SNV"
) -> list[tuple[int, str, str]]:
    """Position, reference and alternative of the variants that are shown, by position.

    Of each immune sample the ``MAX_VARIANTS`` usable ones of highest VAF in the tumour.

    Args:
        evidence: rows of ``evidence_table.EVIDENCE``.
        kind: type of the variants.
    """
    by_sample: dict[str, list[Mapping[str, str]]] = {}
    for row in evidence:
        if row["type"] == kind and row["usable"] == TRUE:
            by_sample.setdefault(row["sample"], []).append(row)
    return sorted(
        {
            (int(row["pos"]), row["ref"], row["alt"])
            for own in by_sample.values()
            for row in sorted(own, key=_tumor_vaf, reverse=True)[:MAX_VARIANTS]
        }
    )


def _tumor_vaf(row: Mapping[str, str]) -> float:
    alt, depth = (
        sum(int(row[f"tumor_{kind}_{strand}"]) for strand in ("forward", "reverse"))
        for kind in ("alt", "depth")
    )
    return alt / max(depth, 1)


def base_index(read: AlignedSegment, pos: int) -> int | None:
    """Index in the read of the base aligned to a position; None where there is none."""
    query, place = 0, read.reference_start
    for operation, length in read.cigartuples or ():
        if operation in (0, 7, 8):
            if place <= pos < place + length:
                return query + pos - place
            query, place = query + length, place + length
        elif operation in (1, 4):
            query += length
        elif operation in (2, 3):
            place += length
    return None


def fragments_at(
    bam: AlignmentFile, positions: Sequence[int], filters: Counting
) -> Iterator[list[Fragment]]:
    """The fragments with a base that counts, in order of their start, at each of some positions.

    Mates that both cover a position give one base, and none where they disagree. One pass serves
    all positions: a window of the file's index is as long as mtDNA.

    Args:
        positions: 0-based, ascending.
    """
    found: list[dict[str, Fragment | None]] = [{} for _ in positions]
    done = 0
    for read in bam.fetch(CONTIG, positions[0], positions[-1] + 1) if positions else ():
        while positions[done] < read.reference_start:
            yield _in_order(found[done])
            found[done], done = {}, done + 1
        end = read.reference_end or 0
        if end <= positions[done] or read.flag & SKIPPED:
            continue
        if read.mapping_quality < filters.min_mapping_quality:
            continue
        for place in range(done, bisect_left(positions, end)):
            own, others = _fragment(read, positions[place], filters), found[place]
            name = str(read.query_name)
            if own is not None:
                others[name] = _joined(others[name], own) if name in others else own
    yield from map(_in_order, found[done:])


def _fragment(read: AlignedSegment, pos: int, filters: Counting) -> Fragment | None:
    """What a read shows at a position; None where its base does not count."""
    at = base_index(read, pos)
    if at is None:
        return None
    quality = int(read.query_qualities[at]) if read.query_qualities else 0
    edge = min(pos - read.reference_start, int(read.reference_end or pos) - 1 - pos)
    if quality < filters.min_base_quality or edge < filters.read_end:
        return None
    strand = "-" if read.is_reverse else "+"
    return Fragment(*_extent(read), strand, str(read.query_sequence)[at].upper(), quality)


def _joined(mate: Fragment | None, own: Fragment) -> Fragment | None:
    """Of mates with one base the one of better quality."""
    if mate is None or mate.base != own.base:
        return None
    return max(mate, own, key=lambda one: one.quality)


def _in_order(found: Mapping[str, Fragment | None]) -> list[Fragment]:
    kept = [one for one in found.values() if one is not None]
    return sorted(kept, key=lambda one: (one.start, one.end, one.strand, one.base))


def _extent(read: AlignedSegment) -> tuple[int, int]:
    """Start and end of a read's fragment; those of the read where its mate does not tell."""
    start, end = read.reference_start, int(read.reference_end or read.reference_start + 1)
    size = abs(read.template_length)
    if read.is_proper_pair and 0 < size <= LONGEST:
        first = min(start, read.next_reference_start)
        return first, max(end, first + size)
    return start, end


def choose(fragments: Sequence[Fragment], alt: str) -> list[Fragment]:
    """Up to ``MAX_FRAGMENTS`` of them, evenly from the list: half with the allele, if there are."""
    with_alt = [one for one in fragments if one.base == alt]
    others = [one for one in fragments if one.base != alt]
    n_alt = min(len(with_alt), max(MAX_ALT, MAX_FRAGMENTS - len(others)))
    n_others = min(len(others), MAX_FRAGMENTS - n_alt)
    return [*evenly(with_alt, n_alt), *evenly(others, n_others)]


def evenly(items: Sequence[Item], n: int) -> list[Item]:
    """``n`` of the items, evenly from the list."""
    return [items[k * len(items) // n] for k in range(n)]


def rows(
    bam: AlignmentFile, variants: Sequence[tuple[int, str, str]], filters: Counting
) -> list[dict[str, Any]]:
    """Rows of ``reads.tsv`` of one sample, without patient, sample and role.

    Args:
        variants: by position.
    """
    found: list[dict[str, Any]] = []
    # A sample that failed has no reads.
    asked = variants if CONTIG in bam.references else ()
    everywhere = fragments_at(bam, [pos - 1 for pos, _, _ in asked], filters)
    for (pos, ref, alt), fragments in zip(asked, everywhere, strict=True):
        numbers = sum(one.base == alt for one in fragments), len(fragments)
        shown = choose(fragments, alt)
        found += [row((pos, ref, alt), numbers, one, one.base) for one in shown]
    return found


class Shown(Protocol):
    """What a row says of any fragment or read; start and end are 0-based, half-open."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def strand(self) -> str: ...
    @property
    def quality(self) -> int: ...


def row(
    variant: tuple[int, str, str],
    numbers: tuple[int, int],
    read: Shown,
    base: str,
    *,
    bases: str = "",
    qualities: str = "",
) -> dict[str, Any]:
    """A row of ``reads.tsv``, without patient, sample and role.

    Args:
        numbers: fragments with the variant, and all.
        base, bases, qualities: as the columns have them.
    """
    return {
        **dict(zip(("pos", "ref", "alt"), variant, strict=True)),
        **dict(zip(("alt_fragments", "fragments"), numbers, strict=True)),
        "start": read.start + 1,
        "end": read.end,
        "strand": read.strand,
        "base": base,
        "quality": read.quality,
        "bases": bases,
        "qualities": qualities,
    }


def igv_session(
    patient: str,
    genome: str,
    files: Mapping[str, str],
    variants: Sequence[tuple[int, str, str]],
) -> str:
    """A session of IGV with the samples' files, at the first variant; all variants as regions.

    A junction has a region at each of its ends.

    Args:
        genome: path of the genome's FASTA, relative to the session. IGV has names for the usual
            genomes only, and loads those from the network.
        files: path of each file, relative to the session, and the name of its track.
    """
    first = variants[0][0] if variants else 1
    locus = f"{CONTIG}:{max(first - AROUND, 1)}-{first + AROUND}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        f'<Session genome={quoteattr(genome)} locus={quoteattr(locus)} version="8">',
        "  <Resources>",
        *(
            f"    <Resource path={quoteattr(path)} name={quoteattr(name)}/>"
            for path, name in files.items()
        ),
        "  </Resources>",
        "  <Regions>",
        *(
            f'    <Region chromosome="{CONTIG}" start="{pos - 1}" end="{pos}" '
            f"description={quoteattr(f'{patient} {told}')}/>"
            for variant in variants
            for pos, told in _regions(*variant)
        ),
        "  </Regions>",
        "</Session>",
        "",
    ]
    return "\n".join(lines)


def _regions(pos: int, ref: str, alt: str) -> list[tuple[int, str]]:
    """Positions of a variant that are regions, and what each is."""
    end = end_of(alt)
    if end is None:
        return [(pos, f"m.{pos}{ref}>{alt}")]
    told = f"junction of {pos} and {end}"
    return [(pos, f"{told}, last base before it"), (end, f"{told}, first base after it")]
