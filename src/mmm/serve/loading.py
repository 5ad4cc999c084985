"""From the files of ``models/`` to a service: what predicts, and what plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict

from mmm.errors import ArtefactError
from mmm.findings import Grade
from mmm.model.additive import AdditiveModel
from mmm.model.files import Features, read_features, require_same_model
from mmm.model.parts import AGAIN, File, Part
from mmm.model.schema import ModelFile
from mmm.panel.predictor import PooledFile
from mmm.serve.planning import Planner, make_planner
from mmm.serve.pooled import PooledPredictor, pooled_predictor
from mmm.serve.regional import RegionalPredictor, regional_predictor
from mmm.serve.weekly import WeeklyPredictor, weekly_predictor
from mmm.store import Store
from mmm.study.frozen import Text

WEEKLY_FILE, FEATURES_FILE, POOLED_FILE = "model.json", "model_features.json", "pooled.json"
GRADES_FILE = "grades.json"
T = TypeVar("T")
Predictor = PooledPredictor | WeeklyPredictor


@dataclass(frozen=True)
class Service:
    """A loaded model."""

    name: str  #: Estimator: ``pooled``, ``bayes``, ``ridge``, ...
    schema: int  #: Schema of the model file.
    predictor: Predictor  #: Answers ``/predict``.
    #: Answers ``/what-if`` and ``/optimize``; None where there is no weekly model.
    planner: Planner | None
    #: What notebook 08 says of each channel of the weekly model; empty before it has run.
    grades: list[dict[str, str]]

    @cached_property
    def regional(self) -> RegionalPredictor | None:
        """What answers ``/contribution``; None where the model has no regions."""
        return regional_predictor(self.predictor)

    @property
    def version(self) -> str:
        """Version of the package."""
        try:
            return version("mmm")
        except PackageNotFoundError:  # run from a checkout that is not installed
            return "not installed"


def load_service(path: Path) -> Service:
    """Load the model of a file or folder.

    Raises
    ------
    ArtefactError
        If a file is missing, is damaged or was written by another version.
    """
    folder = path if path.is_dir() else path.parent
    file = path
    if path.is_dir():
        file = next(
            (folder / n for n in (POOLED_FILE, WEEKLY_FILE) if (folder / n).exists()), path
        )
    if not file.is_file():
        raise ArtefactError(
            f"{path} holds no model ({WEEKLY_FILE} or {POOLED_FILE}). The pipeline writes it: "
            f"run `python run_all.py --study NAME` first."
        )
    content = _read(file)
    predictor: Predictor
    is_pooled = isinstance(content, dict) and content.get("kind") == "pooled"
    if is_pooled or file.name == POOLED_FILE:
        predictor = pooled_predictor(_named(file, lambda: PooledFile.read(content)))
        beside = (folder / WEEKLY_FILE).exists() and (folder / FEATURES_FILE).exists()
        planner = make_planner(*_weekly(folder / WEEKLY_FILE)) if beside else None
        return Service("pooled", PooledFile.SCHEMA, predictor, planner, _grades(folder))
    weekly = _weekly(file)
    predictor, planner = weekly_predictor(*weekly), make_planner(*weekly)
    return Service(weekly[0].name, ModelFile.SCHEMA, predictor, planner, _grades(folder))


def _grades(folder: Path) -> list[dict[str, str]]:
    """Read what notebook 08 wrote beside the model."""
    file = folder / GRADES_FILE
    if not file.is_file():
        return []
    content = _read(file)
    grades = _named(file, lambda: GradesFile.read(content)).grades
    return [grade.model_dump() for grade in grades]


def _weekly(file: Path) -> tuple[AdditiveModel, Features]:
    beside = file.with_name(FEATURES_FILE)
    content, description = _read(file), _read(beside)
    model = _named(file, lambda: AdditiveModel.from_json(content))
    features = _named(beside, lambda: read_features(description))
    _named(beside, lambda: require_same_model(model, features))
    return model, features


def _read(file: Path) -> Any:
    try:
        return Store(file.parent).read_json(file.name)
    except OSError as error:
        raise ArtefactError(f"{file} cannot be read: {error.strerror}. {AGAIN}") from None
    except RecursionError:
        raise ArtefactError(f"{file} is not a model: nested too deeply. {AGAIN}") from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        reason = str(error).split(";")[0]
        raise ArtefactError(f"{file} is not a model: {reason}. {AGAIN}") from None


def _named(file: Path, read: Callable[[], T]) -> T:
    """Read the content of a file; errors name the file."""
    try:
        return read()
    except ArtefactError as error:
        raise ArtefactError(f"{file}: {error}") from None


class GradePart(Part):
    """What notebook 08 says of a channel; it says more than is read."""

    model_config = ConfigDict(extra="ignore")

    channel: Text
    label: Text
    grade_roi: Grade
    grade_mroi: Grade
    sentence: str


class GradesFile(File):
    """``grades.json``."""

    model_config = ConfigDict(extra="ignore")

    grades: list[GradePart]
