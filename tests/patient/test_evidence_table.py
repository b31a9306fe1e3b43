"""The table of the evidence serves steps that need no pandas."""

from __future__ import annotations

import subprocess
import sys

from places import SCRIPTS

from mitotransfer.inputs.columns import ROLES
from mitotransfer.patient.evidence_table import COUNT_KINDS, EVIDENCE


def test_each_role_has_all_counts_side_by_side():
    first = EVIDENCE.names.index("tumor_alt_forward")
    expected = [f"{role}_{kind}" for role in ROLES for kind in COUNT_KINDS]
    assert EVIDENCE.names[first : first + len(expected)] == expected


def test_reads_are_shown_without_pandas_and_scipy():
    code = "import show_reads, sys; assert not {'pandas', 'scipy', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=True)
