"""Bad model files: serving and scoring refuse them by name, and change nothing."""

import shutil

import pytest
from bad_inputs import models
from services import copy_models

from mmm import __main__
from mmm.errors import ArtefactError
from mmm.serve import create_app
from mmm.store import Store

MODELS = models.corpus()


@pytest.fixture(scope="module")
def good(tmp_path_factory, weekly_folder, pooled_folder):
    """Folders of models by the file that is broken: a weekly and a pooled model, with grades."""
    weekly_models = copy_models(weekly_folder, tmp_path_factory.mktemp("good") / "models")
    keys = ("channel", "label", "grade_roi", "grade_mroi", "sentence")
    grades = {"grades": [dict(zip(keys, ("tv", "TV", "A", "B", "So."), strict=True))]}
    Store(weekly_models).write_json(models.GRADES, grades)
    return dict.fromkeys((models.MODEL, models.FEATURES, models.GRADES), weekly_models) | {
        models.POOLED: pooled_folder
    }


@pytest.fixture
def nothing_is_served(monkeypatch):
    def fail(*_):
        pytest.fail("the service was opened")

    monkeypatch.setattr("mmm.serve.server.open_server", fail)
    monkeypatch.setattr("mmm.run.cli.signal.signal", lambda *_: None)


def break_file(broken, good, folder):
    """Copy the good models and break one file of them."""
    copied = copy_models(good[broken.file], folder / "results" / "mine" / "models")
    file = copied / broken.file
    file.write_bytes(broken.apply(file.read_bytes()))
    return copied


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        __main__.main([str(argument) for argument in arguments])
    message = capsys.readouterr().err
    assert caught.value.code == 2
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 12
    assert len(message) < 1500
    return message


def test_the_corpus_is_large():
    assert len(MODELS) >= 200


def test_the_good_models_are_served(good):
    for folder in good.values():
        assert create_app(folder).test_client().get("/model").status_code == 200


@pytest.mark.parametrize("name", MODELS)
def test_a_bad_model_is_refused_and_changes_nothing(
    name, good, tmp_path, capsys, nothing_is_served
):
    broken = MODELS[name]
    folder = break_file(broken, good, tmp_path)
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("week\n2024-07-01\n")
    target.write_text("the last good answers")
    mine = ("--study", "mine", "--output", tmp_path / "results")
    for command in (("predict", source, target), ("serve",)):
        message = refused(capsys, *command, *mine)
        assert broken.file in message
        assert broken.expected in message
        assert "Run the pipeline again" in message
    with pytest.raises(ArtefactError):
        create_app(folder)
    assert target.read_text() == "the last good answers"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "results"]


@pytest.mark.parametrize("file", [models.MODEL, models.FEATURES])
def test_a_missing_or_unreadable_part_is_named(file, good, tmp_path):
    folder = copy_models(good[file], tmp_path / "models")
    (folder / file).unlink()
    with pytest.raises(ArtefactError, match=r"model\.json|model_features\.json"):
        create_app(folder)
    (folder / file).mkdir()
    with pytest.raises(ArtefactError, match=r"model\.json|model_features\.json"):
        create_app(folder)


def test_parts_of_two_runs_are_not_mixed(good, tmp_path):
    folder = copy_models(good[models.MODEL], tmp_path / "models")
    shutil.copy(good[models.POOLED] / models.POOLED, folder / models.FEATURES)
    with pytest.raises(ArtefactError, match=r"model_features\.json"):
        create_app(folder)
