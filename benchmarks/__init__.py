"""Benchmarks: ``python -m benchmarks.<name>`` prints what it measured."""
