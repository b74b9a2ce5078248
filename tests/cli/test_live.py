"""``g2gbench live`` before any session: its options, its words, its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from g2gbench.cli import live
from g2gbench.cli.live import live_command
from g2gbench.errors import ExitCode, InputError

ROOT = Path(__file__).parents[2]
LONG_S = 30.0


def served(*options: str, end: signal.Signals = signal.SIGINT) -> tuple[str, str, bytes, int]:
    """(what it said, what it warned of, its page, its exit code) of a command that is ended."""
    with subprocess.Popen(
        [sys.executable, "-m", "g2gbench", "live", "--port", "0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"https?://\S+", said)
        assert found
        address = found[0].replace("0.0.0.0", "127.0.0.1")
        trusting = ssl._create_unverified_context() if address.startswith("https") else None
        with urllib.request.urlopen(address, context=trusting, timeout=LONG_S) as answer:
            page = answer.read()
        process.send_signal(end)
        _, warned = process.communicate(timeout=LONG_S)
    return said, warned, page, process.returncode


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    key_path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return cert_path, key_path


@pytest.mark.integration
def test_it_says_its_address_and_ends_without_a_session() -> None:
    said, warned, page, code = served()
    assert re.fullmatch(
        r"open http://127\.0\.0\.1:\d+/[\w-]{20,}/ in a browser; Ctrl-C ends it\n", said
    )
    assert warned == ""
    assert b"<title>g2gbench live</title>" in page
    assert code == ExitCode.PASS


@pytest.mark.integration
def test_an_address_that_others_reach_is_warned_of_and_may_be_https(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    options = ("--host", "0.0.0.0", "--cert", str(cert), "--key", str(key))
    said, warned, page, code = served(*options, end=signal.SIGTERM)
    assert said.startswith("open https://0.0.0.0:")
    assert "HTTPS and to localhost alone" in warned
    assert re.search(r"ssh -L \d+:127\.0\.0\.1:\d+ HOST", warned)
    assert b"<title>g2gbench live</title>" in page
    assert code == ExitCode.PASS


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cert", "a.pem"), "--cert and --key belong together"),
        (("--cert", "a.pem", "--key", "b.pem"), "PEM files are needed"),
        (("nowhere.yaml",), "nowhere.yaml"),
        (("--set", "source.kind=camera"), "takes no camera"),
        (("--host", "203.0.113.1"), "choose another --host or --port"),
    ],
)
def test_what_cannot_be_used_is_refused(options: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(live_command, options)
    assert isinstance(result.exception, InputError)
    assert words in str(result.exception)


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(live_command, ["--port", str(taken.getsockname()[1])])
    assert isinstance(result.exception, InputError)
    assert "choose another --host or --port" in str(result.exception)


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_which_addresses_are_this_machines_alone(host: str, alone: bool) -> None:
    assert live._loopback(host) == alone
