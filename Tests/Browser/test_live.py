"""The live page: pictures, states, order, and what becomes of it when the server goes away."""

from __future__ import annotations

import http.server
import json
import re
import signal
import threading
import time

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from conftest import OpenPage, Server

NAMES = ["Demo: pedestrians", 'Hof <img src=x onerror=window.stung=1> & "Tür"', "Garage"]
NO_MSE = "delete window.MediaSource; delete window.ManagedMediaSource;"
# Pictures of both ways to show them.
BRIGHTNESS = """tile => {
  const source = tile.querySelector("sx-view > video") ?? tile.querySelector("sx-view > canvas");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [16, 12];
  const context = canvas.getContext("2d");
  context.drawImage(source, 0, 0, 16, 12);
  return context.getImageData(0, 0, 16, 12).data.reduce((sum, value) => sum + value, 0) / (16 * 12 * 4);
}"""


def tile(page: Page, name: str) -> Locator:
    return page.locator(".tile").filter(has=page.get_by_text(name, exact=True))


def shows_a_picture(tile: Locator) -> None:
    """And not the dark one that stands for a camera that is still connecting."""
    end = time.monotonic() + 15
    while tile.evaluate(BRIGHTNESS) < 60:
        assert time.monotonic() < end, "the picture stays dark"
        tile.page.wait_for_timeout(50)


def names(page: Page) -> list[str]:
    return page.locator(".tile .name").all_inner_texts()


