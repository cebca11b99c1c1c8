// The mutants of rowtail that the torture harness has to catch: not written yet.
