"""The system page: the log that follows by itself, the queues."""

from __future__ import annotations

import re
import signal

from playwright.sync_api import Locator, Page, expect

from conftest import OpenPage, Server


def lines(page: Page) -> Locator:
    return page.locator("sx-log li")


def test_the_log_follows_by_itself(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/system")
    lost = lines(page).filter(has_text="camera lost")
    expect(lost.first).to_contain_text("video/garage")
    expect(lost.first).to_contain_text("rtsp://***@127.0.0.1:1/stream")
    assert "secret" not in page.content()
    page.get_by_label("Show").select_option("error")
    expect(page.locator("sx-log")).to_contain_text("No lines of this level.")
    page.get_by_label("Show").select_option("info")
    expect(lost.first).to_be_visible()
    newest = lines(page).first.locator("time").get_attribute("datetime")
    # A new run of the server; its lines come without anything being done here.
    own_server.stop(signal.SIGKILL)
    own_server.start()
    page.wait_for_function(
        "newest => document.querySelector('sx-log time').dateTime > newest", arg=newest)
    times = page.locator("sx-log time").evaluate_all("all => all.map((it) => it.dateTime)")
    assert times == sorted(times, reverse=True) and len(times) == len(set(times))


def test_queues_say_what_the_metrics_say(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/system")
    table = page.get_by_role("region", name="Queues of the cameras").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("columnheader")).to_have_text(
        ["Camera", "Since the key frame", "Decoder", "Detector", "Live video", "RTSP"])
    street = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Demo: pedestrians"))
    metrics = server.text("/metrics")
    for queue, column in [("gop", 0), ("decoder", 1), ("detector", 2)]:
        found = re.search(rf'spectrax_queue_capacity\{{camera="video/front-door",queue="{queue}",.*\}} (\d+)', metrics)
        assert found
        expect(street.get_by_role("cell").nth(column)).to_contain_text(f"of {int(found[1]):,}")
    expect(page.locator("sx-queues")).to_contain_text("Clips to complete")
    # Drawn anew every few seconds, the page leaves the reader where it was.
    region = page.get_by_role("region", name="Queues of the cameras")
    region.focus()
    for _ in range(2):
        with page.expect_response(lambda answer: answer.url.endswith("/api/queues")):
            pass
    expect(region).to_be_focused()


def test_the_log_can_be_held(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/system")
    expect(lines(page).first).to_be_visible()
    follow = page.get_by_role("button", name="Follow")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "false")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/log" in request.url else None)
    # The status is asked for every three seconds, the log every two.
    for _ in range(2):
        with page.expect_request(lambda request: request.url.endswith("/status")):
            pass
    assert asked == []
    with page.expect_request(lambda request: "/api/log" in request.url):
        follow.click()
