"""A real nginx with the site that is shipped in deploy/, before a server of the tests'."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.faults.machine import needed
from tests.serving import PROJECT, free_port
from tests.store.faults import until

SITE = PROJECT / "deploy" / "nginx" / "wechat-bot.conf"
# What docs/deploying.md says of /etc/nginx/nginx.conf.
MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/main.log;
worker_processes 1;
worker_rlimit_nofile 40000;
events {{ worker_connections 16384; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """What listens on ``port``, for clients that come over TLS."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.tls = SSLContext(PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname, self.tls.verify_mode = False, CERT_NONE
        self.address = f"https://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """Over a connection of its own."""
        return httpx.get(self.address + path, params=parameters, verify=self.tls, timeout=30)


@contextmanager
def proxied(port: int, folder: Path) -> Iterator[Nginx]:
    """Serve the site before what listens on a port; files go to a folder."""
    nginx = Nginx(free_port())
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    (folder / "site.conf").write_text(_site(port, nginx.port, folder))
    _write_certificate(folder)
    with subprocess.Popen([needed("nginx"), "-c", folder / "nginx.conf"]) as process:
        try:
            until(lambda: _answers(nginx))
            yield nginx
        finally:
            process.terminate()


def _site(bot: int, port: int, folder: Path) -> str:
    """The shipped file, on a port and with files of the tests' own."""
    site, changes = SITE.read_text(), 0
    for pattern, own in (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{bot}"),
        (r"listen \[::\]:\d+.*;", ""),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443", f"listen 127.0.0.1:{port}"),
        (r"/etc/ssl/bot\.example|/var/log/nginx", str(folder)),
    ):
        site, times = re.subn(pattern, own, site)
        changes += times > 0
    assert changes == 5, site
    return site


def _write_certificate(folder: Path) -> None:
    """One for a day, which nobody else believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _answers(nginx: Nginx) -> bool:
    with suppress(httpx.TransportError):
        return nginx.get("/healthz").status_code == 200
    return False
