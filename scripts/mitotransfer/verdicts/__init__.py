"""From evidence to one verdict per immune sample, with every other explanation.

In: Evidence of each patient and the background of the cohort.
Out: Verdicts, explanations, prevalence, swapped pairs.
May import the stages up to `cohort`.
"""
