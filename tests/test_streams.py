"""Random streams: no two uses of a study's seed share one."""

import json
import re
from collections import Counter
from pathlib import Path

from mmm.study.streams import MOST, STREAMS

ROOT = Path(__file__).resolve().parents[1]


def test_every_stream_has_a_place_of_its_own():
    assert len(set(STREAMS.values())) == len(STREAMS)
    assert max(STREAMS.values()) < MOST


def test_notebooks_use_each_stream_once():
    used: Counter[str] = Counter()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells)
        used.update(re.findall(r'book\.rng\("([^"]+)"\)', source))
    assert set(used) <= set(STREAMS)
    assert set(used.values()) == {1}
