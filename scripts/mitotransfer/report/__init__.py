"""The report: a static site of the cohort's results; it works offline.

In: Tables of the cohort and of each patient, counts and quality of each sample.
Out: Pages, figures, and content for MultiQC. ``tables`` reads, ``words`` turns numbers into
sentences, ``figures`` draws, ``patient_views`` and ``cohort_views`` make the rows of the pages,
``site`` writes them. May import the stages up to `associations`.
"""
