"""A decision in plain words, Chinese and English: it explains itself, so its words live with it."""
