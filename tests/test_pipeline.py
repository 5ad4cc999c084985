"""Runs of tiny notebooks: what is checked, kept, published and refused."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from tiny_run import (
    FIRST,
    OPEN,
    QUIET,
    SECOND,
    TINY,
    contents,
    plan_tiny,
    run_tiny,
    write_notebook,
    write_project,
)

from mmm import paths
from mmm.errors import ArtefactError, NotebookError, ReportError, UsageError
from mmm.run.failure import SlowCellError
from mmm.run.pipeline import STAGES, Progress, Settings
from mmm.store import Store


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a folder with a study and two notebooks."""
    return write_project(tmp_path_factory.mktemp("project"), FIRST)


@pytest.fixture(scope="module")
def completed(project, tmp_path_factory):
    """Return the result of one whole run by the warm engine."""
    return run_tiny(project, tmp_path_factory.mktemp("warm"), settings=Settings())


@pytest.fixture
def own(tmp_path):
    """Return a private project whose notebooks a test may break."""
    return write_project(tmp_path)


def test_every_input_has_an_earlier_producer():
    made = set()
    for number, stage in enumerate(STAGES, start=1):
        assert stage.number == number
        assert stage.notebook.startswith(f"{number:02d}_")
        assert set(stage.inputs) <= made
        made |= set(stage.outputs)


def test_a_whole_run_publishes_everything_and_leaves_no_partial_folder(completed):
    names = set(Store(completed.folder).files())
    assert {"notebooks/01_first.ipynb", "notebooks/02_second.ipynb", "report.html"} <= names
    assert {"data/weekly.csv", "tables/second.csv", "figure.svg"} <= names
    assert {"01_first", "02_second", "report"} == set(completed.seconds)
    assert completed.report == completed.folder / "report.html"
    assert [path.name for path in completed.folder.parent.iterdir()] == ["tiny"]
    manifest = Store(completed.folder).read_json("manifest.json")
    assert manifest["seed"] == 7
    assert set(manifest["inputs"]) == {
        "study.toml",
        "notebooks/01_first.ipynb",
        "notebooks/02_second.ipynb",
        "src/mmm",
    }
    assert set(manifest["outputs"]) == names


def test_executed_notebooks_are_steady_and_name_no_path(completed):
    text = (completed.folder / "notebooks" / "01_first.ipynb").read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"01-{i:03d}" for i in range(9)]
    assert "papermill" not in text
    assert 'execution"' not in text
    assert str(completed.folder.parent) not in text
    assert str(paths.project_root()) not in text
    assert "ipykernel_" not in text
    assert text.endswith("}\n")


def test_the_stock_engine_writes_the_same_bytes_as_the_warm_one(project, completed, tmp_path):
    stock = run_tiny(project, tmp_path, settings=Settings(engine="nbclient"))
    assert contents(stock.folder) == contents(completed.folder)


