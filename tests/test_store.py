"""Artefacts: written whole or not at all, the same bytes each time, read back as they were."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from mmm.errors import ArtefactError, UsageError
from mmm.findings import Finding, findings_table
from mmm.store import PACKAGES, Store, sha256, to_json, write_bytes


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "outputs" / "shop")


def test_text_json_and_tables_come_back_as_they_were(store):
    store.write_text("reports/a.txt", "naïve\n→")
    assert store.read_text("reports/a.txt") == "naïve\n→"
    store.write_json("models/a.json", {"b": [1, 2.5, None], "a": {"x": "é"}})
    assert store.read_json("models/a.json") == {"b": [1, 2.5, None], "a": {"x": "é"}}
    table = pd.DataFrame({"channel": ['say "x"', "a,b\nc"], "roi": [1.5, 2.0]})
    store.write_table("tables/a.csv", table)
    pd.testing.assert_frame_equal(store.read_table("tables/a.csv"), table)


def test_json_keeps_every_digit_and_turns_what_json_lacks_into_null():
    numbers = [0.1 + 0.2, 1 / 3, 1e-300]
    assert json.loads(to_json(numbers)) == numbers
    value = {"array": np.array([1.0, np.nan]), "count": np.int64(3), "yes": np.bool_(True)}
    assert json.loads(to_json(value)) == {"array": [1.0, None], "count": 3, "yes": True}
    assert json.loads(to_json(float("inf"))) is None


def test_the_same_content_gives_the_same_bytes_whatever_the_order(store):
    first = store.write_json("a.json", {"x": 1, "y": 2})
    second = store.write_json("b.json", {"y": 2, "x": 1})
    assert first.read_bytes() == second.read_bytes()


def test_tables_have_unix_line_ends_and_ten_digits(store):
    path = store.write_table("t.csv", pd.DataFrame({"a": [1 / 3, 2.0], "b": ["x", "y"]}))
    assert path.read_bytes() == b"a,b\n0.3333333333,x\n2,y\n"


def test_findings_come_back_as_they_were(store):
    findings = [Finding("weeks", "REVIEW", "few", "wait"), Finding("dates", "PASS", "NA")]
    store.write_table("tables/checks.csv", findings_table(findings))
    assert store.read_findings("tables/checks.csv") == findings


def test_writing_leaves_no_temporary_file_and_replaces_the_old_one(store):
    store.write_text("a.txt", "old")
    store.write_text("a.txt", "new")
    assert [p.name for p in store.folder.iterdir()] == ["a.txt"]
    assert store.read_text("a.txt") == "new"


def test_a_failed_write_keeps_the_old_file(store):
    path = store.write_text("a.txt", "old")
    with pytest.raises(TypeError):
        write_bytes(path, "text is not bytes")
    assert path.read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, and links need rights")
def test_a_link_is_followed_and_a_pipe_is_left_alone(store):
    real = store.write_text("elsewhere/real.txt", "old")
    link, loop, pipe = (store.path(name) for name in ("link.txt", "loop.txt", "pipe.txt"))
    link.symlink_to(real)
    store.write_text("link.txt", "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    link.unlink()
    link.symlink_to(pipe)
    for name in ("loop.txt", "pipe.txt", "link.txt"):
        with pytest.raises(UsageError, match=rf"{name}: not a regular file.*remove it"):
            store.write_text(name, "text")
    assert pipe.is_fifo()


def test_a_missing_artefact_names_itself_and_the_command(store):
    with pytest.raises(ArtefactError, match=r"tables/x\.csv is missing.*run_all\.py"):
        store.read_table("tables/x.csv")


def test_the_manifest_hashes_all_but_itself_and_names_no_place_or_time(store):
    store.write_text("tables/b.csv", "b")
    store.write_text("report.html", "a")
    store.write_text("run.json", "{}")
    path = store.write_manifest(study="shop", seed=4, inputs={"shop.csv": "0" * 64})
    manifest = json.loads(path.read_text())
    assert list(manifest["outputs"]) == ["report.html", "tables/b.csv"]
    assert manifest["outputs"]["report.html"] == sha256(store.folder / "report.html")
    assert set(manifest["packages"]) == set(PACKAGES)
    assert manifest["seed"] == 4
    assert str(store.folder.parent) not in path.read_text()
    first = path.read_bytes()
    again = store.write_manifest(study="shop", seed=4, inputs={"shop.csv": "0" * 64})
    assert again.read_bytes() == first
