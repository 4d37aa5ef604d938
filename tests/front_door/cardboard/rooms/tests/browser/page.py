"""Stands for a test file."""
