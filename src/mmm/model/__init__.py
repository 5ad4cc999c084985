"""Estimators: one file each, all returning a fitted model that keeps its draws."""