def test_a_run_elsewhere_without_kernelspecs_writes_the_same_bytes(project, completed, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    hidden = {"JUPYTER_PATH": nowhere, "JUPYTER_DATA_DIR": nowhere, "PYTHONHASHSEED": "5"}
    script = (
        f"import sys; from pathlib import Path; sys.path.insert(0, {str(Path(__file__).parent)!r})"
        f"\nimport tiny_run as t"
        f"\nt.run_tiny(Path({str(project)!r}), Path('relative {{output}}'), settings=t.Settings())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, **hidden, "TZ": "Asia/Tokyo", "COLUMNS": "40"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "relative {output}" / "tiny") == contents(completed.folder)


class Broken:
    """A second notebook that fails, over results of an earlier run."""

    def __init__(self, own: Path, source: str, settings=QUIET, selected=(2,), **choices) -> None:
        write_notebook(own / "notebooks", "02_second", [*SECOND[:2], ("", source)])
        self.before = own / "out" / "tiny"
        earlier = {"report.html": "earlier", "data/weekly.csv": "a\n1\n"}
        for name, text in earlier.items():
            Store(self.before).write_text(name, text)
        with pytest.raises(NotebookError) as caught:
            run_tiny(own, own / "out", settings=settings, selected=selected, **choices)
        self.error = caught.value
        self.text = str(caught.value)
        self.kept = own / "out" / "tiny.partial" / "unfinished" / "02_second.ipynb"
        assert contents(self.before) == {name: text.encode() for name, text in earlier.items()}
        assert not (own / "out" / ".tiny.lock").exists()


def test_a_failure_names_cell_line_error_and_resume_command(own):
    failed = Broken(own, "numbers = [1]\ntotal = sum(\n    1 / n for n in [0]\n)\nprint(total)")
    assert (
        "02_second.ipynb, cell 4 (In [4]), line 2: ZeroDivisionError: division by" in failed.text
    )
    assert "  >   2 | total = sum(\n      3 |     1 / n for n in [0]\n" in failed.text
    assert "print(total)" not in failed.text.split("Traceback")[0]
    assert f"Kept as far as it ran: {failed.kept}" in failed.text
    assert f"--from 2 --output {own / 'out'}" in failed.text
    assert "\x1b" not in failed.text
    assert failed.error.exit_code == 1
    assert "ZeroDivisionError" in failed.kept.read_text("utf-8")


def test_a_failed_run_resumes_where_it_stopped(own):
    Broken(own, "1 / 0", selected=None)
    partial = own / "out" / "tiny.partial"
    first = (partial / "notebooks" / "01_first.ipynb").stat().st_mtime_ns
    write_notebook(own / "notebooks", "02_second", SECOND)
    result = run_tiny(own, own / "out", selected=[2])
    assert result.folder == own / "out" / "tiny"
    assert not partial.exists()
    assert (result.folder / "tables" / "second.csv").read_text() == "1,0.5\n"
    assert not (result.folder / "unfinished").exists()
    assert (result.folder / "notebooks" / "01_first.ipynb").stat().st_mtime_ns >= first
    changed = run_tiny(own, own / "out", selected=[2], parameters={"share": "0.25"})
    assert (changed.folder / "tables" / "second.csv").read_text() == "1,0.25\n"
    assert (changed.folder / "notebooks" / "01_first.ipynb").exists()


def test_one_of_our_errors_is_shown_without_traceback(own):
    source = 'from mmm.errors import DataError\nraise DataError("sales.csv: no rows.")'
    failed = Broken(own, source)
    assert failed.text.startswith("02_second.ipynb, cell 4: sales.csv: no rows.\nKept")


@pytest.mark.parametrize(
    ("text", "correct", "again"),
    [
        ("share = 2.0: give at most 1.", "Correct -p share, then", " -p fast yes"),
        ("no such mixture.", "Correct -p share and -p fast, then", ""),
    ],
)
def test_a_refused_parameter_is_not_repeated_in_the_resume_command(own, text, correct, again):
    source = f'from mmm.errors import UsageError\nraise UsageError("{text}")'
    failed = Broken(own, source, parameters={"share": "2.0", "fast": "yes"})
    last = failed.text.splitlines()[-1]
    assert last.startswith(f"{correct} resume with: python run_all.py --study ")
    assert f"--from 2{again} --output" in last


def test_another_failure_repeats_the_parameters_in_the_resume_command(own):
    last = Broken(own, "1 / 0", parameters={"share": "0.25"}).text.splitlines()[-1]
    assert last.startswith("Resume with: ")
    assert "--from 2 -p share 0.25 --output" in last


def test_a_slow_cell_a_dead_kernel_and_an_early_exit_are_told_apart(own):
    slow = Broken(own, "import time\ntime.sleep(60)", replace(QUIET, timeout=1))
    assert isinstance(slow.error, SlowCellError)
    assert slow.error.exit_code == 124
    assert "cell 4: took longer than --timeout" in slow.text
    assert "time.sleep(60)" in slow.text
    dead = Broken(own, "import os\nos._exit(3)", replace(QUIET, engine="nbclient"))
    assert "cell 4: the kernel stopped" in dead.text
    ended = Broken(own, "import sys\nsys.exit()")
    assert "cell 4: the notebook ended here" in ended.text


def test_a_notebook_that_does_not_write_its_results_fails(own):
    failed = Broken(own, "pass")
    assert "did not write tables/second.csv" in failed.text


def test_a_syntax_error_names_its_line(own):
    failed = Broken(own, "x = 1\ny = = 2")
    assert "line 2: SyntaxError" in failed.text
    assert ">   2 | y = = 2" in failed.text


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("shara", "1", "-p shara: no selected notebook has this parameter; did you mean 'share'?"),
        ("share", "half", r"-p share: expected a number \(the default is 0.5\), got 'half'"),
        ("share", "nan", "expected a number"),
        ("weeks", "2.5", "-p weeks: expected a whole number"),
        ("weeks", "0", "-p weeks: expected a whole number from 1 on"),
        ("fast", "maybe", "expected true or false"),
        ("study", "x", "Use --study NAME"),
    ],
)
def test_a_wrong_parameter_is_refused_before_any_kernel(project, tmp_path, name, value, message):
    with pytest.raises(UsageError, match=message):
        plan_tiny(project, tmp_path, parameters={name: value})
    assert not list(tmp_path.iterdir())


