"""What was asked: ``study.toml``, its tables, and its errors with line numbers."""
