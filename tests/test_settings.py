"""Settings: the demo needs none, everything else is checked with a sentence that names the variable."""

from __future__ import annotations

import stat
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from confsched.settings import SECRET_KEY_FILE, VARIABLES, SettingsError, load_settings

KEY = "k" * 32
HOSPITAL = {
    "CONFSCHED_DATABASE_URL": "postgresql://confsched@db.example/confsched",
    "CONFSCHED_PUBLIC_URL": "https://confsched.example/",
    "CONFSCHED_SECRET_KEY": KEY,
}


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, str]:
    return {"CONFSCHED_DATA_DIR": str(tmp_path / "data")}


def test_the_demo_needs_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.is_demo
    assert not settings.is_https
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/confsched.sqlite"
    assert (settings.smtp_url, settings.imap_url) == (None, None)
    assert settings.mail_address == "termine@confsched.example"


def test_the_public_address_follows_the_port(folder: dict[str, str]) -> None:
    assert load_settings({**folder, "PORT": "8123"}).public_url == "http://127.0.0.1:8123"


def test_the_demo_key_is_made_once_and_only_its_owner_may_read_it(folder: dict[str, str]) -> None:
    first, second = load_settings(folder), load_settings(folder)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((first.data_dir / SECRET_KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(first.data_dir.stat().st_mode) == 0o700
    assert [path.name for path in first.data_dir.iterdir()] == [SECRET_KEY_FILE]


def test_two_demos_have_different_keys(tmp_path: Path) -> None:
    one, other = (load_settings({"CONFSCHED_DATA_DIR": str(tmp_path / name)}) for name in ("one", "other"))
    assert one.secret_key != other.secret_key


def test_a_key_that_another_process_has_just_made_is_kept(
    folder: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_settings(folder)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert load_settings(folder).secret_key == first.secret_key


def test_a_hospital_gets_what_it_has_set(folder: dict[str, str]) -> None:
    settings = load_settings({**folder, **HOSPITAL})
    assert not settings.is_demo
    assert settings.is_https
    assert settings.public_url == "https://confsched.example"
    assert settings.secret_key == KEY
    assert list(settings.data_dir.iterdir()) == []


def test_an_empty_variable_counts_as_not_set(folder: dict[str, str]) -> None:
    assert load_settings({**folder, "PORT": " ", "CONFSCHED_SMTP_URL": ""}).port == 8000


def test_mail_servers_and_the_senders_address_are_taken_as_given(folder: dict[str, str]) -> None:
    servers = {
        "CONFSCHED_SMTP_URL": "smtps://me%40a.example:p%2Fw@mail.example",
        "CONFSCHED_IMAP_URL": "imap://[::1]:1143",
    }
    settings = load_settings(
        {**folder, **HOSPITAL, **servers, "CONFSCHED_MAIL_ADDRESS": "konsil@klinik.example"}
    )
    assert [settings.smtp_url, settings.imap_url] == list(servers.values())
    assert settings.mail_address == "konsil@klinik.example"


def test_mails_come_from_the_public_host_unless_said_otherwise(folder: dict[str, str]) -> None:
    assert load_settings({**folder, **HOSPITAL}).mail_address == "confsched@confsched.example"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "0", "PORT must be a number from 1 to 65535, not “0”."),
        ("PORT", "65536", "from 1 to 65535"),
        ("PORT", "-1", "from 1 to 65535"),
        ("PORT", "http", "not “http”"),
        ("PORT", "8²", "from 1 to 65535"),
        ("CONFSCHED_DATABASE_URL", "mysql://db.example/x", "must begin with sqlite:/// or postgresql://"),
        ("CONFSCHED_DATABASE_URL", "confsched.sqlite", "must begin with sqlite:/// or postgresql://"),
        ("CONFSCHED_PUBLIC_URL", "confsched.example", "an address like https://confsched.example"),
        ("CONFSCHED_PUBLIC_URL", "https://confsched.example/sub", "without a path"),
        ("CONFSCHED_PUBLIC_URL", "https://me@confsched.example", "without a path"),
        ("CONFSCHED_PUBLIC_URL", "https://confsched.example:many", "valid host and port"),
        (
            "CONFSCHED_PUBLIC_URL",
            "http://confsched.example",
            "must begin with https:// unless it is this machine",
        ),
        ("CONFSCHED_PUBLIC_URL", "http://10.0.0.1", "must begin with https:// unless it is this machine"),
        ("CONFSCHED_SMTP_URL", "mail.example", "an address like smtps://user:password@host"),
        ("CONFSCHED_SMTP_URL", "imap://mail.example", "an address like smtps://user:password@host"),
        ("CONFSCHED_SMTP_URL", "smtp://mail.example:99999", "valid host and port"),
        ("CONFSCHED_IMAP_URL", "imaps://", "an address like imaps://user:password@host"),
        ("CONFSCHED_MAIL_ADDRESS", "Konsil <a@b.example>", "a plain address like"),
        ("CONFSCHED_MAIL_ADDRESS", "a@b.example\nBcc: c@d.example", "a plain address like"),
        ("CONFSCHED_SECRET_KEY", "", "at least 32 random characters"),
        ("CONFSCHED_SECRET_KEY", "k" * 31, "at least 32 random characters"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence_that_names_the_variable(
    folder: dict[str, str], variable: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({**folder, **HOSPITAL, variable: value})
    assert variable in str(refused.value)
    assert sentence in str(refused.value)


def test_the_default_database_at_a_public_address_is_no_demo(folder: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="CONFSCHED_SECRET_KEY"):
        load_settings({**folder, "CONFSCHED_PUBLIC_URL": "https://confsched.example"})


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"CONFSCHED_DATA_DIR: the folder .*file/data cannot be made"):
        load_settings({"CONFSCHED_DATA_DIR": str(tmp_path / "file" / "data")})


def test_a_data_folder_that_cannot_be_written_is_named(
    folder: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    with pytest.raises(SettingsError, match="CONFSCHED_DATA_DIR: nothing can be written"):
        load_settings(folder)


def test_no_password_is_shown(folder: dict[str, str]) -> None:
    secret = {
        "CONFSCHED_DATABASE_URL": "postgresql://me:hidden@db.example/confsched",
        "CONFSCHED_SMTP_URL": "smtp://me:hidden@mail.example",
        "CONFSCHED_SECRET_KEY": "hidden" * 8,
    }
    assert "hidden" not in repr(load_settings({**folder, **HOSPITAL, **secret}))
    with pytest.raises(SettingsError) as refused:
        load_settings({**folder, **HOSPITAL, "CONFSCHED_SMTP_URL": "smtp://me:hidden@mail.example:port"})
    assert "hidden" not in str(refused.value)


def test_settings_cannot_be_changed(folder: dict[str, str]) -> None:
    with pytest.raises(FrozenInstanceError):
        load_settings(folder).port = 1  # type: ignore[misc]


def test_each_variable_is_documented_once() -> None:
    source = Path(load_settings.__code__.co_filename).read_text()
    names = [variable.name for variable in VARIABLES]
    assert len(set(names)) == len(names)
    assert all(source.count(f'"{name}"') >= 2 for name in names), "documented and read"


def test_internal_calendar_servers_are_named_by_host_and_port(folder: dict[str, str]) -> None:
    given = {**folder, "CONFSCHED_ALLOWED_HOSTS": " Calendar.intra.example, 10.0.0.7:8443 ,"}
    assert load_settings(given).allowed_hosts == {"calendar.intra.example", "10.0.0.7:8443"}
    assert load_settings(folder).allowed_hosts == frozenset()


@pytest.mark.parametrize("hosts", ["https://calendar.example", "calendar.example/path", "a b", "host:port"])
def test_an_allowed_host_is_not_a_whole_address(folder: dict[str, str], hosts: str) -> None:
    with pytest.raises(SettingsError, match="CONFSCHED_ALLOWED_HOSTS"):
        load_settings({**folder, "CONFSCHED_ALLOWED_HOSTS": hosts})


def test_the_readme_names_every_variable() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert [one.name for one in VARIABLES if f"| `{one.name}` |" not in readme] == []


def test_a_key_that_is_too_short_is_refused_in_the_demo_as_well(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 32 random characters"):
        load_settings({"CONFSCHED_DATA_DIR": str(tmp_path), "CONFSCHED_SECRET_KEY": "short"})
