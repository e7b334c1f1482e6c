"""`python3 app.py [command]`: set up on a machine that has nothing but Python 3.8, then run the command.

Only the standard library may be imported here: nothing else is installed yet.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NoReturn, Sequence

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PROGRAMS = ENVIRONMENT / "bin"
OWN_UV = ROOT / ".uv"
UV_VERSIONS = "uv>=0.8,<1"


def main(arguments: Sequence[str]) -> NoReturn:
    """Become `confsched` with these arguments, `serve` when there are none."""
    install_packages()
    os.environ.setdefault("CONFSCHED_DATA_DIR", str(ROOT / "var"))
    become(str(PROGRAMS / "confsched"), *(arguments or ["serve"]))


def install_packages(*, for_tests: bool = False) -> Path:
    """Return the folder of the installed programs, after installing what is missing there.

    Nothing is ever removed: a server may be running out of the same folder while the tests are being set up.
    """
    with _one_at_a_time():
        if not _is_complete(for_tests):
            say("Setting up (once, about half a minute) ...")
            run(uv_path(), "sync", "--inexact", "--quiet", *([] if for_tests else ["--no-dev"]))
            _note_complete(for_tests)
    return PROGRAMS


def uv_path() -> str:
    """Return the uv program: the machine's own, else one that is installed beside the project."""
    program = OWN_UV / "bin" / "uv"
    if program.exists():
        return str(program)
    return shutil.which("uv") or str(_install_uv(program))


def _install_uv(program: Path) -> Path:
    _make_venv_possible()
    say("Fetching uv, which installs the packages ...")
    run(sys.executable, "-m", "venv", "--clear", str(OWN_UV))
    run(str(OWN_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", UV_VERSIONS)
    return program


def _make_venv_possible() -> None:
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    if not may_install_system_packages():
        sys.exit("Python cannot make environments here. Type this once and start again:\n"
                 "  sudo apt-get install -y python3-venv")  # fmt: skip
    install_system_packages("python3-venv")


def may_install_system_packages() -> bool:
    """Tell whether this is a Debian-like machine and we are its administrator."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_system_packages(*names: str) -> None:
    """Install packages of the operating system, without a question."""
    say(f"Installing {', '.join(names)} ...")
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", *names)


def run(*command: str) -> None:
    """Run a command in the project's folder with its output on stderr; exit with a sentence when it fails."""
    # Compile now: where PYTHONDONTWRITEBYTECODE is set, each process would compile each package anew.
    environment = {**os.environ, "UV_COMPILE_BYTECODE": "1", "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT)}
    environment.pop("VIRTUAL_ENV", None)
    if _has_certificates():  # hospitals often inspect TLS: trust whom the machine trusts
        environment.setdefault("UV_SYSTEM_CERTS", "1")
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(
            f"The set-up stopped. This command failed, its reason stands above:\n  {shlex.join(command)}"
        )


def _has_certificates() -> bool:
    """Tell whether the machine has a store of certificates; a bare one has none, and uv brings its own."""
    places = ssl.get_default_verify_paths()
    return bool(places.cafile or (places.capath and any(Path(places.capath).glob("*.0"))))


def become(*command: str) -> NoReturn:
    """Replace this process, so that a signal to it reaches the program."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)


def say(sentence: str) -> None:
    """Tell the person who waits what is going on, on stderr."""
    print(sentence, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _is_complete(for_tests: bool) -> bool:
    stamp = _stamp(for_tests)
    return stamp.exists() and (PROGRAMS / "python").exists() and stamp.read_text() == _wanted()


def _note_complete(for_tests: bool) -> None:
    for stamp in {_stamp(False), _stamp(for_tests)}:
        stamp.write_text(_wanted())


def _stamp(for_tests: bool) -> Path:
    return ENVIRONMENT / ("complete-for-tests" if for_tests else "complete")


def _wanted() -> str:
    files = [path for path in (ROOT / "pyproject.toml", ROOT / "uv.lock") if path.exists()]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
