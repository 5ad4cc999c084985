"""Publishing deletes what an earlier run has written, and nothing of anybody else's."""

import json
import shutil
from pathlib import Path

import pytest

from mmm import paths
from mmm.errors import ReportError, UsageError
from mmm.run import publish
from mmm.run.pipeline import input_hashes, prepare
from mmm.run.workspace import Workspace


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def results(folder, files):
    """Write files as a run leaves them, with their manifest."""
    write(folder, files)
    manifest = {"outputs": dict.fromkeys(files, "hash"), "study": "tiny"}
    write(folder, {"manifest.json": json.dumps(manifest), "run.json": "{}"})


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in files}
    return {name: found[name] for name in found.keys() - {"manifest.json", "run.json"}}


@pytest.fixture
def space(tmp_path):
    """Former results with two things of the user's among them, and new results."""
    place = Workspace(tmp_path / "tiny")
    old = ("report.html", "tables/a.csv", "gone/b.csv", "figures/f.svg")
    results(place.published, dict.fromkeys(old, "old"))
    write(place.published, MINE)
    (place.published / "notes" / "empty").mkdir()
    results(place.partial, {"report.html": "new", "tables/a.csv": "new", "z.csv": "new"})
    return place


NEW = {"report.html": "new", "tables/a.csv": "new", "z.csv": "new"}
MINE = {"tables/mine.csv": "mine", "notes/2019.txt": "mine", "gone/my.txt": "m"}


def test_a_run_deletes_what_its_manifest_lists_and_carries_over_the_rest(space):
    space.publish()
    assert contents(space.published) == NEW | MINE
    assert (space.published / "notes" / "empty").is_dir()
    assert [p.name for p in space.published.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("renames", [1, 2, 3])
def test_a_kill_while_publishing_is_healed_at_the_next_start(space, monkeypatch, renames):
    original, done = Path.rename, []

    def rename(path, target):
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(path)
        return original(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            space.publish()
    space.heal()
    assert contents(space.published) == NEW | MINE
    assert [p.name for p in space.published.parent.iterdir()] == ["tiny"]


def test_results_that_cannot_be_replaced_stay_where_they_are(space, monkeypatch):
    before, original = contents(space.published), Path.rename

    def rename(path, target):
        if path == space.partial:
            raise PermissionError(13, "Permission denied")
        return original(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(ReportError, match=r"former results are untouched, the new ones are kept"):
        space.publish()
    assert contents(space.published) == before
    assert contents(space.partial) == NEW


def test_a_file_in_the_way_of_a_new_result_is_kept_beside_it(space):
    write(space.published, {"z.csv": "mine"})  # not in the manifest of the former results
    space.publish()
    assert contents(space.published) == NEW | MINE | {"z.csv.kept": "mine"}


def test_what_notebooks_run_by_hand_have_written_is_replaced(tmp_path):
    space = Workspace(tmp_path / "tiny")
    write(space.published, {"tables/a.csv": "by hand", "tables/more.csv": "by hand"})
    results(space.partial, {"tables/a.csv": "new"})
    space.publish()
    assert contents(space.published) == {"tables/a.csv": "new", "tables/more.csv": "by hand"}


def test_a_run_of_some_notebooks_starts_from_results_only(space):
    shutil.rmtree(space.partial)
    space.prepare(resume=True)
    assert set(contents(space.partial)) == {
        "report.html",
        "tables/a.csv",
        "gone/b.csv",
        "figures/f.svg",
    }


def test_a_folder_with_something_else_in_it_is_refused_before_any_work(tmp_path):
    folder = tmp_path / "linear_baseline"
    write(folder, {"thesis.docx": "mine", ".git/config": "mine", "raw/2019.csv": "mine"})
    study = paths.data_folder() / "linear_baseline" / "study.toml"
    with pytest.raises(UsageError, match=r"holds '\.git' and 2 more, and no results") as refused:
        prepare(study, output=tmp_path)
    assert "--output DIR" in str(refused.value)
    assert len(contents(folder)) == 3


def copy_of_a_study(folder):
    shutil.copytree(paths.data_folder() / "linear_baseline", folder)
    return folder / "study.toml"


def test_the_study_itself_is_refused_as_results_folder(tmp_path):
    study = copy_of_a_study(tmp_path / "mine")
    with pytest.raises(UsageError, match="it is mine, which a run must not touch"):
        prepare(study, output=tmp_path)
    nested = copy_of_a_study(tmp_path / "s" / "deep" / "s")
    with pytest.raises(UsageError, match="it holds s, which a run must not touch"):
        prepare(nested, output=tmp_path)
    assert nested.is_file()


def test_sources_of_the_project_are_refused(tmp_path):
    study = copy_of_a_study(tmp_path / "src")
    with pytest.raises(UsageError, match="it is src, which a run must not touch"):
        prepare(study, output=paths.project_root())


def test_only_results_count_as_listed(tmp_path):
    assert publish.listed(tmp_path) == set()
    write(tmp_path, {"manifest.json": "[1]"})
    assert publish.listed(tmp_path) == set()


def test_a_file_that_is_rewritten_during_a_run_is_noticed(tmp_path):
    study = copy_of_a_study(tmp_path / "mine")
    plan = prepare(study, output=tmp_path / "out")
    before = input_hashes(plan, "code")
    study.write_text(study.read_text() + "\n# later\n")
    after = input_hashes(plan, "code")
    assert {n for n in before if before[n] != after[n]} == {"study.toml"}
