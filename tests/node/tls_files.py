"""Certificates for the tests, made by openssl: two authorities, a node, a C-arm, and a stranger."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["make_certificates"]


def make_certificates(folder: Path, openssl: str) -> None:
    """Write ``ca.pem``, and certificate and key of ``node`` and ``carm``; ``other-ca.pem`` and its ``stranger``."""
    for authority in ("ca", "other-ca"):
        _run(
            openssl, folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
            "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
        )  # fmt: skip
    for name, authority in (("node", "ca"), ("carm", "ca"), ("stranger", "other-ca")):
        _run(openssl, folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
             "-out", f"{name}.csr")  # fmt: skip
        _run(openssl, folder, "x509", "-req", "-in", f"{name}.csr", "-days", "2", "-CA", f"{authority}.pem",
             "-CAkey", f"{authority}.key", "-CAcreateserial", "-out", f"{name}.pem")  # fmt: skip
    _run(openssl, folder, "pkey", "-in", "node.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")


def _run(openssl: str, folder: Path, *arguments: str) -> None:
    subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
