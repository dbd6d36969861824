"""Benchmarks, one module each, by the names of `evals.registry`."""
