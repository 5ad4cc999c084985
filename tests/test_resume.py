"""What a second run does: skip what is unchanged, run what depends on a change, repeat bytes."""

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest
from tiny_run import OPEN, QUIET, STUDY, contents, write_notebook

from mmm import store
from mmm.errors import ArtefactError, NotebookError, OutputError, VerificationError
from mmm.run import records, runner
from mmm.run.pipeline import Progress, Settings, Stage, prepare
from mmm.run.records import Ledger
from mmm.run.verify import compare_hashes, verify

STAGES = (
    Stage(1, "01_data", (), ("data/weekly.csv",)),
    Stage(2, "02_look", ("data/weekly.csv",), ("tables/look.csv",)),
    Stage(3, "03_model", ("data/weekly.csv",), ("models/model.json",)),
    Stage(4, "04_money", ("models/model.json",), ("tables/money.csv",)),
)
NAMES = [stage.notebook for stage in STAGES]


def cells(inputs, output, text, *, parameters=""):
    """Return a light notebook that reads its inputs and writes one text."""
    reads = "".join(f'store.read_text("{name}")\n' for name in inputs)
    write = f'store.write_text("{output}", {text})'
    return [("parameters", f'study = "x"\n{parameters}'), ("", OPEN), ("", reads + write)]


SOURCES = {
    "01_data": cells((), "data/weekly.csv", "f'{weeks}\\n'", parameters="weeks = 3"),
    "02_look": cells(("data/weekly.csv",), "tables/look.csv", "'look\\n'"),
    "03_model": cells(("data/weekly.csv",), "models/model.json", "'1\\n'", parameters="k = 2"),
    "04_money": cells(("models/model.json",), "tables/money.csv", "'money\\n'"),
}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Return a project that has been run once, which no test may change."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "tiny").mkdir()
    (folder / "tiny" / "study.toml").write_text(STUDY, "utf-8")
    for name, source in SOURCES.items():
        write_notebook(folder / "notebooks", name, source)
    execute(folder, settings=Settings())
    return folder


@pytest.fixture
def project(first, tmp_path):
    """Return a copy of the project and its results."""
    folder = tmp_path / "project"
    shutil.copytree(first, folder)
    return folder


def make_plan(project, *, output=None, **choices):
    return prepare(
        project / "tiny" / "study.toml",
        output=output or project / "out",
        notebooks=project / "notebooks",
        stages=STAGES,
        **choices,
    )


class Listener(Progress):
    def __init__(self):
        self.ran, self.skipped = [], []

    def start(self, name, n_cells, expected=None):
        assert n_cells >= 0
        assert expected is None or expected > 0
        self.ran.append(name)

    def skip(self, name):
        self.skipped.append(name)


def execute(project, *, settings=QUIET, **choices):
    """Run, and return the names of the notebooks that were executed."""
    listener = Listener()
    result = runner.execute(make_plan(project, **choices), replace(settings, progress=listener))
    assert set(listener.ran) == set(result.seconds)
    assert listener.skipped == result.skipped
    return listener.ran


def edit(project, name, old, new):
    path = project / "notebooks" / f"{name}.ipynb"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_nothing_runs_where_nothing_has_changed(project, monkeypatch):
    before = {p: p.stat().st_mtime_ns for p in (project / "out").rglob("*")}
    monkeypatch.setattr("mmm.run.runner.check_data", None)  # not even the data are read
    assert execute(project, settings=Settings()) == []
    assert {p: p.stat().st_mtime_ns for p in (project / "out").rglob("*")} == before
    states = Ledger(make_plan(project)).forecast()
    assert [state.state for state in states] == ["unchanged"] * 4


def test_skipping_is_quick(project):
    """The bar is 3 s for the whole command, imports included."""
    command = "import time, sys; start = time.perf_counter(); import mmm.run.cli"
    heavy = "; print(sorted({'pandas', 'numpy', 'papermill', 'nbconvert'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", command + heavy], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("change", "ran", "reason"),
    [
        (lambda p: edit(p, "02_look", "'look", "'seen"), ["02_look"], "changed: notebook"),
        (lambda p: edit(p, "03_model", "'1", "'2"), NAMES[2:], "changed: notebook"),
        (lambda p: edit(p, "03_model", "k = 2", "k = 3"), ["03_model"], "changed: notebook"),
        (lambda p: edit(p, "01_data", "weeks = 3", "weeks = 4"), NAMES, "changed: notebook"),
        (lambda p: edit(p, "01_data", "study = ", "z = 1\\nstudy = "), NAMES[:1], "notebook"),
        (
            lambda p: (p / "out/tiny/models/model.json").write_text("7", "utf-8"),
            ["03_model"],
            "missing or altered",
        ),
        (lambda p: (p / "out/tiny/tables/money.csv").unlink(), ["04_money"], "missing or"),
        (lambda p: (p / "out/tiny/run.json").write_text("{", "utf-8"), NAMES, "never run"),
        (
            lambda p: (p / "tiny/study.toml").write_text(STUDY + "\n# later\n", "utf-8"),
            NAMES,
            "changed: study",
        ),
        (lambda p: (p / "tiny/tiny.csv").write_text("week\n", "utf-8"), NAMES, "changed: data"),
    ],
)
def test_exactly_what_depends_on_a_change_runs(project, monkeypatch, change, ran, reason):
    monkeypatch.setattr("mmm.run.runner.check_data", lambda _: None)
    change(project)
    states = {state.step: state for state in Ledger(make_plan(project)).forecast()}
    assert reason in states[ran[0]].reason
    assert {name for name, state in states.items() if state.state != "unchanged"} >= set(ran)
    assert execute(project) == ran
    assert execute(project) == []


