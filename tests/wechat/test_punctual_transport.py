"""Calls that are over in time, over real connections; encrypted ones only to whom a certificate names."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.wechat.punctual_transport import PunctualTransport

ASKED = b"{}"
HEAD, BODY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n", b"x" * 60
# A call that outlives its time gets an answer after all, or is cut off.
TOO_LATE, PLENTY = 8.0, 20.0


class Line:
    """One connection, seen from the server; ``is_over``: the test has ended."""

    def __init__(self, line: socket.socket, is_over: threading.Event) -> None:
        self.line, self.is_over = line, is_over

    def read(self) -> None:
        heard = b""
        while not heard.endswith(ASKED):
            heard += self.line.recv(65536) or ASKED

    def drip(self, said: bytes) -> None:
        for number in range(len(said)):
            self.line.sendall(said[number : number + 1])
            if self.is_over.wait(TOO_LATE / len(said)):
                return


def answers(line: Line) -> None:
    line.read()
    line.line.sendall(HEAD + BODY)


def drips_its_head(line: Line) -> None:
    line.read()
    line.drip(HEAD)
    line.line.sendall(BODY)


def drips_its_body(line: Line) -> None:
    line.read()
    line.line.sendall(HEAD)
    line.drip(BODY)


def listens_to_nothing(line: Line) -> None:
    line.is_over.wait(TOO_LATE)


def encrypted(act: Callable[[Line], None], context: ssl.SSLContext) -> Callable[[Line], None]:
    """The same behind TLS."""

    def behind_tls(line: Line) -> None:
        with context.wrap_socket(line.line, server_side=True) as inside:
            act(Line(inside, line.is_over))

    return behind_tls


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Line], None]], int]]:
    """Does this with every connection, and gives the port."""
    is_over = threading.Event()

    def accept(server: socket.socket, act: Callable[[Line], None]) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(server.accept()[0], act), daemon=True).start()

    def talk(line: socket.socket, act: Callable[[Line], None]) -> None:
        with closing(line), suppress(OSError):
            act(Line(line, is_over))

    with ExitStack() as stack:
        stack.callback(is_over.set)

        def serve(act: Callable[[Line], None]) -> int:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=accept, args=(server, act), daemon=True).start()
            stack.callback(server.shutdown, socket.SHUT_RDWR)
            return server.getsockname()[1]

        yield serve


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A file with the key and the certificate of ``localhost``, vouched for by nobody else."""
    key, name = ec.generate_private_key(ec.SECP256R1()), "localhost"
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def behind_tls(certificate):
    """Turns what a server does into the same behind TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return partial(encrypted, context=context)


@pytest.fixture
def trusting(certificate, monkeypatch):
    """The machine knows the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def answer(port: int, *, scheme: str = "http", content: bytes = ASKED, **seconds: float) -> bytes:
    """What comes back for a call; ``seconds`` that ``connect``, ``read`` or ``write`` may take."""
    extensions = {"timeout": httpx.Timeout(PLENTY, **seconds).as_dict()}
    address = f"{scheme}://localhost:{port}/"
    request = httpx.Request("POST", address, content=content, extensions=extensions)
    with closing(PunctualTransport()) as transport, closing(transport.handle_request(request)) as response:
        return response.read()


def test_what_comes_in_time_is_read(serve):
    assert answer(serve(answers)) == BODY


@pytest.mark.parametrize("drips", [drips_its_head, drips_its_body])
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(serve, drips):
    with pytest.raises(httpx.ReadTimeout):
        answer(serve(drips), read=0.3)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("drips", [drips_its_head, drips_its_body])
def test_nor_is_one_that_is_encrypted(serve, behind_tls, drips):
    with pytest.raises(httpx.ReadTimeout):
        answer(serve(behind_tls(drips)), scheme="https", read=0.3)


def test_who_takes_nothing_in_is_not_waited_for(serve):
    with pytest.raises(httpx.WriteTimeout):
        answer(serve(listens_to_nothing), content=bytes(32 * 1024 * 1024), write=0.3)


def test_who_does_not_greet_back_is_not_waited_for(serve):
    with pytest.raises(httpx.ConnectTimeout):
        answer(serve(listens_to_nothing), scheme="https", connect=0.3)


def test_who_takes_no_more_connections_is_not_waited_for():
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = server.getsockname()
        for line in (stack.enter_context(socket.socket()) for _ in range(4)):
            line.setblocking(False)
            line.connect_ex(address)
        closes = threading.Timer(TOO_LATE, server.close)
        closes.start()
        stack.callback(closes.cancel)

        with pytest.raises(httpx.ConnectTimeout):
            answer(address[1], connect=0.3)


@pytest.mark.usefixtures("trusting")
def test_who_is_vouched_for_is_spoken_to_by_name(serve, behind_tls):
    assert answer(serve(behind_tls(answers)), scheme="https") == BODY


def test_a_secret_is_not_told_to_whom_nobody_vouches_for(serve, behind_tls):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        answer(serve(behind_tls(answers)), scheme="https")
