"""The hot loop of counting: raw BAM records to bases and indels per strand.

All coordinates here are those of the circle without the placeholder (``fold`` undone), so
that neither 3107 nor, for indels, the origin needs special care. A record passes four
steps: filters (flags, mapping quality, length), decoding onto the circle, the mismatch
filter, and joining with its mate. A read whose mate may overlap waits in a slot; slots are
looked up by a hash of the read's name.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mitotransfer import bam
from mitotransfer.bam import NIBBLE_CODES, Bytes, Int, Ints

Hashes = NDArray[np.uint64]

# What is counted about the reads, in the order of the ``stats`` array.
STATS = (
    "primary_reads",
    "primary_fragments",
    "aligned",
    "filtered_quality_check",
    "filtered_duplicate",
    "filtered_mapping_quality",
    "filtered_short",
    "filtered_mismatches",
    "used_reads",
    "overlapping_bases",
    "discordant_bases",
    "discordant_indels",
    "long_insertions",
)
(
    _READS, _FRAGMENTS, _ALIGNED, _QC_FAIL, _DUPLICATE, _LOW_MAPQ, _SHORT, _MISMATCHES, _USED,
    _OVERLAP, _DISCORDANT, _DISCORDANT_INDELS, _LONG,
) = range(13)  # fmt: skip

# Whole-number limits, in the order of the ``limits`` array.
_CIRCLE, _GAP, _MIN_MAPQ, _MIN_BASEQ, _READ_END, _MIN_LENGTH, _JOIN, _QUOTA_BIN = range(8)

WIDTH = 512  # longest span of a read that waits for its mate
MAX_INSERT = 2000
_NOTHING = 9  # in place of a base that does not count
_ALWAYS_ALLOWED = 3  # mismatches of a read

# Columns of an event (indel). ``size`` is above zero for inserted bases, below for deleted
# ones; the inserted bases are packed two bits each into two words, the first one lowest.
E_ANCHOR, E_SIZE, E_LOW, E_HIGH, E_STRAND, _E_QUALITY, _E_LEFT, _E_RIGHT = range(8)
EVENT_COLUMNS = 8
_WORD = 31  # bases in a word
HELD_EVENTS = 4

# Columns of a slot.
_S_START, _S_SPAN, _S_STRAND, _S_FIRST, _S_LAST, _S_EVENTS, _S_MATE = range(7)
SLOT_COLUMNS = 7
# Columns of a decoded read, the first seven as in a slot.
_R_SPAN, _R_MISMATCHES = 1, 7


@njit(cache=True, nogil=True)
def _hash_name(data: Bytes, start: Int, size: Int) -> np.uint64:
    """FNV-1a (Fowler, Noll and Vo) of a read's name; never 0, which means empty."""
    value = np.uint64(14695981039346656037)
    for i in range(size):
        value = (value ^ np.uint64(data[start + i])) * np.uint64(1099511628211)
    return value if value != np.uint64(0) else np.uint64(1)


@njit(cache=True, nogil=True)
def _base(data: Bytes, sequence: Int, index: Int) -> Int:
    return np.int64(NIBBLE_CODES[bam.get_base(data, sequence, index)])


@njit(cache=True, nogil=True)
def _indel(
    data: Bytes, sequence: Int, query: Int, at: Int, size: Int, codes: Bytes, event: Ints
) -> bool:
    """Describe an indel before circle position ``at``, left-normalised on the circle.

    Sets the anchor, the size, the inserted bases, and the positions that a read has to
    cover to tell that it lacks the indel. False if an insertion is too long or ambiguous.
    """
    circle = codes.shape[0]
    length = abs(size)
    anchor = at - 1
    left = np.int64(0)
    right = np.int64(0)
    low = np.int64(0)
    high = np.int64(0)
    if size < 0:
        while left < circle and (
            codes[(anchor - left) % circle] == codes[(anchor - left + length) % circle]
        ):
            left += 1
        while right < circle and (
            codes[(at + right) % circle] == codes[(at + right + length) % circle]
        ):
            right += 1
        event[_E_RIGHT] = at + right + length
    else:
        if length > 2 * _WORD:
            return False
        inserted = np.empty(2 * _WORD, np.int64)
        for i in range(length):
            inserted[i] = _base(data, sequence, query + i)
            if inserted[i] > 3:
                return False
        # Moving an insertion left by one turns its last base to the front: after ``left``
        # steps it starts at -left of the repeated insertion.
        while left < circle and (
            codes[(anchor - left) % circle] == inserted[(length - 1 - left) % length]
        ):
            left += 1
        while right < circle and codes[(at + right) % circle] == inserted[right % length]:
            right += 1
        for i in range(length):
            code = inserted[(i - left) % length]
            if i < _WORD:
                low |= code << (2 * i)
            else:
                high |= code << (2 * (i - _WORD))
        event[_E_RIGHT] = at + right
    event[E_ANCHOR] = (anchor - left) % circle
    event[E_SIZE] = size
    event[E_LOW] = low
    event[E_HIGH] = high
    event[_E_LEFT] = anchor - left
    return True


