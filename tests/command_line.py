"""The command line as a process of its own, running the smallest study quickly."""

import os
import subprocess
import sys

from mmm import paths

STUDY = "linear_baseline"
FAST = ("--study", STUDY, "--quick", "--model", "ridge")
RUN_ALL = (str(paths.project_root() / "run_all.py"),)
#: What the notebooks of a traced run have read, a process and a result a line.
READS = "reads.log"
#: Runs the command line with kernels that note which results they read.
TRACED = """
import sys
from mmm.run import cli, kernels
plain = kernels.kernel_environment
def traced(*places, **options):
    found = plain(*places, **options)
    return {**found, "PYTHONPATH": sys.argv[1] + ":" + found["PYTHONPATH"]}
kernels.kernel_environment = traced
cli.main(sys.argv[2:])
"""
HOOK = """
import os, sys
folder = os.environ.get("MMM_OUTPUT")
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(folder):
        if arguments[1] in ("r", "rb"):
            line = f"{os.getpid()} {arguments[0][len(folder) + 1:]}\\n"
            os.write(log, line.encode())
if folder:
    name = os.path.join(os.path.dirname(__file__), "READS")
    log = os.open(name, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    sys.addaudithook(note)
""".replace("READS", READS)


def start(output, *words, cwd=None, program=RUN_ALL):
    """Start the command line, printing a line for every cell, as the leader of a group."""
    return subprocess.Popen(
        [sys.executable, *program, *words, "--output", str(output), "-v"],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(paths.project_root() / "src"),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process):
    text, _ = process.communicate(timeout=900)
    assert process.returncode == 0, text
    return text


def traced_run(folder):
    """Run the smallest study once, started from another folder, noting what notebooks read."""
    trace = folder / "trace"
    trace.mkdir()
    (trace / "sitecustomize.py").write_text(HOOK, "utf-8")
    program = ("-c", TRACED, str(trace))
    text = finish(start(folder, *FAST, "--jobs", "1", cwd=folder, program=program))
    assert text.splitlines()[-1] == str(folder / STUDY / "report.html")
