"""What cannot be listened on is told before anything is made for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from alara.app.receive import Stop, listen
from alara.config import Config
from alara.errors import NetworkError


@pytest.mark.parametrize("which", ["port", "metrics_port"])
def test_a_port_that_is_taken_leaves_nothing_behind(which: str, tmp_path: Path) -> None:
    if which == "metrics_port":
        pytest.importorskip("prometheus_client")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"port": 0, which: taken.getsockname()[1]}
        config = Config(host="127.0.0.1", data_dir=tmp_path / "data", key_file=tmp_path / "key", **ports)
        with pytest.raises(NetworkError, match=str(taken.getsockname()[1])) as refused:
            listen(config, ready=lambda _: None, stop=Stop())
    assert f"--{which.replace('_', '-')}" in refused.value.hint
    assert list(tmp_path.iterdir()) == []