@njit(cache=True, nogil=True)
def _decode(
    data: Bytes,
    record: Int,
    start: Int,
    before: Int,
    after: Int,
    own: Bytes,
    codes: Bytes,
    limits: Ints,
    bases: Bytes,
    qualities: Bytes,
    events: Ints,
    read: Ints,
    stats: Ints,
) -> None:
    """Lay a read onto the circle: base and quality for each position of its span.

    ``bases`` gets a code 0 to 3, or _NOTHING for what does not count. ``read`` gets the
    columns of a slot and the number of mismatches against the sample's own alleles.
    """
    circle = limits[_CIRCLE]
    gap = limits[_GAP]
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    strand = np.int64(1) if bam.get_u16(data, record + bam.O_FLAG) & bam.REVERSE else np.int64(0)
    cigar = record + bam.O_NAME + name
    sequence = cigar + 4 * n_ops
    quality = sequence + ((length + 1) >> 1)
    first, last = _aligned_part(data, cigar, n_ops, length)
    # A read that goes on beyond the origin has its end there.
    low = first + max(0, limits[_READ_END] - before)
    high = last - max(0, limits[_READ_END] - after)
    floor = limits[_MIN_BASEQ]
    at = start
    query = np.int64(0)
    mismatches = np.int64(0)
    n_events = np.int64(0)
    judged_from = np.int64(-1)
    judged_to = np.int64(-2)
    for i in range(n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        size = op >> 4
        if kind == bam.MATCH or kind == bam.EQUAL or kind == bam.MISMATCH:
            inner_from = max(low - query, 0)
            inner_to = min(high - query, size)
            if inner_from < inner_to:
                if judged_from < 0:
                    judged_from = at + inner_from
                judged_to = at + inner_to - 1
            for j in range(size):
                base = _base(data, sequence, query + j)
                score = np.int64(data[quality + query + j])
                k = at - start + j
                bases[k] = _NOTHING
                qualities[k] = score
                if base < 4 and score >= floor:
                    if (own[at + j] >> base) & 1 == 0:
                        mismatches += 1
                    if j >= inner_from and j < inner_to:
                        bases[k] = base
            at += size
            query += size
        elif kind == bam.INSERTION or kind == bam.DELETION:
            taken = size if kind == bam.INSERTION else np.int64(0)
            real = size
            if kind == bam.DELETION:
                if gap >= 0 and at <= gap and _with_gap(at, size, gap):
                    real -= 1
                for j in range(real):
                    bases[at - start + j] = _NOTHING
            inside = query - low >= 0 and high - query - taken >= 0
            if real > 0 and inside and query > first and query + taken < last:
                sure = min(
                    np.int64(data[quality + query - 1]), np.int64(data[quality + query + taken])
                )
                if sure >= floor:
                    signed = real if kind == bam.INSERTION else -real
                    event = events[n_events]
                    if _indel(data, sequence, query, at, signed, codes, event):
                        event[E_STRAND] = strand
                        event[_E_QUALITY] = sure
                        n_events += 1
                    else:
                        stats[_LONG] += 1
            query += taken
            if kind == bam.DELETION:
                at += real
        elif kind == bam.SKIP:
            for j in range(size):
                bases[at - start + j] = _NOTHING
            at += size
        elif kind == bam.SOFT_CLIP:
            query += size
    read[_S_START] = start
    read[_S_SPAN] = at - start
    read[_S_STRAND] = strand
    read[_S_FIRST] = judged_from
    read[_S_LAST] = judged_to
    read[_S_EVENTS] = n_events
    read[_R_MISMATCHES] = mismatches


@njit(cache=True, nogil=True)
def _with_gap(at: Int, size: Int, gap: Int) -> bool:
    """Does a deletion of ``size`` that starts at circle position ``at`` hold the placeholder?

    ``at`` is at most ``gap``, where circle and reference coordinates are the same.
    """
    return at + size > gap


@njit(cache=True, nogil=True)
def _aligned_part(data: Bytes, cigar: Int, n_ops: Int, length: Int) -> tuple[Int, Int]:
    """Bases [first, last) of a read that lie between its clips."""
    first = np.int64(0)
    last = length
    for i in range(n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == bam.SOFT_CLIP:
            first += op >> 4
        elif op & 15 != bam.HARD_CLIP:
            break
    for i in range(n_ops - 1, -1, -1):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == bam.SOFT_CLIP:
            last -= op >> 4
        elif op & 15 != bam.HARD_CLIP:
            break
    return first, last


@njit(cache=True, nogil=True)
def _span(data: Bytes, record: Int) -> Int:
    """Reference positions that a record covers."""
    cigar = record + bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH])
    span = np.int64(0)
    for i in range(bam.get_u16(data, record + bam.O_CIGAR_LENGTH)):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        if kind != bam.INSERTION and kind < bam.SOFT_CLIP or kind >= bam.EQUAL:
            span += op >> 4
    return span


