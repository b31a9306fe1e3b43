"""What a planned study will be able to show, and what to sequence next, by the pipeline's model."""
