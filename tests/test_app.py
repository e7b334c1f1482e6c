"""The set-up from nothing but Python: what is done once, what is told when it cannot be done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import app
from tests.support import install


class Commands:
    """Note the commands that the set-up would run."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, *command: str) -> None:
        self.lines.append(" ".join((Path(command[0]).name, *command[1:])))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty project folder with uv on the machine."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / "pyproject.toml").write_text("[project]")
    monkeypatch.setattr(app, "ROOT", tmp_path)
    monkeypatch.setattr(app, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(app, "PROGRAMS", tmp_path / ".venv" / "bin")
    monkeypatch.setattr(app, "OWN_UV", tmp_path / ".uv")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return tmp_path


@pytest.fixture
def commands(project: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Give the list of commands instead of running them."""
    assert project.exists()
    commands = Commands()
    monkeypatch.setattr(app, "run", commands)
    return commands


def test_packages_are_installed_once(commands: Commands, project: Path) -> None:
    assert app.install_packages() == project / ".venv" / "bin"
    app.install_packages()
    assert commands.lines == ["uv sync --inexact --quiet --no-dev"]


def test_the_tests_add_their_packages_and_take_none_away(commands: Commands) -> None:
    app.install_packages()
    app.install_packages(for_tests=True)
    app.install_packages()
    assert commands.lines == ["uv sync --inexact --quiet --no-dev", "uv sync --inexact --quiet"]


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_packages_are_installed_again_when_the_wishes_change(
    commands: Commands, project: Path, name: str
) -> None:
    app.install_packages()
    (project / name).write_text("changed")
    app.install_packages()
    assert len(commands.lines) == 2


def test_packages_are_installed_again_when_python_is_gone(commands: Commands, project: Path) -> None:
    app.install_packages()
    (project / ".venv" / "bin" / "python").unlink()
    app.install_packages()
    assert len(commands.lines) == 2


def test_without_uv_one_is_installed_beside_the_project(
    commands: Commands, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert app.uv_path() == str(project / ".uv" / "bin" / "uv")
    assert commands.lines == [
        f"{Path(sys.executable).name} -m venv --clear {project}/.uv",
        f"python -m pip install --quiet {app.UV_VERSIONS}",
    ]


def test_the_uv_beside_the_project_is_taken_again(commands: Commands, project: Path) -> None:
    (project / ".uv" / "bin").mkdir(parents=True)
    (project / ".uv" / "bin" / "uv").touch()
    assert app.uv_path() == str(project / ".uv" / "bin" / "uv")
    assert commands.lines == []


@pytest.mark.usefixtures("project")
def test_root_gets_the_missing_part_of_python(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    app._make_venv_possible()
    assert commands.lines == ["apt-get update -qq", "apt-get install -y -qq python3-venv"]


def test_others_are_told_the_one_command_to_type(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="sudo apt-get install -y python3-venv"):
        app._make_venv_possible()
    assert commands.lines == []


def test_a_command_that_fails_ends_the_set_up_with_its_text(project: Path) -> None:
    with pytest.raises(SystemExit, match=r"This command failed(.|\n)*raise SystemExit\(3\)"):
        app.run(sys.executable, "-c", "raise SystemExit(3)")
    assert project.exists()


def test_without_a_command_the_server_starts(
    commands: Commands, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda program, command: became.extend([program, *command[1:]]))
    monkeypatch.delenv("CONFSCHED_DATA_DIR", raising=False)
    app.main([])
    app.main(["demo", "--json"])
    confsched = str(project / ".venv" / "bin" / "confsched")
    assert became == [confsched, "serve", confsched, "demo", "--json"]
    assert os.environ["CONFSCHED_DATA_DIR"] == str(project / "var")
    assert len(commands.lines) == 1


def _hide_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(install, "PLACES", ())


def test_root_gets_a_browser(commands: Commands, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _hide_browsers(monkeypatch)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    install.ensure_chromium(project)
    assert commands.lines == [
        "apt-get update -qq",
        "apt-get install -y -qq chromium libatomic1 fonts-dejavu-core",
    ]


@pytest.mark.parametrize("exit_code", [0, 1])
def test_others_get_the_browser_of_playwright_or_are_told_what_to_type(
    project: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int
) -> None:
    _hide_browsers(monkeypatch)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    playwright = project / "playwright"
    playwright.write_text(f'#!/bin/sh\ntest "$*" = "install chromium" && exit {exit_code}\nexit 9\n')
    playwright.chmod(0o755)
    if exit_code == 0:
        install.ensure_chromium(project)
        return
    with pytest.raises(SystemExit, match="sudo apt-get install -y chromium libatomic1 fonts-dejavu-core"):
        install.ensure_chromium(project)


def test_a_browser_that_is_there_is_taken(
    commands: Commands, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/opt/{name}")
    assert install.find_chromium() == Path("/opt/chromium")
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(install, "PLACES", (project / "no", project / "pyproject.toml"))
    assert install.find_chromium() == project / "pyproject.toml"
    install.ensure_chromium(project)
    assert commands.lines == []
