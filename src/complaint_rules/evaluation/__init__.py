"""Where pickles of version 0.1 look for decisions, which live in ``judging`` now."""
