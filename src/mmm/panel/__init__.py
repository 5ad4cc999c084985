"""A panel of daily series: schema, cleaning, guards, pooled and per-series models, its twin."""
