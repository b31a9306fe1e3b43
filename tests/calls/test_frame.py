"""The calls of a sample as a table."""

import pandas as pd
import pytest
from draws import call, clean, edited

from mitotransfer.calls.frame import CALLS


def test_calls_round_trip(tmp_path):
    frame = call(edited(clean(), m100C=(60, 40), m310C=(100, 100)))
    CALLS.write(frame, tmp_path / "calls.tsv")
    back = CALLS.read(tmp_path / "calls.tsv")
    pd.testing.assert_frame_equal(back, frame, rtol=1e-5)
    (tmp_path / "bad.tsv").write_text("pos\tref\n")
    with pytest.raises(ValueError, match=r"bad\.tsv"):
        CALLS.read(tmp_path / "bad.tsv")