def test_cameras_show_their_pictures_and_states(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    for name in NAMES[:2]:
        expect(tile(page, name)).to_have_attribute("data-state", "live")
        shows_a_picture(tile(page, name))
    garage = tile(page, "Garage")
    expect(garage.get_by_text("No connection")).to_be_visible()
    expect(garage).to_contain_text("connect failed on rtsp://***@127.0.0.1:1/stream: Connection refused")
    assert "secret" not in page.content()


# Points of the canvas over the video that are drawn on.
BOX_POINTS = """tile => {
  const canvas = tile.querySelector("canvas.boxes");
  if (!canvas?.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, index) => index % 4 === 3 && value > 0).length;
}"""


def test_the_cameras_own_video_plays_with_boxes_over_it(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    street = tile(page, NAMES[0])
    expect(street.locator("sx-view")).to_have_attribute("data-way", "video")
    video = street.locator("video")
    assert video.evaluate("it => [it.videoWidth, it.videoHeight]") == [768, 576]
    before = video.evaluate("it => it.currentTime")
    page.wait_for_function("([it, before]) => it.currentTime > before + 2", arg=[video.element_handle(), before])
    # People cross the street all the time, though not in each picture.
    page.wait_for_function(f"tile => ({BOX_POINTS})(tile) > 500", arg=street.element_handle())
    shows_a_picture(street)


# Whether within 40 seconds there are four in which the video never had to wait for its next picture.
EVEN = """video => new Promise((resolve) => {
  let timer;
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => resolve(true), 4000);
  };
  video.addEventListener("waiting", begin);
  begin();
  setTimeout(() => resolve(false), 40000);
})"""


def test_video_comes_to_play_evenly_although_its_pictures_come_out_of_order(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    street = tile(page, NAMES[0])
    expect(street.locator("sx-view")).to_have_attribute("data-way", "video")
    assert street.locator("video").evaluate(EVEN)


def test_names_with_markup_are_text(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    expect(tile(page, NAMES[1])).to_have_attribute("data-state", "live")
    for path in ["/gallery", "/statistics", "/system", "/?camera=video%2Fbackyard"]:
        page.goto(server.url + path)
        expect(page.get_by_text(NAMES[1], exact=True).first).to_be_attached()
    assert page.evaluate("window.stung") is None


def test_a_browser_without_mse_shows_pictures(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url, before=NO_MSE)
    expect(tile(page, NAMES[0])).to_have_attribute("data-state", "live")
    assert page.locator("sx-view > video").count() == 0
    shows_a_picture(tile(page, NAMES[0]))


def test_order_by_keys_is_kept(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    expect(page.locator(".tile .name")).to_have_text(NAMES)
    page.get_by_role("button", name="Move Garage").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".tile .name")).to_have_text([NAMES[2], NAMES[1], NAMES[0]])
    expect(page.locator("[aria-live=assertive]")).to_have_text("Garage is at place 1 of 3")
    expect(page.get_by_role("button", name="Move Garage")).to_be_focused()
    page.reload()
    expect(page.locator(".tile .name")).to_have_text([NAMES[2], NAMES[1], NAMES[0]])


def test_order_by_dragging_and_by_two_presses(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    expect(page.locator(".tile .name")).to_have_text(NAMES)
    tile(page, NAMES[0]).hover()
    page.get_by_role("button", name="Move Demo").hover()
    page.mouse.down()
    box = tile(page, NAMES[1]).bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 50, steps=5)
    page.mouse.up()
    expect(page.locator(".tile .name")).to_have_text([NAMES[1], NAMES[0], NAMES[2]])
    page.get_by_role("button", name="Move Garage").click()
    tile(page, NAMES[0]).click()
    expect(page.locator(".tile .name")).to_have_text([NAMES[1], NAMES[2], NAMES[0]])


def test_sizes_of_the_grid_and_one_camera(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    for size in [9, 16, 1, 4]:
        page.get_by_role("button", name=str(size), exact=True).click()
        expect(page.locator(".grid > .tile")).to_have_count(size)
    page.get_by_role("button", name="1", exact=True).click()
    page.get_by_role("button", name="Next cameras").click()
    assert names(page) == NAMES[1:2]
    page.get_by_role("button", name="4", exact=True).click()
    page.get_by_role("link", name=f"{NAMES[0]}: Live").click()
    expect(page).to_have_url(server.url + "/?camera=video%2Ffront-door")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAMES[0])
    expect(page.locator(".tile")).to_have_attribute("data-state", "live")
    page.keyboard.press("Escape")
    expect(page).to_have_url(server.url + "/")
    expect(page.locator(".grid > .tile")).to_have_count(4)


def test_the_keyboard_goes_to_one_camera_and_back(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    link = page.get_by_role("link", name=f"{NAMES[0]}: Live")
    link.focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(NAMES[0])
    expect(heading).to_be_focused()
    page.get_by_role("link", name="All cameras").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(server.url + "/")
    expect(link).to_be_focused()


def test_a_server_that_restarts_is_found_again(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url)
    expect(tile(page, NAMES[0])).to_have_attribute("data-state", "live")
    own_server.stop(signal.SIGKILL)
    expect(page.locator(".banner")).to_have_text("The server does not answer. Trying again…")
    expect(tile(page, NAMES[0]).get_by_text("No answer from the server")).to_be_visible()
    own_server.start()
    expect(page.locator(".toast")).to_contain_text("Connected again")
    expect(page.locator(".banner")).to_be_hidden()
    expect(tile(page, NAMES[0])).to_have_attribute("data-state", "live")


def another_release(page: Page) -> None:
    """From now on the server is said to have another page."""

    def answer(route: Route) -> None:
        page = route.fetch()
        route.fulfill(response=page, body=re.sub('data-release="[^"]*"', 'data-release="next"', page.text()))

    page.route(re.compile("^http://[^/]+/$"), answer)


def test_a_new_release_is_noticed_by_the_age_of_its_server(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/statistics")
    with page.expect_response("**/status"):
        pass
    another_release(page)

    def just_started(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "uptime_seconds": 0})

    page.route("**/status", just_started, times=1)
    expect(page.locator(".banner")).to_contain_text("new version")
    page.unroute_all(behavior="wait")


def live_events(page: Page, state: str, sockets: list[WebSocketRoute]) -> None:
    """Each socket of live events has one message about the server, and is silent then: not even its end is told."""

    def answer(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.send(json.dumps({"seq": 7, "kind": "system", "state": state, "camera": None}))

    page.route_web_socket(re.compile("/api/events/ws"), answer)


def test_a_new_release_is_noticed_when_its_server_says_that_it_runs(server: Server, open_page: OpenPage) -> None:
    def prepare(page: Page) -> None:
        another_release(page)
        live_events(page, "running", [])

    page = open_page(server.url + "/statistics", prepare=prepare)
    expect(page.locator(".banner")).to_contain_text("new version")
    page.unroute_all(behavior="wait")


def test_live_events_begin_anew_with_a_server_that_is_back(server: Server, open_page: OpenPage) -> None:
    sockets: list[WebSocketRoute] = []
    page = open_page(server.url + "/statistics", prepare=lambda page: live_events(page, "starting", sockets))
    with page.expect_response("**/status"):
        pass
    page.route("**/status", lambda route: route.abort())
    expect(page.locator(".banner")).to_have_text("The server does not answer. Trying again…")
    page.unroute_all(behavior="wait")
    expect(page.locator(".toast")).to_contain_text("Connected again")
    first, *later = [socket.url.partition("last_event_id=")[2] for socket in sockets]
    assert first == "" and set(later) == {"7"}


class Away(http.server.BaseHTTPRequestHandler):
    """A proxy whose server is away."""

    def do_GET(self) -> None:
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        pass


def test_a_proxy_that_speaks_for_a_server_that_restarts(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url)
    view = tile(page, NAMES[0]).locator("sx-view")
    expect(view).to_have_attribute("data-way", "video")
    own_server.stop(signal.SIGKILL)
    with http.server.ThreadingHTTPServer(("127.0.0.1", own_server.port), Away) as proxy:
        threading.Thread(target=proxy.serve_forever).start()
        expect(page.locator(".banner")).to_have_text("The server does not answer. Trying again…")
        proxy.shutdown()
    own_server.start()
    expect(page.locator(".toast")).to_contain_text("Connected again")
    expect(page.locator(".banner")).to_be_hidden()
    expect(view).to_have_attribute("data-way", "video")


def test_video_that_is_refused_at_first_is_tried_again_under_the_pictures(server: Server, open_page: OpenPage) -> None:
    # The parameter is unknown to the server, which refuses the handshake.
    page = open_page(server.url, before="""
        let left = 2;
        const Real = WebSocket;
        WebSocket = class extends Real {
          constructor(url) { super(String(url).includes("front-door") && left-- > 0 ? `${url}&x=1` : url); }
        };""")
    street = tile(page, NAMES[0])
    expect(street.locator("sx-view")).to_have_attribute("data-way", "pictures")
    shows_a_picture(street)
    expect(street.locator("sx-view")).to_have_attribute("data-way", "video")


# Keeps the cameras whose video is asked for, and lets a test say whether the page is looked at.
VISIBILITY = """
  window.asked = [];
  const Real = WebSocket;
  WebSocket = class extends Real {
    constructor(url) {
      const camera = new URL(url).searchParams.get("path");
      if (camera) window.asked.push(camera);
      super(url);
    }
  };
  let visibility = "%s";
  Object.defineProperty(document, "visibilityState", { get: () => visibility });
  window.setVisibility = (state) => {
    visibility = state;
    document.dispatchEvent(new Event("visibilitychange"));
  };
"""


def test_only_cameras_in_view_start_when_the_page_is_looked_at_again(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url, size=(390, 240), before=VISIBILITY % "visible")
    street = tile(page, NAMES[0])
    expect(street.locator("sx-view")).to_have_attribute("data-way", "video")
    tile(page, NAMES[2]).scroll_into_view_if_needed()
    expect(street).not_to_be_in_viewport()
    # The next picture tells the observers, those made before this one first.
    street.evaluate("it => new Promise((resolve) => new IntersectionObserver(resolve).observe(it))")
    assert page.evaluate("""() => {
      window.asked = [];
      setVisibility("hidden");
      setVisibility("visible");
      return window.asked;
    }""") == []
    street.scroll_into_view_if_needed()
    page.wait_for_function("() => window.asked.includes('video/front-door')")


def test_a_page_that_is_opened_in_the_background_waits_for_the_reader(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url, before=VISIBILITY % "hidden")
    expect(page.locator(".tile .name")).to_have_text(NAMES)
    assert page.evaluate("window.asked") == []
    page.evaluate("setVisibility('visible')")
    expect(tile(page, NAMES[0]).locator("sx-view")).to_have_attribute("data-way", "video")


def test_the_latest_recordings_stay_under_the_keys_when_others_go(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url)
    rows = page.locator(".activity a.row")
    expect(rows).to_have_count(20)
    address = rows.nth(3).get_attribute("href")
    rows.nth(3).focus()
    first = rows.nth(0).get_attribute("href") or ""
    own_server.send("DELETE", "/api/recordings/" + first.split("/")[-1])
    expect(rows.nth(2)).to_have_attribute("href", address or "")
    expect(rows.nth(2)).to_be_focused()
    expect(rows).to_have_count(20)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_wrong_clock_of_the_client_changes_nothing(server: Server, open_page: OpenPage, direction: int) -> None:
    page = open_page(
        server.url + "/system",
        before=f"const now = Date.now; Date.now = () => now() + {direction} * 3 * 864e5;")
    expect(page.get_by_text("off by 3 d")).to_be_visible()
    # Somebody is seen in the demo every few seconds, if not right now.
    expect(page.locator("tbody tr").first.locator("td").nth(3)).to_have_text(re.compile("^now$|seconds? ago$"))
    # The log names the day of a line, which a clock that is behind gets wrong as well.
    expect(page.locator("sx-log time").first).to_have_attribute("title", re.compile("^(Today|Yesterday), "))
