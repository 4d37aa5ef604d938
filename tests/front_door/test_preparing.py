import json
import shutil
import signal
import subprocess
import sys

import pytest

from .conftest import ROOT, until


def installs(house):
    return [call for call in house.calls("uv") if call.startswith("pip install")]


def environments(house):
    return [call for call in house.calls("uv") if call.startswith("venv")]


def test_a_first_call_makes_the_environment_from_the_hashed_lock_file(house):
    result = house.door("manage", "greet")

    assert result.returncode == 0, result.stderr
    assert len(environments(house)) == 1
    assert "--require-hashes" in installs(house)[0]
    assert installs(house)[0].endswith("requirements.lock")


def test_a_second_call_installs_nothing(house):
    house.door("manage", "greet")

    house.door("manage", "greet")

    assert len(installs(house)) == 1


def test_a_changed_lock_file_is_installed_into_the_same_environment(house):
    house.door("manage", "greet")
    (house.root / "requirements.lock").write_text("django==5.2.1\n")

    house.door("manage", "greet")

    assert len(environments(house)) == 1
    assert len(installs(house)) == 2


def test_the_test_tools_are_added_in_place_and_serve_for_running_too(house):
    house.door("manage", "greet")

    house.door("test")
    house.door("manage", "greet")

    assert len(environments(house)) == 1
    assert [call.split()[-1].split("/")[-1] for call in installs(house)] == [
        "requirements.lock",
        "requirements-dev.lock",
    ]


def test_an_interrupted_installation_is_done_anew(house):
    house.door("manage", "greet")
    (house.root / "requirements.lock").write_text("django==5.2.1\n")
    (house.tools / "installing").unlink()
    door = house.open("manage", "greet", UV_TAKES="60")
    until((house.tools / "installing").exists, door)
    door.send_signal(signal.SIGTERM)
    code = door.wait(20)

    result = house.door("manage", "greet")

    assert code == 130
    assert "Interrupted." in door.log.read_text()
    assert result.returncode == 0, result.stderr
    assert len(environments(house)) == 2


def test_two_doors_at_once_install_only_once(house):
    first = house.open("manage", "greet", UV_TAKES="1")
    until((house.tools / "installing").exists, first)

    second = house.door("manage", "greet")

    assert first.wait(20) == 0
    assert "waiting for it" in second.stderr
    assert second.returncode == 0, second.stderr
    assert len(installs(house)) == 1


def test_a_killed_door_keeps_others_out_until_its_installer_has_ended(house):
    first = house.open("manage", "greet", UV_TAKES="1.5")
    until((house.tools / "installing").exists, first)
    first.kill()
    first.wait()

    second = house.door("manage", "greet")

    assert "waiting for it" in second.stderr
    assert second.returncode == 0, second.stderr
    assert len(environments(house)) == 2


def test_a_moved_state_folder_gets_a_new_environment(house):
    house.door("manage", "greet")
    house.home = house.home.rename(house.home.with_name("moved"))

    result = house.door("manage", "greet")

    assert result.returncode == 0, result.stderr
    assert len(environments(house)) == 2


@pytest.mark.parametrize("other", ["nowhere", "newer-python"])
def test_an_environment_whose_python_went_or_changed_is_made_anew(house, other):
    house.door("manage", "greet")
    (house.tools / "newer-python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (house.tools / "newer-python").chmod(0o755)
    python = house.home / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(house.tools / other)

    result = house.door("manage", "greet")

    assert result.returncode == 0, result.stderr
    assert len(environments(house)) == 2


def no_network():
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }


def test_a_broken_uv_is_passed_over_and_without_network_one_sentence_says_so(house):
    result = house.door("manage", "greet", UV_IS_BROKEN="1", **no_network())

    assert result.returncode == 1
    assert environments(house) == []
    assert "The packages cannot be fetched" in result.stderr
    assert "PIP_INDEX_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_uv_that_fails_is_followed_by_pip_and_what_both_left_is_not_trusted(house):
    first = house.door("manage", "greet", UV_FAILS="Out of order.", **no_network())
    pip = house.home / "venv" / "bin" / "pip"
    made_by_pip = pip.exists()

    second = house.door("manage", "greet")

    assert "going on with pip" in first.stderr
    assert first.returncode == 1
    assert made_by_pip
    assert second.returncode == 0, second.stderr
    assert not pip.exists()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(house):
    in_the_way = house.tools / "a file"
    in_the_way.touch()

    result = house.door("run", FOYER_HOME=str(in_the_way / "state"))

    assert result.returncode == 1
    assert "Foyer cannot write to" in result.stderr
    assert "Set FOYER_HOME" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(house):
    house.door("manage", "greet")
    path = house.home / "secret_key"
    first = path.read_text()

    house.door("manage", "greet")

    assert path.read_text() == first
    assert len(first) >= 50
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_key_from_outside_is_left_alone(house):
    house.door("manage", "greet", SECRET_KEY="k" * 50)

    assert not (house.home / "secret_key").exists()


def test_the_checkout_stays_as_it_was(house):
    before = sorted(house.root.rglob("*"))

    house.door("manage", "greet")
    house.door("test")
    house.door("check")

    assert sorted(house.root.rglob("*")) == before


def test_manage_leaves_standard_output_to_the_command_and_passes_its_exit_code(house):
    greeting = house.door("manage", "greet", "--help", "x y")
    failure = house.door("manage", "fail")

    assert greeting.stdout == "greet was called with ['--help', 'x y']\n"
    assert failure.returncode == 7


def test_a_callers_own_python_and_django_settings_do_not_lead_astray(house):
    (house.root / "manage.py").write_text(
        "import os\nprint([os.environ.get(n) for n in ('PYTHONPATH', 'DJANGO_SETTINGS_MODULE')])\n"
    )

    result = house.door("manage", PYTHONPATH="/nowhere", DJANGO_SETTINGS_MODULE="another.settings")

    assert result.stdout == "[None, 'config.settings']\n"


def test_an_old_python_is_told_so_in_one_sentence(house, tmp_path):
    # Only the first file runs in an old Python; here it believes to be one.
    text = (house.root / "foyer").read_text()
    (house.root / "foyer").write_text(text.replace("OLDEST = (3, 11)", "OLDEST = (3, 99)"))

    result = house.door("help")

    assert result.returncode == 1
    assert "Foyer needs Python 3.11 or newer" in result.stderr


def test_the_first_file_can_be_parsed_by_old_pythons():
    import ast

    ast.parse((ROOT / "foyer").read_text(), feature_version=(3, 6))


def test_help_lists_every_command(house):
    from config.door.commands import COMMANDS

    result = house.door("help")

    assert result.returncode == 0
    assert all(f"./foyer {name}" in result.stdout for name in COMMANDS if name[0] != "-")


def test_an_unknown_command_points_to_help(house):
    result = house.door("dance")

    assert result.returncode == 2
    assert "./foyer help" in result.stderr


def test_the_door_needs_nothing_but_the_standard_library(tmp_path):
    shutil.copytree(ROOT / "config" / "door", tmp_path / "config" / "door")
    (tmp_path / "config" / "__init__.py").touch()
    program = "import config.door.commands, sys; print(sorted(sys.modules))"

    # -I: no site-packages of the caller, no user site, no environment variables.
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr


def test_the_stamp_names_what_was_installed(house):
    house.door("test")

    stamp = json.loads((house.home / "venv" / "foyer-stamp.json").read_text())

    assert set(stamp) == {"runtime", "dev", "place", "python"}
