"""Error rates of a sample, fitted once for equal counts: the fit takes most of many tests' time."""

from __future__ import annotations

import hashlib

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors import sample_errors
from mitotransfer.errors.sample_errors import SampleErrors

_FITTED: dict[bytes, SampleErrors] = {}


def errors_of(counts: Counts) -> SampleErrors:
    """``sample_errors.estimate_errors``, which depends on the bases alone."""
    key = hashlib.sha256(counts.bases.tobytes()).digest()
    if key not in _FITTED:
        _FITTED[key] = sample_errors.estimate_errors(counts)
    return _FITTED[key]