def test_new_code_or_packages_run_everything(project, monkeypatch):
    shared = records.shared_ingredients
    for part in ("code", "packages"):
        with monkeypatch.context() as patch:
            patch.setattr(
                records, "shared_ingredients", lambda *files, p=part: {**shared(*files), p: "new"}
            )
            states = Ledger(make_plan(project)).forecast()
        assert [s.reason for s in states] == [f"changed: {part}"] * 4


def test_a_parameter_runs_the_notebooks_that_declare_it(project):
    assert execute(project, parameters={"k": "5"}) == ["03_model"]
    assert execute(project) == ["03_model"]
    assert execute(project, selected=[4]) == []
    assert execute(project, selected=[2, 3], parameters={"k": "5"}) == ["03_model"]


def test_force_runs_everything_and_writes_the_same_bytes(project):
    before = contents(project / "out" / "tiny")
    assert execute(project, settings=Settings(force=True)) == [*NAMES, "report"]
    assert contents(project / "out" / "tiny") == before
    edit(project, "02_look", "'look", "'seen")
    execute(project, settings=Settings())
    kept = contents(project / "out" / "tiny")
    execute(project, output=project / "fresh", settings=Settings())
    assert contents(project / "fresh" / "tiny") == kept != before


def test_a_failed_run_goes_on_by_itself_where_it_stopped(project):
    edit(project, "01_data", "weeks = 3", "weeks = 4")
    edit(project, "03_model", "'1", "'1' + oops + '")
    before = contents(project / "out" / "tiny")
    with pytest.raises(NotebookError, match="oops"):
        execute(project)
    assert contents(project / "out" / "tiny") == before
    edit(project, "03_model", "'1' + oops + '", "'1")
    # The same model as before, so that what depends on it alone is kept.
    assert execute(project) == ["03_model", "04_money"]
    assert (project / "out/tiny/data/weekly.csv").read_text() == "4\n"
    assert not (project / "out" / "tiny.partial").exists()


def test_what_a_notebook_no_longer_writes_disappears(project):
    extra = ("", 'store.write_text("tables/extra.csv", "x")')
    write_notebook(project / "notebooks", "04_money", [*SOURCES["04_money"], extra])
    execute(project)
    assert (project / "out/tiny/tables/extra.csv").exists()
    write_notebook(project / "notebooks", "04_money", SOURCES["04_money"])
    execute(project, selected=[4])
    assert not (project / "out/tiny/tables/extra.csv").exists()


def test_verify_repeats_the_bytes_and_names_what_differs(project):
    assert verify(make_plan(project), QUIET) == len(contents(project / "out" / "tiny"))
    table = project / "out/tiny/tables/look.csv"
    table.write_text("altered", "utf-8")
    with pytest.raises(VerificationError, match=r"altered after.*\n  tables/look\.csv: differs"):
        verify(make_plan(project), QUIET)
    execute(project)
    edit(project, "02_look", "'look", "'seen")
    with pytest.raises(VerificationError, match=r"inputs are not.*\n  notebooks/02_look"):
        verify(make_plan(project), QUIET)
    with pytest.raises(ArtefactError, match="no results to verify"):
        verify(make_plan(project, output=project / "none"), QUIET)
    assert compare_hashes({"a": "1"}, {"a": "1"}) == []


def test_verify_repeats_a_run_with_parameters_of_its_own(project):
    execute(project, parameters={"weeks": "5", "k": "3"})
    assert verify(make_plan(project), QUIET) == len(contents(project / "out" / "tiny"))


def test_verify_finds_a_notebook_that_does_not_repeat_itself(project):
    edit(project, "02_look", "'look", "str(__import__('time').time_ns()) + '")
    execute(project, settings=Settings())
    with pytest.raises(VerificationError) as caught:
        verify(make_plan(project), QUIET)
    assert str(caught.value).splitlines() == [
        "tiny: a repeated run does not give the same bytes (1 difference):",
        "  tables/look.csv: differs",
    ]
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "cannot be written"),
        (errno.EACCES, "cannot be written"),
        (errno.ENOTDIR, "use --output DIR"),
        (errno.EIO, "use --output DIR"),
    ],
)
def test_a_full_disk_and_a_read_only_folder_are_named(project, monkeypatch, code, words):
    edit(project, "02_look", "'look", "'seen")
    before = contents(project / "out" / "tiny")
    original = store.write_bytes

    def fail(path, content):
        if path.name == "report.html":
            raise OSError(code, os.strerror(code), str(path))
        return original(path, content)

    monkeypatch.setattr("mmm.store.write_bytes", fail)
    with pytest.raises(OutputError, match=words) as caught:
        execute(project, settings=Settings())
    assert "report.html" in str(caught.value)
    assert contents(project / "out" / "tiny") == before
    monkeypatch.undo()
    assert execute(project, settings=Settings()) == ["report"]


def test_a_full_disk_in_a_kernel_is_named(project):
    edit(project, "02_look", "store.write_text", "raise OSError(28, 'No space left'); store.x")
    with pytest.raises(NotebookError, match="The disk is full"):
        execute(project)


def test_a_killed_kernel_is_named(project):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL); store.x"
    edit(project, "02_look", "store.write_text", kill)
    with pytest.raises(NotebookError, match=r"the kernel stopped \(killed by signal 9\)"):
        execute(project)
    assert execute_fails_to_leave_processes()


def execute_fails_to_leave_processes():
    children = psutil.Process().children(recursive=True)
    return not [child for child in children if "warm_kernel" in command(child)]


def command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
