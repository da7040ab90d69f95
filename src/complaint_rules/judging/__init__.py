"""Evaluation: from a case to a decision that explains itself."""
