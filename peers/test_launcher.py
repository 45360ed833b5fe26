"""The launcher: help of each command, odd folders, odd environments."""

import os
import re
import shutil
import subprocess

import pytest

import servers

LAUNCHER = servers.ROOT / "millwright"
COMMANDS = ["server", "config", "gc", "import", "import mlflow", "ledger", "ledger verify", "ledger export", "ledger check",
            "ledger prune", "demo", "test", "bench", "bench tracking", "bench ui"]  # fmt: skip


def run(*arguments, **environment):
    return subprocess.run([str(LAUNCHER), *arguments], env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command):
    done = run(*command.split(), "--help")

    assert done.returncode == 0, done.stderr
    assert re.search("usage:", done.stdout, re.IGNORECASE)


def test_without_a_command_it_says_what_there_is():
    done = run()

    assert done.returncode == 2
    assert "server" in done.stdout and "ledger" in done.stdout


def test_an_unknown_command_names_the_known_ones():
    done = run("sevrer")

    assert done.returncode == 2
    assert "server" in done.stdout + done.stderr


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": None, "LANG": None}, {"HOME": None}])
def test_it_serves_a_home_with_blanks_and_umlauts_under_any_locale(folder, environment):
    home = folder / f"größer und weiter {len(str(environment))}"
    with servers.start_millwright(home, env=environment):
        pass

    assert (home / "millwright.db").exists()
    shutil.rmtree(home)


def test_without_a_jdk_it_says_how_to_get_one(folder):
    empty = folder / "no jdk"
    empty.mkdir(exist_ok=True)

    done = run("config", MILLWRIGHT_JAVA_HOME=str(empty))

    assert done.returncode == 1
    assert "JDK 25" in done.stderr and str(empty) in done.stderr
