"""The columnar reading: many cases judged at once, as they would be one at a time."""
