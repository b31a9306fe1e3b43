"""Single cells: which immune cells carry mtDNA of the tumour, and how much each.

In: A library of single cells: a BAM file with cell tags, or counts that another tool made.
Out: Counts per cell; a test, an interval and a verdict per cell and per type of cells.
May import the stages up to `cohort`.
"""
