"""Testing a policy: scenarios in YAML, their coverage, mutants, and properties of cases."""
