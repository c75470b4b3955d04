"""The data directory: what can be none is refused; its folders are its owner's."""

import os
import stat

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local import java, place
from pipelines.local.account import own_account
from pipelines.settings import make_private, settings


@pytest.fixture
def impossible(tmp_path):
    """Paths that can be no folder, by what they are."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to("/proc/nowhere")
    return {
        "a file": str(tmp_path / "file"),
        "below a file": str(tmp_path / "file" / "below"),
        "below a device": "/dev/null/x",
        "a loop": str(tmp_path / "loop"),
        "below a loop": str(tmp_path / "loop" / "below"),
        "a link to where none can be": str(tmp_path / "dangling"),
        "too long a name": str(tmp_path / ("x" * 300)),
        "where none can be made": "/proc/x/y",
        "of nobody": "~nobody-of-this-name/x",
        "not UTF-8": os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"),
    }


@pytest.mark.parametrize("command", [("up", "sandbox"), ("down",), ("status",)])
def test_an_impossible_data_directory_is_refused_in_a_sentence(
    impossible, monkeypatch, command
):
    for what, path in impossible.items():
        monkeypatch.setenv("BULLION_DATA_DIR", path)
        settings.cache_clear()
        done = CliRunner().invoke(app, list(command))
        if command == ("status",) and done.exit_code == 0:
            continue  # it makes nothing, and says that nothing runs
        assert done.exit_code == 78, (what, done.exception)
        assert "BULLION_DATA_DIR" in done.output, what
    settings.cache_clear()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write what is closed to others")
def test_a_data_directory_that_can_not_be_written_is_refused(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path / "closed"))
    settings.cache_clear()
    done = CliRunner().invoke(app, ["down"])
    tmp_path.chmod(0o700)
    assert done.exit_code == 78
    assert "Permission denied: set BULLION_DATA_DIR" in done.output


def test_what_is_made_below_is_its_owners_alone(tmp_path):
    make_private(tmp_path / "one" / "two")
    modes = [(tmp_path / part).stat().st_mode for part in ("one", "one/two")]
    assert [stat.S_IMODE(mode) for mode in modes] == [0o700, 0o700]


def test_a_file_of_properties_holds_names_of_every_script():
    text = java.properties_text({"log.dirs": "/données/\U0001d49c/a\\b"})
    assert text.isascii()
    assert text.splitlines()[1] == "log.dirs=/donn\\u00e9es/\\ud835\\udc9c/a\\\\b"


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder outside that belongs to a data directory, which was lost."""
    monkeypatch.setattr(place, "STATE_PARENTS", (tmp_path,))
    folder = tmp_path / f"{place.PREFIX}abc"
    folder.mkdir()
    own_account().write(folder / place.ORIGIN, f"{tmp_path / 'home'}\n")
    return folder


def test_data_outside_is_found_when_its_data_directory_was_lost(outside, tmp_path):
    assert place.recorded(tmp_path / "home") == outside
    assert place.recorded(tmp_path / "another") is None
    assert place.strays() == [outside]
    said: list[str] = []
    (tmp_path / "home").mkdir()
    for _ in range(2):
        place.state_folder(tmp_path / "home", "postgres", own_account(), said.append)
    (line,) = said
    assert str(outside) in line
    assert "bullion down --delete" in line


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_folder_that_another_user_points_at_ours_is_not_taken(outside, tmp_path):
    os.chown(outside / place.ORIGIN, 12345, 12345)
    assert place.recorded(tmp_path / "home") is None


def test_that_data_moved_is_said_in_one_line(tmp_path):
    line = place.moved(tmp_path / "home", tmp_path / "outside")
    assert "\n" not in line
    assert str(tmp_path / "outside") in line
    assert "bullion down --delete" in line
