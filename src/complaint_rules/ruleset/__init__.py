"""Policies: ruleset files, what may stand in them, and what they mean."""
