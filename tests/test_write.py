"""Reports written to files."""

import os
import stat
import threading
from pathlib import Path

import pytest

from hullcheck.errors import HullcheckError
from hullcheck.written import write


def test_a_report_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("before")
    write(str(tmp_path / "report"), "after\n")
    assert (tmp_path / "report").read_text() == "after\n"
    assert os.listdir(tmp_path) == ["report"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("mine")
    (tmp_path / "link").symlink_to("real")
    write(str(tmp_path / "link"), "text")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_text() == "text"
    assert (tmp_path / "real").read_text() == "mine"


def test_a_device_by_another_name_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(os.devnull)
    write(str(tmp_path / "link"), "text")
    assert (tmp_path / "link").is_symlink()
    assert not stat.S_ISREG(os.stat(os.devnull).st_mode)


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write(str(pipe), "text")
    reader.join(10)
    assert read == ["text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(HullcheckError, match="can't be written"):
        write(str(tmp_path / "no" / "report"), "text")
    with pytest.raises(HullcheckError, match="can't be written"):
        write(str(tmp_path), "text")
    assert os.listdir(tmp_path) == []
