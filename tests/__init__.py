"""Tests: unit, integration, end to end, project."""