@njit(cache=True, nogil=True)
def _add_read(bases: Bytes, start: Int, span: Int, strand: Int, counts: Ints) -> None:
    for k in range(span):
        if bases[k] < 4:
            counts[start + k, np.int64(bases[k]), strand] += 1


@njit(cache=True, nogil=True)
def _join_bases(
    bases: Bytes,
    qualities: Bytes,
    read: Ints,
    held_bases: Bytes,
    held_qualities: Bytes,
    held: Ints,
    held_wins_tie: bool,
    counts: Ints,
    stats: Ints,
) -> None:
    """Count two mates as one fragment."""
    start = read[_S_START]
    span = read[_S_SPAN]
    other = held[_S_START]
    for k in range(held[_S_SPAN]):
        base = np.int64(held_bases[k])
        if base < 4 and (other + k < start or other + k >= start + span):
            counts[other + k, base, held[_S_STRAND]] += 1
    for k in range(span):
        base = np.int64(bases[k])
        z = start + k - other
        if z < 0 or z >= held[_S_SPAN] or held_bases[z] > 3:
            if base < 4:
                counts[start + k, base, read[_S_STRAND]] += 1
            continue
        held_base = np.int64(held_bases[z])
        if base > 3:
            counts[start + k, held_base, held[_S_STRAND]] += 1
            continue
        stats[_OVERLAP] += 1
        if base != held_base:
            stats[_DISCORDANT] += 1
            continue
        better = held_qualities[z] > qualities[k] or (
            held_qualities[z] == qualities[k] and held_wins_tie
        )
        counts[start + k, base, held[_S_STRAND] if better else read[_S_STRAND]] += 1


@njit(cache=True, nogil=True)
def _same_event(one: Ints, other: Ints) -> bool:
    return (
        one[E_ANCHOR] == other[E_ANCHOR]
        and one[E_SIZE] == other[E_SIZE]
        and one[E_LOW] == other[E_LOW]
        and one[E_HIGH] == other[E_HIGH]
    )


@njit(cache=True, nogil=True)
def _add_event(event: Ints, found: Ints, n_found: Int) -> Int:
    found[n_found] = event
    return n_found + 1


@njit(cache=True, nogil=True)
def _join_events(
    events: Ints,
    read: Ints,
    held_events: Ints,
    held: Ints,
    held_wins_tie: bool,
    found: Ints,
    n_found: Int,
    stats: Ints,
) -> Int:
    """Count the indels of two mates once; an indel that one of them denies not at all."""
    for i in range(held[_S_EVENTS]):
        event = held_events[i]
        match = np.int64(-1)
        for j in range(read[_S_EVENTS]):
            if _same_event(event, events[j]):
                match = j
        if match >= 0:
            better = event[_E_QUALITY] > events[match, _E_QUALITY] or (
                event[_E_QUALITY] == events[match, _E_QUALITY] and held_wins_tie
            )
            n_found = _add_event(event if better else events[match], found, n_found)
        elif read[_S_FIRST] <= event[_E_LEFT] and event[_E_RIGHT] <= read[_S_LAST]:
            stats[_DISCORDANT_INDELS] += 1
        else:
            n_found = _add_event(event, found, n_found)
    for j in range(read[_S_EVENTS]):
        event = events[j]
        match = np.int64(-1)
        for i in range(held[_S_EVENTS]):
            if _same_event(event, held_events[i]):
                match = i
        if match >= 0:
            continue
        if held[_S_FIRST] <= event[_E_LEFT] and event[_E_RIGHT] <= held[_S_LAST]:
            stats[_DISCORDANT_INDELS] += 1
        else:
            n_found = _add_event(event, found, n_found)
    return n_found


