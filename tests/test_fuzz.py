"""Random damage to data and study files: a result or one of our named errors, nothing else."""

from pathlib import Path

import pytest
from bad_inputs import tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmm import paths
from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.study_draft import to_toml
from mmm.errors import MMMError
from mmm.study.load import load_study
from mmm.study.study import Study

GOOD_CSV = tables.written(tables.good_table())
GOOD_STUDY = (paths.data_folder() / paths.DEFAULT_STUDY / "study.toml").read_bytes()
FUZZ = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def damaged(draw, good: bytes) -> bytes:
    """Replace a few stretches of a good file by other bytes."""
    content = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        patch = draw(st.one_of(st.binary(max_size=8), st.text(max_size=8).map(str.encode)))
        content = content[:start] + patch + content[start + length :]
    return content


def refused(act) -> bool:
    """Tell whether a call ends in a named error that fits on a screen."""
    message = ""
    try:
        act()
    except MMMError as error:
        message = str(error)
    assert len(message.splitlines()) <= 12
    assert len(message) < 3000
    return bool(message)


def analyse(path: Path) -> None:
    """Go as far as a run goes before its first kernel starts."""
    toml = path.with_name("study.toml")
    toml.write_text(to_toml(guess_roles(path), "fuzz"), "utf-8")
    study = load_study(toml)
    clean(read_table(path), study)


@FUZZ
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_read_or_refused(content, tmp_path):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(content)
    refused(lambda: read_table(path))


@FUZZ
@given(content=damaged(GOOD_CSV))
def test_a_damaged_table_is_used_or_refused(content, tmp_path):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(content)
    refused(lambda: analyse(path))


@FUZZ
@given(content=damaged(GOOD_STUDY))
def test_a_damaged_study_file_is_read_or_refused(content, tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    if not refused(lambda: load_study(path)):
        assert isinstance(load_study(path), Study)


@pytest.mark.parametrize("good", [GOOD_CSV, GOOD_STUDY], ids=["table", "study"])
def test_the_undamaged_files_are_accepted(good, tmp_path):
    path = tmp_path / ("fuzz.csv" if good is GOOD_CSV else "study.toml")
    path.write_bytes(good)
    assert not refused(lambda: analyse(path) if good is GOOD_CSV else load_study(path))