def test_parameters_reach_the_notebooks_that_declare_them(project, tmp_path):
    plan = plan_tiny(project, tmp_path, parameters={"fast": "yes", "weeks": "5"}, quick=True)
    assert plan.parameters["01_first"] == {"study": "tiny", "search_starts": 1, "weeks": 5}
    assert plan.parameters["02_second"] == {"study": "tiny", "fast": True}
    assert "-p fast yes --quick" in plan.resume_command(TINY[1])
    assert "weeks" not in plan.resume_command(TINY[1])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("", "x = 1")], "0 code cells are tagged 'parameters'"),
        ([("parameters", 'study = "x"')] * 2, "2 code cells are tagged"),
        ([("parameters", 'study = "x"\nweeks = 2 * 3')], "may only assign literals"),
        ([("parameters", "import os")], "line 1 is no assignment"),
        ([("parameters", "weeks = 2")], "does not declare 'study'"),
    ],
)
def test_a_notebook_without_a_plain_parameters_cell_is_refused(own, cells, message):
    write_notebook(own / "notebooks", "02_second", cells)
    with pytest.raises(UsageError, match=message):
        plan_tiny(own, own / "out")


def test_a_missing_notebook_and_a_missing_input_are_refused(own):
    with pytest.raises(ArtefactError, match=r"02_second needs data/weekly\.csv, which 01_first"):
        plan_tiny(own, own / "out", selected=[2])
    (own / "notebooks" / "02_second.ipynb").unlink()
    with pytest.raises(UsageError, match=r"02_second\.ipynb: no such file"):
        plan_tiny(own, own / "out")


def test_inputs_that_are_rewritten_during_a_run_are_not_published(own):
    rewrite = 'import os; open(os.environ["MMM_STUDY_FILE"], "a").write("# later\\n")'
    first = [("parameters", 'study = "x"'), ("", OPEN), ("", rewrite)]
    first += [("", 'store.write_text("data/weekly.csv", "a\\n1\\n")')]
    write_notebook(own / "notebooks", "01_first", first)
    with pytest.raises(UsageError, match=r"study\.toml changed while the run was at work"):
        run_tiny(own, own / "out")
    assert not (own / "out" / "tiny").exists()


def test_what_a_person_puts_among_the_results_stays(own):
    folder = run_tiny(own, own / "out").folder
    (folder / "tables" / "mine.txt").write_text("mine", "utf-8")
    run_tiny(own, own / "out", settings=replace(QUIET, force=True))
    assert (folder / "tables" / "mine.txt").read_text("utf-8") == "mine"
    assert (folder / "tables" / "second.csv").is_file()


def test_results_are_not_replaced_by_fewer_notebooks(own):
    plan = plan_tiny(own, own / "out")
    Store(plan.workspace.published).write_text("notebooks/02_second.ipynb", "{}")
    plan.workspace.partial.mkdir()
    result = run_tiny(own, own / "out", selected=[1])
    assert result.missing == ["02_second.ipynb"]
    assert result.folder == plan.workspace.partial
    assert (plan.workspace.published / "notebooks" / "02_second.ipynb").read_text() == "{}"


def test_a_report_that_fails_says_how_to_render_again(own, monkeypatch):
    def fail(store, study):
        raise ValueError("no template")

    monkeypatch.setattr("mmm.report.render", fail)
    with pytest.raises(ReportError, match=r"ValueError: no template.*--from 2") as caught:
        run_tiny(own, own / "out", settings=Settings())
    assert caught.value.exit_code == 3
    assert not (own / "out" / "tiny").exists()
    assert (own / "out" / "tiny.partial" / "notebooks" / "02_second.ipynb").exists()
    with pytest.raises(ReportError, match="--from 1 --to 1"):
        run_tiny(own, own / "first", settings=Settings(), selected=[1])


def test_progress_hears_of_every_notebook_and_cell(own):
    heard = []

    class Listener(Progress):
        def start(self, name, n_cells, expected=None):
            heard.append((name, n_cells, expected))

        def cell(self, number):
            heard.append(number)

    run_tiny(own, own / "out", settings=replace(QUIET, progress=Listener()))
    assert heard == [
        ("01_first", 5, None),
        1,
        2,
        3,
        4,
        5,
        ("02_second", 6, None),
        1,
        2,
        3,
        4,
        5,
        6,
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_stops_the_kernels_and_frees_the_lock(own):
    write_notebook(
        own / "notebooks", "01_first", [*SECOND[:2], ("", "import time; time.sleep(60)")]
    )
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import tiny_run as t
        from mmm.run.pipeline import Progress
        class Listener(Progress):
            def cell(self, number):
                print(number, flush=True)
        t.run_tiny(Path({str(own)!r}), Path("out"), settings=t.Settings(progress=Listener()))
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == b"5\n":
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert b"never retrieved" not in errors
    assert not (own / "out" / ".tiny.lock").exists()
    assert (own / "out" / "tiny.partial" / "unfinished" / "01_first.ipynb").exists()