@njit(cache=True, nogil=True)
def _add_slot(
    slot: Int,
    slots: Ints,
    slot_bases: Bytes,
    slot_events: Ints,
    counts: Ints,
    found: Ints,
    n_found: Int,
) -> Int:
    """Count a waiting read by itself."""
    held = slots[slot]
    _add_read(slot_bases[slot], held[_S_START], held[_S_SPAN], held[_S_STRAND], counts)
    for i in range(held[_S_EVENTS]):
        n_found = _add_event(slot_events[slot, i], found, n_found)
    return n_found


@njit(cache=True, nogil=True)
def _find(table: Hashes, key: np.uint64) -> Int:
    """Where a key stands in the table, or the empty place where it belongs."""
    mask = np.int64(table.shape[0] - 1)
    i = np.int64(key >> np.uint64(20)) & mask
    while table[i] != np.uint64(0) and table[i] != key:
        i = (i + 1) & mask
    return i


@njit(cache=True, nogil=True)
def release(
    before: Int,
    table: Hashes,
    places: Ints,
    keys: Hashes,
    slots: Ints,
    slot_bases: Bytes,
    slot_events: Ints,
    free: Ints,
    counts: Ints,
    found: Ints,
) -> tuple[Int, Int]:
    """Count waiting reads that end before a position, since no mate can come; tidy up.

    Returns:
        How many slots are free, and how many events there are in ``found``.
    """
    table[:] = np.uint64(0)
    n_free = np.int64(0)
    n_found = np.int64(0)
    for s in range(slots.shape[0]):
        if keys[s] != np.uint64(0) and slots[s, _S_START] + slots[s, _S_SPAN] <= before:
            n_found = _add_slot(s, slots, slot_bases, slot_events, counts, found, n_found)
            keys[s] = np.uint64(0)
        if keys[s] == np.uint64(0):
            free[n_free] = s
            n_free += 1
        else:
            i = _find(table, keys[s])
            table[i] = keys[s]
            places[i] = s
    return n_free, n_found


