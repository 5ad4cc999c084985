"""The Bayesian model: its density, its sampler, and what it draws."""
