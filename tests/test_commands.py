"""``python -m mmm``: a real server is started, called and stopped; files are scored."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from numpy.testing import assert_allclose
from panels import panel_study
from services import CLASSIC, store_pooled

from mmm import __main__
from mmm.run import cli
from mmm.serve import create_app
from mmm.serve.requests import BODY_LIMIT

SOURCE = Path(__file__).resolve().parents[1] / "src"


@pytest.fixture
def results(served):
    """Two studies with models: results/pooled and results/weekly."""
    return served


def python_m_mmm(*arguments, **options):
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-W", "error", "-m", "mmm", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture(scope="module")
def server(served):
    """A running server of the weekly study: its process and URL."""
    arguments = ("--study", "weekly", "--output", served, "--port", "0", "--threads", "2")
    with python_m_mmm("serve", *arguments) as process:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            process.kill()
            pytest.fail(line + process.stderr.read())
        log = []
        reader = threading.Thread(target=lambda: log.extend(process.stderr), daemon=True)
        reader.start()
        yield process, found.group(0), log
        if process.poll() is None:
            process.kill()
        reader.join()


def raw(url, message):
    """Send bytes that no client library would send, and return the answer."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(message)
        answer = b""
        with suppress(ConnectionResetError):  # what it did not want to read
            while part := connection.recv(65536):
                answer += part
    return answer


def test_a_running_server_answers(server):
    _, url, _ = server
    assert requests.get(url, timeout=10).text == "MMM Model is running!"
    example = requests.get(f"{url}/model", timeout=10).json()["example"]
    answer = requests.post(f"{url}/predict", json=example, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["predicted_revenue"] > 0


def test_broken_http_is_refused_in_json(server):
    _, url, _ = server
    for message, status in [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 16_500 + b"\r\n\r\n", b"431"),
        (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
            b"413",
        ),
    ]:
        head, _, body = raw(url, message).partition(b"\r\n\r\n")
        assert head.split()[1] == status
        assert b"Content-Type: application/json" in head
        assert set(json.loads(body)) == {"error", "field", "reason", "remedy"}


def test_large_bodies_and_other_hosts_are_refused(server):
    _, url, _ = server
    headers = {"Content-Type": "application/json"}
    large = requests.post(f"{url}/predict", b"x" * (BODY_LIMIT + 1), headers=headers, timeout=10)
    assert large.status_code == 413
    assert large.json()["remedy"]
    other = requests.get(f"{url}/health", headers={"Host": "evil.example"}, timeout=10)
    assert other.status_code == 400


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_sigterm_lets_the_request_at_work_finish(server):
    process, url, log = server
    answers = []
    work = threading.Thread(
        target=lambda: answers.append(requests.post(f"{url}/optimize", json={}, timeout=30))
    )
    work.start()
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    work.join()
    assert answers[0].status_code == 200
    assert process.wait(20) == 0
    assert process.stdout.read() == "Stopped.\n"
    assert any('POST "/optimize" 200' in line for line in log)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)


def test_a_taken_port_is_an_error_on_one_screen(results):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = ("--study", "pooled", "--output", results, "--port", port)
        with python_m_mmm("serve", *arguments) as process:
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Address already in use" in errors
    assert "Traceback" not in errors


def run(capsys, *arguments):
    """Run the commands in this process; return exit code, output and errors."""
    former = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as stopped:
            __main__.main([str(argument) for argument in arguments])
    finally:
        signal.signal(signal.SIGTERM, former)
    return stopped.value.code, *capsys.readouterr()


def test_predict_scores_a_file(results, tmp_path, capsys):
    source = results / "pooled" / "tables" / "panel_literal_fitted.csv"
    target = tmp_path / "out.csv"
    code, out, _ = run(capsys, "predict", source, target, "--study", "pooled", "--output", results)
    assert code == 0
    assert f"rows: {target}" in out
    assert target.read_text().count("\n") == source.read_text().count("\n")


def test_predict_names_row_and_column_of_a_mistake(results, tmp_path, capsys):
    source = tmp_path / "in.csv"
    values = CLASSIC | {"month": 14}
    source.write_text(f"{','.join(values)}\n{','.join(map(str, values.values()))}\n")
    arguments = ("predict", source, tmp_path / "out.csv", "--study", "pooled", "--output", results)
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert "in.csv, data row 1, column 'month': '14' cannot be used" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--study", "halo_case_stud"], "did you mean"),
        (["--study", "halo_case_study"], "run_all.py --study halo_case_study"),
        (["--model", "nowhere.json"], "no such file"),
    ],
)
def test_a_missing_model_is_an_error_with_a_remedy(results, capsys, arguments, message):
    code, _, errors = run(capsys, "serve", *arguments, "--output", results)
    assert code == 2
    assert message in errors


def test_a_model_file_itself_can_be_given(results):
    file = results / "weekly" / "models" / "model.json"
    assert __main__.find_model("no matter", None, file) == file


def test_the_example_of_the_readme_prints_its_answer(tmp_path):
    """The curl command of the README against the full panel, without the shell."""
    text = (SOURCE.parent / "README.md").read_text("utf-8")
    path, body = re.search(
        r"curl -s 'http://[^/]+(/\S+)' .*? -d '(\{.*?\})'", text, re.DOTALL
    ).groups()
    printed = json.loads(re.search(r'^\{"predicted_revenue":.*\}$', text, re.MULTILINE).group(0))
    assert json.loads(body) == CLASSIC
    client = create_app(store_pooled(tmp_path, panel_study())).test_client()
    answer = client.post(path, data=body, content_type="application/json").json
    assert list(answer) == list(printed)
    assert_allclose(answer["predicted_revenue"], printed["predicted_revenue"], rtol=1e-9)


def test_run_is_the_command_of_run_all():
    assert __main__.group.commands["run"] is cli.command
    shown = CliRunner().invoke(__main__.group, ["--help"]).output
    for name in ("run", "serve", "predict"):
        assert re.search(rf"^  {name} ", shown, re.MULTILINE)
    assert CliRunner().invoke(__main__.group, ["run", "--help"]).exit_code == 0