@njit(cache=True, nogil=True)
def count_records(
    data: Bytes,
    offsets: Ints,
    begin: Int,
    count: Int,
    own: Bytes,
    codes: Bytes,
    limits: Ints,
    max_mismatches_per_100: float,
    quota: Ints,
    table: Hashes,
    places: Ints,
    keys: Hashes,
    slots: Ints,
    slot_bases: Bytes,
    slot_qualities: Bytes,
    slot_events: Ints,
    free: Ints,
    n_free: Int,
    counts: Ints,
    found: Ints,
    inserts: Ints,
    stats: Ints,
) -> tuple[Int, Int, Int]:
    """Count records ``begin`` to ``count`` of a coordinate-sorted chunk.

    Args:
        own: bit mask per position of the alleles that are the sample's own.
        limits: see the constants above; ``_JOIN`` 0 counts mates as if they were single.
        quota: reads still wanted per bin of start positions.
        counts: int64, shape (circle, 4, 2), added to.
        found: events, shape (n, EVENT_COLUMNS), written from the start.
        inserts: histogram of insert sizes, added to.

    Returns:
        The next record (before ``count`` when ``found`` is full), the number of free slots
        and the number of events.
    """
    circle = limits[_CIRCLE]
    gap = limits[_GAP]
    bases = np.empty(2 * circle, np.uint8)
    qualities = np.empty(2 * circle, np.uint8)
    read = np.zeros(8, np.int64)
    room = np.int64(256)
    events = np.empty((room, EVENT_COLUMNS), np.int64)
    n_found = np.int64(0)
    for r in range(begin, count):
        record = offsets[r]
        flag = bam.get_u16(data, record + bam.O_FLAG)
        primary = flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0
        if primary:
            stats[_READS] += 1
            if flag & bam.READ2 == 0:
                stats[_FRAGMENTS] += 1
        if flag & (bam.UNMAPPED | bam.SECONDARY) or bam.get_i32(data, record + bam.O_REF) != 0:
            continue
        name = np.int64(data[record + bam.O_NAME_LENGTH])
        n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
        if n_found + n_ops + 4 * HELD_EVENTS > found.shape[0]:
            if primary:
                stats[_READS] -= 1
                if flag & bam.READ2 == 0:
                    stats[_FRAGMENTS] -= 1
            return r, n_free, n_found
        length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
        cigar = record + bam.O_NAME + name
        tags = cigar + 4 * n_ops + ((length + 1) >> 1) + length
        end = record + 4 + bam.get_i32(data, record)
        start = bam.get_i32(data, record + bam.O_POS)
        span = _span(data, record)
        before = np.int64(0)
        after = np.int64(0)
        if not primary:
            before = bam.get_int_tag(data, bam.find_tag(data, tags, end, 89, 66))
            if before == 0:
                continue  # a chimeric part, not the other half of a read across the origin
        elif start + span + 2 * WIDTH > circle:
            after = bam.get_int_tag(data, bam.find_tag(data, tags, end, 89, 65))
        if primary:
            stats[_ALIGNED] += 1
        if flag & bam.QC_FAIL:
            stats[_QC_FAIL] += primary
            continue
        if flag & bam.DUPLICATE:
            stats[_DUPLICATE] += primary
            continue
        if np.int64(data[record + bam.O_MAPQ]) < limits[_MIN_MAPQ]:
            stats[_LOW_MAPQ] += primary
            continue
        first, last = _aligned_part(data, cigar, n_ops, length)
        aligned = last - first
        if before + aligned + after < limits[_MIN_LENGTH]:
            stats[_SHORT] += primary
            continue
        mate = bam.get_i32(data, record + bam.O_MATE_POS)
        if gap >= 0:
            start -= np.int64(1) if start > gap else np.int64(0)
            mate -= np.int64(1) if mate > gap else np.int64(0)
        bin_number = start // limits[_QUOTA_BIN]
        if quota[bin_number] <= 0:
            continue
        if n_ops > room:
            room = n_ops
            events = np.empty((room, EVENT_COLUMNS), np.int64)
        _decode(
            data, record, start, before, after, own, codes, limits, bases, qualities, events,
            read, stats,
        )  # fmt: skip
        allowed = max(_ALWAYS_ALLOWED, np.int64(max_mismatches_per_100 * aligned / 100))
        if read[_R_MISMATCHES] > allowed:
            stats[_MISMATCHES] += primary
            continue
        quota[bin_number] -= 1
        if primary:
            stats[_USED] += 1
            template = bam.get_i32(data, record + bam.O_TEMPLATE)
            if template > 0 and flag & bam.PROPER and template < inserts.shape[0]:
                inserts[template] += 1

        span = read[_R_SPAN]
        paired = flag & bam.PAIRED and flag & (bam.MATE_UNMAPPED | bam.UNMAPPED) == 0
        # The mates of a fragment can meet where they stand side by side, and just after
        # the origin, where the second halves of split reads are.
        beside = abs(mate - start) < WIDTH or start < WIDTH
        n_events = read[_S_EVENTS]
        if (
            limits[_JOIN] == 0
            or not paired
            or not beside
            or span > WIDTH
            or n_events > HELD_EVENTS
            or bam.get_i32(data, record + bam.O_MATE_REF) != 0
        ):
            _add_read(bases, start, span, read[_S_STRAND], counts)
            for i in range(n_events):
                n_found = _add_event(events[i], found, n_found)
            continue
        key = _hash_name(data, record + bam.O_NAME, name - 1)
        place = _find(table, key)
        slot = places[place] if table[place] != np.uint64(0) else np.int64(-1)
        if slot >= 0 and start >= slots[slot, _S_START] + slots[slot, _S_SPAN]:
            # Its mate did not come: a part at the start of the genome, this one at the end.
            n_found = _add_slot(slot, slots, slot_bases, slot_events, counts, found, n_found)
            keys[slot] = np.uint64(0)
            free[n_free] = slot
            n_free += 1
            slot = np.int64(-1)
        if slot >= 0:
            # Which mate wins a tie depends on the name alone, not on the order in the file.
            winner = bam.READ1 if (key >> np.uint64(7)) & np.uint64(1) else bam.READ2
            wins = slots[slot, _S_MATE] & winner != 0
            _join_bases(
                bases, qualities, read, slot_bases[slot], slot_qualities[slot], slots[slot],
                wins, counts, stats,
            )  # fmt: skip
            n_found = _join_events(
                events, read, slot_events[slot], slots[slot], wins, found, n_found, stats
            )
            keys[slot] = np.uint64(0)
            places[place] = -1
            free[n_free] = slot
            n_free += 1
            continue
        later = start <= mate < start + span
        across = start < WIDTH and (mate > circle - WIDTH or not primary)
        if later or across:
            n_free -= 1
            slot = free[n_free]
            table[place] = key
            places[place] = slot
            keys[slot] = key
            slots[slot, :SLOT_COLUMNS] = read[:SLOT_COLUMNS]
            slots[slot, _S_MATE] = flag & (bam.READ1 | bam.READ2)
            slot_bases[slot, :span] = bases[:span]
            slot_qualities[slot, :span] = qualities[:span]
            slot_events[slot, :n_events] = events[:n_events]
        else:
            _add_read(bases, start, span, read[_S_STRAND], counts)
            for i in range(n_events):
                n_found = _add_event(events[i], found, n_found)
    return np.int64(count), n_free, n_found
