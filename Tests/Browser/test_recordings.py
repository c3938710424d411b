"""The gallery and the player."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Page, Route, expect

from conftest import OpenPage, Server, clock_at
from gallery_scroll import drag_bar, watched, wheel


def cards(page: Page):  # noqa: ANN201
    return page.locator(".card:not([hidden])")


def ready(page: Page) -> None:
    expect(page.locator(".card:not([hidden]):not(.waiting)").first).to_be_visible()
    expect(page.locator(".card.waiting:not([hidden])")).to_have_count(0)


def newest(server: Server, query: str = "") -> int:
    return server.get(f"/api/recordings?limit=1{query}")["recordings"][0]["id"]


def test_filters_live_in_the_address(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    expect(page.locator(".toolbar")).to_contain_text("250 recordings")
    page.get_by_label("Objects").select_option("dog")
    page.get_by_label("Confidence").select_option("0.9")
    page.get_by_label("Order").select_option("oldest")
    expect(page).to_have_url(server.url + "/gallery?class=dog&sure=0.9&sort=oldest")
    wanted = server.get("/api/recordings?object_type=dog&min_confidence=0.9&sort_order=asc&limit=1000")
    expect(page.locator(".toolbar")).to_contain_text(f"{wanted['total']} recordings")
    expect(cards(page).first.locator("a")).to_have_attribute("href", f"/clips/{wanted['recordings'][0]['id']}")
    expect(cards(page).first.locator("strong")).to_have_text("Dog")
    page.reload()
    expect(page.locator(".toolbar")).to_contain_text(f"{wanted['total']} recordings")
    expect(page.get_by_label("Objects")).to_have_value("dog")
    page.get_by_label("From").fill("2030-01-01")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".toolbar")).to_contain_text("250 recordings")


def test_filters_keep_the_keyboard(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    objects = page.get_by_label("Objects")
    expect(objects.locator("option", has_text="Person")).to_be_attached()
    objects.focus()
    page.keyboard.press("ArrowDown")
    first = objects.input_value()
    expect(page).to_have_url(f"{server.url}/gallery?class={first}")
    expect(objects).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert objects.input_value() not in ("", first)
    expect(page).to_have_url(f"{server.url}/gallery?class={objects.input_value()}")
    # Who clears the filters goes on at the first of them.
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/gallery")
    expect(objects).to_have_value("")
    expect(page.get_by_label("Camera")).to_be_focused()


def test_a_date_is_taken_when_its_year_is_whole(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    day = page.get_by_label("From")
    day.focus()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "start_date=" in request.url else None)
    # The day and the month in whichever order.
    page.keyboard.type("11112025")
    expect(page).to_have_url(f"{server.url}/gallery?from=2025-11-11")
    expect(day).to_be_focused()
    expect(day).to_have_value("2025-11-11")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    # Nothing was asked for with another year on the way.
    assert asked and all("start_date=2025-11-10T23" in url for url in asked)
    # Half a date says nothing, and goes when the field is left.
    page.keyboard.press("Backspace")
    assert day.evaluate("it => it.validity.badInput")
    page.get_by_label("Order").focus()
    expect(day).to_have_value("2025-11-11")
    expect(page).to_have_url(f"{server.url}/gallery?from=2025-11-11")


def test_days_are_those_of_the_reader(server: Server, open_page: OpenPage) -> None:
    # 2025-10-12 in Berlin begins at 22:00 UTC of the day before.
    page = open_page(server.url + "/gallery?from=2025-10-12&to=2025-10-12")
    wanted = server.get("/api/recordings?start_date=2025-10-11T22:00:00Z&end_date=2025-10-12T21:59:59.999Z")["total"]
    assert wanted == 24
    expect(page.locator(".toolbar")).to_contain_text(f"{wanted} recordings")


@pytest.mark.parametrize("address", ["/gallery", "/"])
def test_today_becomes_yesterday(server: Server, open_page: OpenPage, address: str) -> None:
    recording = server.get("/api/recordings?limit=1")["recordings"][0]
    page = open_page(server.url + address, before=clock_at(recording["start_time"]))
    # The camera's line in the gallery, and in what happened last on the live page.
    line = page.locator(f'a[href="/clips/{recording["id"]}"] .number').last
    expect(line).to_contain_text("Today, ")
    page.evaluate("pass_time(864e5)")
    expect(line).to_contain_text("Yesterday, ")


def test_it_scrolls_to_the_end_and_back_without_blanks(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    assert cards(page).count() < 80, "only what is near the view exists"
    seen = watched(page, lambda: wheel(page, 60))
    assert seen.frames > 30 and seen.longest_blank < 100
    drag_bar(page, 1)
    oldest = server.get("/api/recordings?limit=1&sort_order=asc")["recordings"][0]["id"]
    expect(page.locator(f'.card:not([hidden]) a[href="/clips/{oldest}"]')).to_be_in_viewport()
    drag_bar(page, 0)
    expect(page.locator(f'.card:not([hidden]) a[href="/clips/{newest(server)}"]')).to_be_in_viewport()


def test_a_leap_asks_once_for_all_that_is_then_in_view(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    with page.expect_request(lambda request: "/api/recordings?" in request.url and "offset=150" in request.url) as asked:
        # Recordings 192 to 211, of the fourth and the fifth page, in rows of four.
        page.evaluate("""() => {
          const tops = [...document.querySelectorAll(".card:not([hidden])")].map((card) => card.getBoundingClientRect().top);
          const rows = [...new Set(tops)].sort((a, b) => a - b);
          document.querySelector(".gallery").scrollTop = 48 * (rows[1] - rows[0]);
        }""")
    assert "limit=100" in asked.value.url
    ready(page)
    listed = server.get("/api/recordings?limit=100&offset=150")["recordings"]
    for index in [192, 199, 200, 207]:
        expect(page.locator(f'.card:not([hidden])[aria-posinset="{index + 1}"] a')).to_have_attribute(
            "href", f"/clips/{listed[index - 150]['id']}")


def test_a_reader_comes_back_to_the_same_place(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    drag_bar(page, 0.5)
    ready(page)
    link = page.locator(".card:not([hidden]) a").nth(cards(page).count() // 2)
    address = link.get_attribute("href")
    link.click()
    expect(page).to_have_url(f"{server.url}{address}")
    page.go_back()
    expect(page.locator(f'.card:not([hidden]) a[href="{address}"]')).to_be_in_viewport()


def test_missing_and_broken_thumbnails_have_a_sign(own_server: Server, open_page: OpenPage) -> None:
    recordings = own_server.get("/api/recordings?limit=2")["recordings"]
    (own_server.recordings / recordings[0]["thumbnail_url"].rsplit("/", 1)[1]).unlink()
    (own_server.recordings / recordings[1]["thumbnail_url"].rsplit("/", 1)[1]).write_bytes(b"no picture")
    page = open_page(own_server.url + "/gallery")
    ready(page)
    expect(cards(page).nth(2).locator("img")).to_be_visible()
    for index in (0, 1):
        expect(cards(page).nth(index).locator("img")).to_be_hidden()
        expect(cards(page).nth(index).locator(".shot > .icon")).to_be_visible()


def test_a_card_plays_under_the_mouse(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    cards(page).nth(1).hover()
    expect(cards(page).nth(1).locator("video")).to_be_visible()
    page.mouse.move(5, 5)
    expect(page.locator(".card video")).to_have_count(0)


def test_a_card_that_was_clicked_at_once_plays_nothing_unseen(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery", before="""
        window.played = [];
        const play = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          window.played.push(this);
          return play.call(this);
        };""")
    ready(page)
    # Timers end in their order: the card's, if it goes on, before this one.
    page.evaluate("""async () => {
      const card = document.querySelector(".card:not([hidden])");
      card.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }));
      card.querySelector("a").click();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }""")
    expect(page.locator("sx-player")).to_be_visible()
    page.wait_for_function("() => window.played.length > 0")
    assert page.evaluate("window.played.every((video) => video.isConnected)")


def test_cards_are_reached_by_keys(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    page.locator(f'.card a[href="/clips/{newest(server)}"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    second = server.get("/api/recordings?limit=1&offset=1")["recordings"][0]["id"]
    expect(page).to_have_url(f"{server.url}/clips/{second}")


# The order of the cards that are there, in the document, by their place in the list.
ORDER = "all => all.map((card) => Number(card.ariaPosInSet))"


def test_cards_stand_in_their_order(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/gallery")
    ready(page)
    for share in [0.3, 0.4, 0.35, 1, 0.9, 0]:
        drag_bar(page, share)
        ready(page)
        order = cards(page).evaluate_all(ORDER)
        assert order == list(range(order[0], order[0] + len(order)))
    wheel(page, 10)
    ready(page)
    # From one row down to the next, by the Tab key; the browser scrolls with it, and the card in focus is never taken away.
    places = []
    cards(page).nth(8).locator("a").focus()
    for _ in range(12):
        places.append(page.evaluate("Number(document.activeElement.closest('.card').ariaPosInSet)"))
        page.keyboard.press("Tab")
        # The list has followed.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert places == list(range(places[0], places[0] + 12))


def test_who_looks_at_new_recordings_goes_on_in_the_list(server: Server, open_page: OpenPage) -> None:
    def one_less(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "total": told["total"] - 1})

    page = open_page(
        server.url + "/gallery", prepare=lambda page: page.route("**/api/recordings?*", one_less))
    ready(page)
    expect(page.locator(".toolbar")).to_contain_text("249 recordings")
    drag_bar(page, 0.5)
    ready(page)
    page.unroute_all(behavior="wait")
    news = page.get_by_role("button", name="1 new recording")
    expect(news).to_be_visible()
    news.focus()
    page.keyboard.press("Enter")
    expect(news).to_be_hidden()
    expect(page.get_by_role("region", name="Recordings")).to_be_focused()
    expect(page.locator(".toolbar")).to_contain_text("250 recordings")


# The player


def position(page: Page) -> float:
    return page.evaluate("document.querySelector('sx-player video').currentTime")


def playing(page: Page) -> None:
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_keys_play_skip_and_change_the_clip(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42")
    expect(page.locator(".objects li")).to_have_text(["Person" + "0:00" + "95 %", "car" + "0:01" + "87 %"], ignore_case=True)
    page.wait_for_timeout(100)
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".controls .number").first).to_have_text("0:00 / 0:02")
    page.keyboard.press(".")
    assert 0 < position(page) < 0.2
    page.keyboard.press("ArrowRight")
    expect(page.locator(".controls .number").first).to_have_text("0:02 / 0:02")
    page.keyboard.press("j")
    playing(page)
    expect(page.locator(".controls .number").first).to_have_text("0:00 / 0:02")
    page.keyboard.press(" ")
    playing(page)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Speed")).to_have_text("2×")
    page.keyboard.press("ArrowDown")
    # The recordings of a camera are two hours apart.
    expect(page).to_have_url(server.url + "/clips/40")
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(server.url + "/clips/42")


def test_objects_are_marked_where_they_were(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42")
    expect(page.locator(".marks .mark")).to_have_count(2)
    page.keyboard.press("k")
    person, car = [page.locator(".marks .mark").nth(index) for index in (0, 1)]
    expect(person).to_have_attribute("title", "person, 95 %: from 0:00 to 0:01")
    boxes = [mark.bounding_box() for mark in (person, car)] + [page.locator(".timeline").bounding_box()]
    assert all(boxes)
    # The car came at half of the two seconds, while the person was there: each in a row of its own.
    middle = boxes[2]["x"] + boxes[2]["width"] / 2
    assert abs(boxes[1]["x"] - middle) < 2 and boxes[0]["x"] < middle - 100 and boxes[0]["y"] != boxes[1]["y"]
    car.click()
    assert position(page) == 1
    # The same by the keyboard, and by a reader of the screen.
    page.get_by_role("button", name="person, 95 %: from 0:00 to 0:01").focus()
    page.keyboard.press("Enter")
    assert position(page) == 0
    # Chosen from the line of the day, whose list tells no times.
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(server.url + "/clips/40")
    expect(page.locator(".marks .mark")).to_have_count(1)


def test_on_a_phone_the_slider_is_below_the_picture(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42", size=(390, 844))
    expect(page.locator(".marks .mark")).to_have_count(2)
    screen, slider = page.locator(".screen").bounding_box(), page.get_by_role("slider", name="Position").bounding_box()
    assert screen and slider
    assert screen["y"] + screen["height"] <= slider["y"] and slider["width"] > 300


def test_the_line_of_the_day(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42")
    line = page.get_by_role("slider", name="Recordings of the day")
    expect(page.locator("sx-day")).to_contain_text("12 recordings")
    expect(page.locator("sx-day h2")).to_have_text(re.compile("12 Oct 2025"))
    box = line.bounding_box()
    assert box
    # 12 hours before: the recordings of the camera are at 5 minutes past every other hour.
    share = (21 + 5.5 / 60 - 12) / 24
    page.mouse.move(box["x"] + share * box["width"], box["y"] + 20)
    expect(line).to_contain_text("09:05")
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(server.url + "/clips/30")
    line.focus()
    page.keyboard.press("End")
    expect(page).to_have_url(server.url + "/clips/44")
    page.keyboard.press("ArrowRight")
    expect(page.locator("sx-day h2")).to_have_text(re.compile("13 Oct 2025"))
    page.get_by_role("button", name="Shorter span").click()
    expect(page.get_by_role("button", name="Longer span")).to_be_enabled()


def test_the_marks_go_with_the_shorter_span(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42")
    expect(page.locator("sx-day")).to_contain_text("12 recordings")
    page.wait_for_function("() => document.querySelector('sx-player video').currentTime > 0")
    page.keyboard.press("k")
    for _ in range(2):
        page.get_by_role("button", name="Shorter span").click()
    first = page.locator(".day-hours span").first
    expect(first).to_have_text("20:45")
    step = "document.querySelector('sx-day').needle = document.querySelector('sx-day').at + 20 * 60e3"
    # A pointer that is down keeps what is under it.
    box = page.get_by_role("slider", name="Recordings of the day").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.evaluate(step)
    expect(first).to_have_text("20:45")
    page.mouse.up()
    expect(first).to_have_text("21:00")
    page.evaluate(step)
    expect(first).to_have_text("21:30")


def test_protection_is_kept(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    page.get_by_role("button", name="Protect").click()
    expect(page.get_by_role("button", name="Protected")).to_have_attribute("aria-pressed", "true")
    assert own_server.get("/api/recordings/42")["protected"] is True
    page.get_by_role("button", name="Protected").click()
    expect(page.get_by_role("button", name="Protect", exact=True)).to_be_visible()
    assert own_server.get("/api/recordings/42")["protected"] is False


def test_a_clip_is_downloaded(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "/clips/42")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".mp4")


def test_deleting_can_be_undone_until_its_message_goes(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".notice")).to_contain_text("Recording deleted")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_be_hidden()
    page.wait_for_timeout(200)
    assert own_server.get("/api/recordings/42")["id"] == 42
    page.get_by_role("button", name="Delete").click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answer:
        pass
    assert answer.value.status == 200
    page.goto(own_server.url + "/gallery")
    expect(page.locator(".toolbar")).to_contain_text("249 recordings")


def test_a_clip_plays_on_when_another_one_is_gone(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    page.get_by_role("button", name="Delete").click()
    page.keyboard.press("ArrowUp")
    expect(page).not_to_have_url(own_server.url + "/clips/42")
    # It is said to play before its first picture is there.
    page.wait_for_function("() => document.querySelector('sx-player video').currentTime > 0")
    page.keyboard.press("k")
    at = position(page)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        pass
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('sx-player video').paused")
    assert position(page) == at


def test_undo_stays_while_the_pointer_is_on_it(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    page.get_by_role("button", name="Delete").click()
    page.locator(".toast").hover()
    page.wait_for_timeout(8000)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(8000)
    assert own_server.get("/api/recordings/42")["id"] == 42


def test_deleting_is_not_lost_when_the_page_goes(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    page.get_by_role("button", name="Delete").click()
    page.goto("about:blank")
    page.goto(own_server.url + "/gallery")
    expect(page.locator(".toolbar")).to_contain_text("249 recordings")


def test_a_server_that_restarts_under_a_clip(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/42")
    expect(page.locator(".objects li")).to_have_count(2)
    page.keyboard.press("k")
    own_server.stop(signal.SIGKILL)
    expect(page.locator(".banner")).to_have_text("The server does not answer. Trying again…")
    # Another clip cannot be had now, and comes when the server does.
    page.evaluate("history.pushState(null, '', '/clips/250'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.locator(".notice")).to_contain_text("The clip could not be loaded")
    own_server.start()
    expect(page.locator(".banner")).to_be_hidden()
    expect(page.locator(".notice")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('sx-player video').readyState >= 2")
    expect(page.locator(".facts")).to_contain_text("front-door_2025-10-21")


def test_later_and_earlier_go_on_from_a_clip_that_is_gone(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + "/clips/38")
    expect(page.locator("sx-day")).to_contain_text("12 recordings")
    for key, neighbour in [("ArrowUp", 40), ("ArrowDown", 36)]:
        shown = int(page.url.rsplit("/", 1)[1])
        own_server.send("DELETE", f"/api/recordings/{shown}")
        expect(page.locator(".notice")).to_contain_text("This recording was deleted")
        expect(page.locator("sx-day")).to_contain_text(f"{11 if shown == 38 else 10} recordings")
        page.keyboard.press(key)
        expect(page).to_have_url(f"{own_server.url}/clips/{neighbour}")
        expect(page.locator("sx-day h2")).to_have_text(re.compile("12 Oct 2025"))


def test_a_clip_that_is_deleted_while_it_plays_says_so(own_server: Server, open_page: OpenPage) -> None:
    page = open_page(own_server.url + f"/clips/{newest(own_server)}")
    playing(page)
    own_server.send("DELETE", f"/api/recordings/{newest(own_server)}")
    expect(page.locator(".notice")).to_contain_text("This recording was deleted")
    page.goto(own_server.url + "/clips/42000")
    expect(page.locator(".notice")).to_contain_text("There is no such recording")
