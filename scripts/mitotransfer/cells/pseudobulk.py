"""The cells of one role as a sample: counted like a bulk library, so that all later steps apply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from mitotransfer.cells.bam_stream import mitochondrial_records
from mitotransfer.cells.barcodes import Known
from mitotransfer.cells.counting import Library, longest_read, short_read_rules
from mitotransfer.cells.first_copies import FirstCopies
from mitotransfer.cells.kernel import tags_of
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Counter
from mitotransfer.counts.records import limits_of
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_header import Totals

# Records counted at once, as for a bulk library.
_CHUNK = 4096


def count_group(
    library: Library, cells: Collection[str], name: str, reference: Reference, rules: Counting
) -> Counted:
    """Counts of the cells of a group, each molecule of a cell once.

    Counts of groups add up to the counts of all their cells.

    Args:
        cells: barcodes of the group.
        name: of the sample that the group makes.
    """
    known = Known(sorted(set(cells)), more=False)
    members = np.ones(len(known.texts), np.bool_)
    counter: Counter | None = None
    selection: FirstCopies | None = None
    for records in mitochondrial_records(library.path, reference):
        if counter is None or selection is None:
            rules = short_read_rules(rules, longest_read(records))
            counter = Counter(reference, rules)
            limits = limits_of(rules, Circle.of(reference), skip_duplicates=False)
            tags = tags_of(library.barcode_tag, library.umi_tag)
            selection = FirstCopies(tags, known.table, members, limits)
        for chunk in selection.select(records).chunks(_CHUNK):
            counter.feed(chunk)
    totals = Totals()
    if counter is None or selection is None:
        return Counter(reference, rules).counts(name, totals)
    totals.reads, totals.fragments = selection.reads, selection.fragments
    totals.duplicates = selection.copies
    counted = counter.counts(name, totals)
    return replace(counted, meta=counted.meta | {"cells": len(known.texts)})
