"""Several studies at once: what each prints and how it fails, with small commands as studies."""

import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from mmm import paths
from mmm.errors import NotebookError
from mmm.run.several import failures_side_by_side, run_side_by_side

#: Stands for run_all.py: the name of the study says what becomes of it.
PROGRAM = """
import sys, time
from pathlib import Path
name = Path(sys.argv[sys.argv.index("--study") + 1]).parent.name
print(name, sys.argv[sys.argv.index("--jobs") + 1], *sys.argv[-3:-2])
if name == "waits":
    Path(__file__).with_name("waiting").touch()
    time.sleep(60)
if name.startswith("fails"):
    sys.exit(f"Error: {name} has no data.")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "run_all.py").write_text(PROGRAM)
    monkeypatch.setattr(paths, "project_root", lambda: tmp_path)
    return tmp_path


def plans(*names):
    return [
        SimpleNamespace(study=SimpleNamespace(name=n), study_file=Path(n) / "study.toml")
        for n in names
    ]


def test_each_study_has_its_share_of_the_processes_and_prints_its_own_lines(project, capsys):
    run_side_by_side(plans("one", "two"), ["--quick"], jobs=5, quiet=False)
    assert sorted(capsys.readouterr().out.splitlines()) == ["one 2 --quick", "two 2 --quick"]
    run_side_by_side(plans("one", "two"), ["--quick"], jobs=5, quiet=True)
    assert capsys.readouterr().out == ""


def test_a_study_that_fails_leaves_the_others_to_their_end(project, capsys):
    with pytest.raises(NotebookError) as caught:
        run_side_by_side(plans("fails", "one", "fails_too"), [], jobs=2, quiet=False)
    assert sorted(str(caught.value).split("\n\n")) == [
        "fails: fails has no data.",
        "fails_too: fails_too has no data.",
    ]
    assert caught.value.exit_code == 1
    assert "one 1" in capsys.readouterr().out


def test_an_interruption_stops_what_still_runs(project, monkeypatch):
    started = []
    plain = subprocess.Popen

    def noted(*arguments, **options):
        started.append(plain(*arguments, **options))
        return started[-1]

    def interrupt(*_, **__):
        while not (project / "waiting").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setattr(click, "echo", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side(plans("one", "waits", "never"), [], jobs=2, quiet=False)
    assert {process.poll() is not None for process in started} == {True}
    assert any(process.returncode != 0 for process in started)


def test_failures_are_told_by_the_name_of_the_study(project):
    failed = failures_side_by_side(plans("one", "fails"), [], jobs=2, quiet=True)
    assert [(name, str(error)) for name, error in failed.items()] == [
        ("fails", "fails has no data.")
    ]
    assert failed["fails"].exit_code == 1
