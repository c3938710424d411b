"""`/metrics` of a real server: read by Prometheus itself, and held against what is written about it."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from server import CHECKOUT, Server, free_port

DOCUMENT = CHECKOUT / "docs/metrics.md"
GRAFANA = CHECKOUT / "docs/grafana"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        text: str = response.read().decode()
        return text


@pytest.fixture(scope="module")
def metrics(server: Server) -> str:
    get(f"{server.url}/status")
    with pytest.raises(urllib.error.HTTPError):
        get(f"{server.url}/no-such-route")
    return get(f"{server.url}/metrics")


@pytest.fixture(scope="module")
def prometheus(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Debian's Prometheus, which scrapes the server each half second, with our alert rules."""
    program = shutil.which("prometheus")
    assert program, "scripts/setup.sh --tests installs prometheus"
    folder = tmp_path_factory.mktemp("prometheus")
    target = urllib.parse.urlsplit(server.url).netloc
    settings = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(GRAFANA / "alerts.yml")],
        "scrape_configs": [{"job_name": "spectrax", "static_configs": [{"targets": [target]}]}],
    }
    # JSON is YAML.
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    address = f"127.0.0.1:{free_port()}"
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={address}"], stdout=log, stderr=log)  # fmt: skip
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


def query(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """The result of an expression, as soon as it has one."""
    end = time.monotonic() + 20
    while True:
        try:
            answer = json.loads(get(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"))
            result: list[dict[str, Any]] = answer["data"]["result"]
            if result or time.monotonic() > end:
                return result
        except OSError:
            assert time.monotonic() < end, "Prometheus does not start"
        time.sleep(0.05)


def test_promtool_finds_nothing_to_blame(metrics: str) -> None:
    run = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr


def test_the_list_in_the_document_is_complete(metrics: str) -> None:
    listed = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \|(.*?)\| (.+) \|$", DOCUMENT.read_text())
    told = re.findall(r"# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n", metrics)
    assert [(name, kind, text) for name, kind, _, text in listed] == [(name, kind, text) for name, text, kind in told]
    labels = {name: set(re.findall(r"`(\w+)`", text)) for name, _, text, _ in listed}
    for name, texts in re.findall(r"(?m)^(\w+)\{(.*)\} ", metrics):
        name = re.sub("_bucket$", "", name)
        assert set(re.findall(r'(\w+)="', texts)) - {"le"} == labels[name], name


def test_the_queues_are_those_of_the_api(metrics: str, server: Server) -> None:
    told = json.loads(get(f"{server.url}/api/queues"))["queues"]
    names = {(queue["camera"] or "", queue["name"], queue["unit"]) for queue in told}
    assert {("video/front-door", "decoder", "packets"), ("video/garage", "gop", "packets"), ("", "clips", "clips")} <= names
    for field, metric in [("capacity", "capacity"), ("dropped", "dropped_total"), ("depth", "depth")]:
        listed = re.findall(rf'(?m)^spectrax_queue_{metric}\{{camera="(.*)",queue="(\w+)",unit="(\w+)"\}} (\d+)$', metrics)
        assert {tuple(entry[:3]) for entry in listed} == {
            (queue["camera"] or "", queue["name"], queue["unit"]) for queue in told if queue[field] is not None
        }
        # Capacities of consumers that come and go aside.
        steady = {("", "clips"), ("video/front-door", "gop"), ("video/backyard", "gop")}
        if field == "capacity":
            values = {(camera, name): int(value) for camera, name, _, value in listed}
            assert all(
                values[queue["camera"] or "", queue["name"]] == queue["capacity"]
                for queue in told if (queue["camera"] or "", queue["name"]) in steady
            )


def test_requests_are_counted_and_routes_are_not_made_up(metrics: str) -> None:
    assert re.search(r'spectrax_http_requests_total\{route="/status",method="GET",status="200"\} [1-9]', metrics)
    assert re.search(r'spectrax_http_requests_total\{route="none",method="GET",status="404"\} [1-9]', metrics)
    assert "no-such-route" not in metrics


def test_prometheus_scrapes_it(prometheus: str, server: Server) -> None:
    (up,) = query(prometheus, 'up{job="spectrax"} == 1')
    assert up["value"][1] == "1"
    cameras = query(prometheus, "spectrax_camera_up")
    assert {each["metric"]["camera"] for each in cameras} == {"video/front-door", "video/backyard", "video/garage"}
    (recordings,) = query(prometheus, "sum(spectrax_recordings)")
    assert int(recordings["value"][1]) == json.loads(get(f"{server.url}/api/recordings?limit=1"))["total"]
    (frames,) = query(prometheus, 'rate(spectrax_camera_received_packets_total{camera="video/front-door"}[5s]) > 0')
    assert float(frames["value"][1]) > 1


def test_the_rules_are_right_and_the_dashboard_asks_for_what_there_is(prometheus: str, metrics: str) -> None:
    subprocess.run(["promtool", "check", "rules", GRAFANA / "alerts.yml"], check=True, capture_output=True)
    names = set(re.findall(r"(?m)^# TYPE (\S+)", metrics))
    query(prometheus, "up")
    rules = json.loads(get(f"{prometheus}/api/v1/rules"))["data"]["groups"][0]["rules"]
    assert len(rules) == (GRAFANA / "alerts.yml").read_text().count("alert:")
    dashboard = json.loads((GRAFANA / "spectrax.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for expression in asked:
        # What Grafana puts in place of its variables.
        expression = expression.replace("$__rate_interval", "1m").replace("$instance", ".+")
        query_text = urllib.parse.urlencode({"query": expression})
        assert json.loads(get(f"{prometheus}/api/v1/query?{query_text}"))["status"] == "success"
    for expression in asked + [rule["query"] for rule in rules]:
        for name in re.findall(r"\b(?:spectrax|process)_\w+", expression):
            assert re.sub("_(bucket|sum|count)$", "", name) in names or name in names, name
