"""Dockerfile and compose.yaml start what ./foyer run starts, from the same lock file."""

import json

import pytest

from config.door import services, system


@pytest.fixture
def dockerfile(root):
    return (root / "Dockerfile").read_text()


@pytest.fixture
def compose(root):
    return (root / "compose.yaml").read_text()


def test_the_image_serves_as_the_door_does(dockerfile):
    command = services.web("python", host="0.0.0.0", port=8000, workers=2)

    assert dockerfile.rstrip().endswith(f"CMD {json.dumps(command)}")


def test_compose_works_and_migrates_as_the_door_does(compose):
    assert f"command: {json.dumps(services.worker('python'))}" in compose
    assert f"command: {json.dumps(services.migrate('python'))}" in compose


def test_the_image_installs_the_lock_file_with_hashes_and_the_same_pango(dockerfile):
    assert "--require-hashes" in dockerfile
    assert "-r requirements.lock" in dockerfile
    assert " ".join(system.PANGO) in dockerfile


def test_the_image_runs_as_nobody_special_and_tells_its_health(dockerfile):
    assert "\nUSER foyer\n" in dockerfile
    assert "/readyz" in dockerfile


def test_the_database_login_of_compose_is_no_superuser(compose):
    assert "CREATE ROLE foyer LOGIN NOSUPERUSER" in compose
    assert "postgresql://foyer:" in compose
