"""The table of cross-talk of a drawn cohort."""

import numpy as np
from drawn_cohort import drawn_cohort, learn


def test_tables_keep_the_order_of_the_sheet() -> None:
    sheet, counts, errors = drawn_cohort()
    _, who, crosstalk = learn(sheet, counts, errors)
    assert who["sample"].tolist() == crosstalk["sample"].tolist() == sheet["sample"].tolist()
    rows = crosstalk.set_index("sample")
    assert (rows.loc[["A-immune", "B-tumor"], "source"] == "measured").all()
    assert (rows.loc[["C-immune", "D-immune"], "source"] == "assumed").all()
    # Alone with its tumour in a batch, and without a batch.
    assert (rows.loc[["C-immune", "D-immune"], "from_tumor_high"] == 0.005).all()
    measured = rows.loc["A-immune"]
    assert 0 < measured["from_tumor_high"] < measured["rate_high"]
    assert np.isnan(rows.loc["A-tumor", "from_tumor_high"])


def test_another_batch_adds_no_crosstalk() -> None:
    sheet, counts, errors = drawn_cohort()
    apart = sheet.copy()
    apart.loc[apart["sample"] == "C-tumor", "batch"] = "run3"
    _, _, crosstalk = learn(apart, counts, errors)
    assert crosstalk.set_index("sample").loc["C-immune", "from_tumor_high"] == 0
    # Without a batch it is unknown which samples were sequenced together.
    _, _, crosstalk = learn(sheet[sheet["sample"] != "D-tumor"], counts, errors)
    assert crosstalk.set_index("sample").loc["D-immune", "from_tumor_high"] == 0.005


def test_any_animal_with_the_tumour_line_may_bring_its_mtdna() -> None:
    sheet, counts, errors = drawn_cohort()
    line = dict.fromkeys(sheet["patient"], "syngeneic")
    _, _, crosstalk = learn(sheet, counts, errors, line)
    # Two people of one line: their haplotypes measure nothing.
    assert set(crosstalk["source"]) == {"assumed"}
    assert crosstalk.set_index("sample").loc["A-immune", "from_tumor_high"] == 0.005
