"""Run the notebooks: command line, steps, kernels, skipping, publishing and verifying."""
