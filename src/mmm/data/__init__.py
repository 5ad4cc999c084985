"""From any file to clean weeks: reading, dates, shape, checks, quality and guessing."""
