"""Every page in both sizes and themes: it shows what it should, fits, and can be used by everybody."""

from __future__ import annotations

import datetime
import os
import pathlib
import re

import axe_playwright_python
import pytest
import zxingcpp
from playwright.sync_api import Locator, Page, expect

from conftest import HOSTILE_TITLES, OpenPage, Server

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
PAGES = {
    "live": ("/", ".tile[data-state=live]"),
    "camera": ("/?camera=video%2Ffront-door", ".tile[data-state=live]"),
    "recordings": ("/gallery", ".card a[href]"),
    "filtered": ("/gallery?class=person&sure=0.9&sort=oldest", ".card a[href]"),
    "clip": ("/clips/42", ".objects li"),
    "statistics": ("/statistics?days=3650", ".bars"),
    "system": ("/system", "tbody tr"),
}
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = os.environ.get("SPECTRAX_SCREENSHOTS")
"""A folder for pictures of the pages; none without it."""


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)["violations"]
    return [f"{fault['id']}: {fault['help']}: {[node['html'][:200] for node in fault['nodes']]}" for fault in found]


def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(1500)
        page.screenshot(path=str(pathlib.Path(PICTURES) / f"{name}.png"))


def check(page: Page, name: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"
    assert violations(page) == []
    keep_picture(page, name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_page(server: Server, open_page: OpenPage, name: str, size: str, theme: str) -> None:
    path, sign = PAGES[name]
    page = open_page(server.url + path, size=SIZES[size], theme=theme)
    expect(page.locator(sign).first).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 21, 23)") == (theme == "dark")
    check(page, f"{name}-{size}-{theme}")


@pytest.mark.parametrize("size", SIZES)
def test_first_steps(bare_server: Server, open_page: OpenPage, size: str) -> None:
    page = open_page(bare_server.url, size=SIZES[size])
    expect(page.get_by_role("heading", name="No camera yet")).to_be_visible()
    expect(page.locator(".first-steps")).to_contain_text("source: \"rtsp://user:password@192.168.1.20/stream1\"")
    check(page, f"first-steps-{size}-light")
    page.goto(bare_server.url + "/gallery")
    expect(page.get_by_role("heading", name="No recordings yet")).to_be_visible()
    check(page, f"no-recordings-{size}-light")
    page.goto(bare_server.url + "/statistics")
    expect(page.get_by_text("Nothing in this period.").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_first_steps_of_a_phone(waiting_server: Server, open_page: OpenPage, size: str, theme: str) -> None:
    told = waiting_server.get("/api/publish")
    page = open_page(waiting_server.url, size=SIZES[size], theme=theme)
    expect(page.get_by_role("heading", name="No camera yet")).to_be_visible()
    steps = page.locator(".first-steps")
    # As the server itself has said when it started.
    greeting = (waiting_server.folder / "server.log").read_text()
    (watched,) = set(re.findall(r"passwords +(spectrax credentials show.*)", greeting))
    expect(steps).to_contain_text(watched)
    assert re.fullmatch(r"rtsps://0177\.0\.0\.1:\d+/video/phone", told["urls"][0])
    expect(steps).to_contain_text(told["urls"][0])
    expect(steps).to_contain_text("- path: video/phone")
    code = page.get_by_role("img", name="QR code")
    code.scroll_into_view_if_needed()
    expect(code).to_be_visible()
    assert scanned(code) == told["phone_link"]
    check(page, f"first-steps-phone-{size}-{theme}")


def scanned(code: Locator) -> str:
    """What a reader sees in a code, whose squares are drawn one by one."""
    side = int(code.get_attribute("viewBox").split()[2])  # type: ignore[union-attr]
    scale = 4
    pixels = bytearray(b"\xff" * (side * scale) ** 2)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", code.locator("path").get_attribute("d") or ""):
        for row in range(int(y) * scale, (int(y) + 1) * scale):
            start = row * side * scale + int(x) * scale
            pixels[start:start + scale] = bytes(scale)
    picture = memoryview(pixels).cast("B", (side * scale, side * scale))
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


@pytest.mark.parametrize("size", SIZES)
def test_hostile_titles_are_text_and_fit(hostile_server: Server, open_page: OpenPage, size: str) -> None:
    page = open_page(hostile_server.url, size=SIZES[size])
    expect(page.locator(".tile .name").first).to_be_visible()
    for path in ["/?camera=video%2Fcamera-1", "/gallery", "/statistics", "/system", "/"]:
        page.goto(hostile_server.url + path)
        title = HOSTILE_TITLES[1] if "camera-1" in path else HOSTILE_TITLES[0]
        expect(page.get_by_text(title, exact=True).first).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("h1").evaluate("it => it.getBoundingClientRect().right <= innerWidth"), path
        assert violations(page) == [], path
    # What turns its direction does so inside of its tile.
    assert page.locator(".tile .name").all_text_contents() == HOSTILE_TITLES
    assert page.evaluate("window.stung") is None


def test_german(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery?class=person", language="de-AT")
    expect(page.get_by_role("heading", name="Aufnahmen")).to_be_visible()
    expect(page.locator(".card strong").first).to_have_text("Person")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("link", name="Statistik").click()
    expect(page.get_by_role("heading", name="Aufnahmen nach Objekt")).to_be_visible()


# At every time, the day of one of these is another than that of UTC.
@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_statistics_are_of_days_of_utc(server: Server, open_page: OpenPage, timezone: str) -> None:
    periods: list[str] = []
    before = datetime.datetime.now(datetime.UTC).date()
    page = open_page(
        server.url + "/statistics?days=1", timezone=timezone, prepare=lambda page: page.on(
            "request", lambda request: periods.append(request.url) if "/api/stats/times" in request.url else None))
    expect(page.get_by_role("heading", name="Recordings by day of the week (UTC)")).to_be_visible()
    (start,) = re.findall(r"start_date=([^&]*)", periods[0])
    assert str(before) <= start <= str(datetime.datetime.now(datetime.UTC).date())


def test_theme_and_language_can_be_chosen(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/system")
    page.get_by_label("Theme", exact=True).select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("Language").select_option("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("heading", name="System", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_the_python_versions_list_leads_to_the_gallery(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/recordings.html")
    expect(page).to_have_url(server.url + "/gallery")
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()


def test_it_can_be_installed_and_never_keeps_answers(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url, workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    page.reload()
    for path in ["/gallery", "/clips/42", "/system"]:
        page.goto(server.url + path)
        expect(page.locator("h1")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    kept = page.evaluate("""async () => {
      const kept = [];
      for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) kept.push(new URL(request.url).pathname);
      return kept;
    }""")
    assert "/" in kept and any(path.endswith("/main.js") for path in kept)
    assert [path for path in kept if path != "/" and not path.startswith("/app/")] == []
