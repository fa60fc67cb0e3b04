"""A browser opens the report of a real study: it complains of nothing, fetches nothing and shows every figure."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from exocosm.report.html import write_report
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.workflow.run import run

BROWSER = shutil.which("chromium")
STUDY = Path(__file__).parents[2] / "examples" / "predictions" / "tumour_share.yaml"
NOWHERE = "http://127.0.0.1:1"  # a port that browsers refuse to ask
QUIET = (  # what the browser would fetch for itself
    f"--component-updater=disable-pings,url-source={NOWHERE}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider,NetworkTimeServiceQuerying",
    "--disable-quic",
    "--disable-sync",
    f"--gaia-url={NOWHERE}",
    "--no-first-run",
    "--no-pings",
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no browser called 'chromium' here to open it with")


@dataclass(frozen=True)
class Opened:
    """What came of opening a page."""

    shown: str  # the page as the browser understood it
    complaints: list[str]
    requests: list[str]  # first line of each


@contextmanager
def counting_proxy() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine where everything that is asked for is written down and refused."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed: the test is over
                    return
                with connection:
                    connection.settimeout(10)
                    line = connection.recv(4096).decode("latin-1").splitlines()
                    asked.append(line[0] if line else "")
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def opened(path: Path, folder: Path) -> Opened:
    """The page in a browser whose every request, loopback included, goes to the counting proxy."""
    with counting_proxy() as (port, asked):
        ran = subprocess.run(
            [
                str(BROWSER),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                *QUIET,
                f"--user-data-dir={folder / 'profile'}",
                f"--proxy-server=http://127.0.0.1:{port}",
                "--proxy-bypass-list=<-loopback>",
                "--enable-logging=stderr",
                "--v=0",
                "--dump-dom",
                path.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return Opened(ran.stdout, [line for line in ran.stderr.splitlines() if "CONSOLE" in line], list(asked))


@pytest.mark.slow
def test_a_browser_opens_the_report_of_a_real_study(tmp_path: Path) -> None:
    study = replace(resolve(load(STUDY)), draws=2, animals=1)
    path = write_report(run(study, workers=1, progress=False), tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    seen = opened(path, tmp_path)
    assert seen.complaints == []
    assert seen.requests == []
    assert seen.shown.count("<svg") == page.count("<svg") >= 3
    assert seen.shown.count("</svg>") == page.count("</svg>") == page.count("<svg")
    assert seen.shown.count("<figure") == page.count("<figure") == page.count("<svg")


@pytest.mark.slow
def test_the_browser_test_would_notice_requests_and_complaints(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<!doctype html><title>x</title><img src='http://127.0.0.1:8099/a.png'><img src='http://example.invalid/b.png'>"
        "<script>console.error('complaint')</script>",
        encoding="utf-8",
    )
    seen = opened(path, tmp_path)
    assert any("complaint" in line for line in seen.complaints)
    assert {"GET http://127.0.0.1:8099/a.png HTTP/1.1", "GET http://example.invalid/b.png HTTP/1.1"} <= set(
        seen.requests
    )
