"""What the samples of a cohort say about each other.

In: Counts of all samples.
Out: Site-specific errors, identity, index cross-talk.
May import the stages up to `patient`.
"""
