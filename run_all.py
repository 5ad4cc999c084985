"""Run the notebooks of a study and write its report: `python run_all.py --help`."""

import sys
from pathlib import Path

# Works without `pip install -e .` too, and from any folder.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from mmm.run.cli import main

if __name__ == "__main__":
    main()
