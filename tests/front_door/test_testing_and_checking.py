import os
import signal

import pytest

from config.door import pinning, system, testing
from config.door.telling import Trouble

from .conftest import until


def test_the_suite_and_the_browser_tests_run_in_processes_of_their_own(house):
    house.give("chromium")

    result = house.door("test", "-x")

    assert result.returncode == 0, result.stderr
    (suite,) = house.calls("suite")
    assert "-p no:playwright -m not browser" in suite
    assert suite.split()[-1] == "-x"
    assert "-m browser" in house.calls("browser")[0]
    assert "tests/browser -x" in house.calls("browser")[0]
    assert house.calls("browser")[0].endswith(str(house.tools / "chromium"))


def test_a_named_path_runs_in_the_process_it_belongs_to(house):
    house.give("chromium")

    house.door("test", "tests/one.py::test_it", "-k", "word")
    house.door("test", "tests/browser/page.py")

    assert [call.split()[-3:] for call in house.calls("suite")] == [
        ["tests/one.py::test_it", "-k", "word"]
    ]
    assert len(house.calls("browser")) == 1
    assert " tests/browser " not in house.calls("browser")[0]


@pytest.mark.parametrize(
    ("arguments", "spread"),
    [
        ([], True),
        (["-x", "-k", "word"], True),
        (["tests/house"], True),
        (["tests/one.py"], False),
        (["tests/one.py::test_it"], False),
        (["-n0"], False),
        (["--pdb"], False),
    ],
)
def test_every_core_takes_its_share_of_folders_and_a_file_stays_together(house, arguments, spread):
    (house.root / "tests/house").mkdir()

    house.door("test", *arguments)

    (call,) = house.calls("suite")
    workers = f"-n {min(os.cpu_count(), 4)} --dist loadfile"
    assert (workers in call) == (spread and os.cpu_count() > 1)


def test_without_a_browser_one_line_says_what_was_skipped(house):
    result = house.door("test", PATH=str(house.tools))

    assert result.returncode == 0
    assert "The browser tests are skipped" in result.stderr
    assert house.calls("browser") == []


def test_pictures_are_made_of_every_page_and_of_nothing_else(house):
    house.give("chromium")

    result = house.door("shots", "-x")

    assert result.returncode == 0, result.stderr
    (call,) = house.calls("browser")
    assert "tests/browser/test_every_page.py -x" in call
    assert house.calls("suite") == []
    assert "0 pictures lie in" in result.stderr


@pytest.mark.skipif(not system.may_install(), reason="only root installs, and only on Debian")
def test_on_debian_root_gets_the_browser_installed_with_fresh_lists_if_need_be(house):
    house.door("test", PATH=str(house.tools))

    calls = [call.split("=120 ")[1] for call in house.calls("apt-get")]
    assert calls == ["install --no-install-recommends chromium", "update"]


@pytest.mark.skipif(not system.may_install(), reason="only root installs, and only on Debian")
def test_an_installation_by_debian_is_never_cut_short(house):
    door = house.open("test", PATH=str(house.tools), APT_TAKES="1")
    until(lambda: house.calls("apt-get"), door)

    door.send_signal(signal.SIGTERM)

    assert door.wait(5) == 130
    until(lambda: "apt-get-ended" in (house.tools / "calls").read_text())


def test_the_exit_code_is_that_of_the_first_failure(house):
    house.give("chromium")

    suite = house.door("test", SUITE_ENDS_WITH="1", BROWSER_ENDS_WITH="2")
    browser = house.door("test", BROWSER_ENDS_WITH="2")

    assert suite.returncode == 1
    assert browser.returncode == 2


@pytest.mark.parametrize(
    ("codes", "verdict"), [([5, 0], 0), ([0, 5], 0), ([5, 5], 5), ([5], 5), ([5, 1], 1), ([0], 0)]
)
def test_a_part_without_tests_is_no_failure_beside_one_that_ran(codes, verdict):
    assert testing.verdict(codes) == verdict


def test_the_tests_leave_no_server_behind(house):
    house.door("test")

    assert house.calls("embedded") == [f"stop --if-unused {house.home}"]


def test_check_runs_everything_and_prints_one_line_each(house):
    result = house.door("check")

    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout
    assert len(lines) == 7
    assert all(" ok " in line for line in lines)


def test_check_shows_what_failed_and_goes_on(house):
    result = house.door("check", FAILING="importlinter mypy")

    assert result.returncode == 1
    assert [line.split("  ")[0] for line in result.stdout.splitlines() if " failed " in line] == [
        "Import contracts",
        "Types",
    ]
    assert "importlinter looked at the imports" in result.stdout
    assert "Deployment" in result.stdout


def test_check_looks_at_deployment_with_production_settings(house):
    (house.root / "manage.py").write_text(
        "import os, sys\n"
        "print(os.environ['FOYER_URL'], len(os.environ['SECRET_KEY']) >= 50, sys.argv[1:])\n"
        "sys.exit('--deploy' in sys.argv)\n"
    )

    result = house.door("check")

    assert "https://foyer.example True ['check', '--deploy'" in result.stdout


def test_lock_writes_both_files_with_hashes_and_no_index(house):
    result = house.door("lock", "--upgrade")

    calls = [call for call in house.calls("uv") if call.startswith("pip compile")]
    assert result.returncode == 0, result.stderr
    assert len(calls) == 2
    assert all("--generate-hashes --no-emit-index-url" in call for call in calls)
    assert all(call.endswith("--upgrade") for call in calls)
    assert "--group dev" in calls[1]


def test_lock_refuses_the_address_of_an_index(house):
    result = house.door("lock", UV_WRITES="--index-url https://mirror.example/simple\ndjango==5\n")

    assert result.returncode == 1
    assert "names a package index in line 1" in result.stderr


def test_the_committed_lock_files_name_no_index(root):
    for name in ("requirements.lock", "requirements-dev.lock"):
        pinning.refuse_addresses(name, (root / name).read_text())


def test_an_address_in_a_lock_file_is_found_wherever_it_stands():
    with pytest.raises(Trouble, match="line 2"):
        pinning.refuse_addresses("a.lock", "django==5\nfoo @ https://example.com/foo.whl\n")
