"""Many series: cleaning, guards, pooled models, models per series, one budget, a twin."""
