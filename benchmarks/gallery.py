"""The gallery of a million recordings: each page of data as it asks for it, and in Chromium whether scrolling shows blanks."""
import argparse
import http.client
import json
import os
import random
import statistics
import sys
import time
import urllib.parse

import api
import bench
import browser
import store

COUNT = 1_000_000
PAGE = 50  # as in gallery.js
SORTS = [("timestamp", "desc"), ("timestamp", "asc"), ("confidence", "desc"), ("duration", "desc")]
LONGEST = 100  # ms
# Looks at the view before each picture of the page is composed: cells that wait for their recording, pixels of it without a
# row, and thumbnails that are not there yet.
WATCH = """() => {
  const scroller = document.querySelector(".gallery");
  const seen = (window.seen = []);
  const look = () => {
    const view = scroller.getBoundingClientRect();
    let waiting = 0, bare = 0, cells = 0, top = Infinity, bottom = -Infinity;
    for (const card of scroller.querySelectorAll(".card:not([hidden])")) {
      const box = card.getBoundingClientRect();
      top = Math.min(top, box.top);
      bottom = Math.max(bottom, box.bottom);
      if (box.bottom <= view.top + 1 || box.top >= view.bottom - 1) continue;
      cells += 1;
      if (card.classList.contains("waiting")) waiting += 1;
      else if (!(({ complete, naturalWidth, hidden }) => complete && naturalWidth && !hidden)(card.querySelector("img"))) bare += 1;
    }
    const empty = Math.max(0, Math.min(top, view.bottom) - view.top - 24) + Math.max(0, view.bottom - Math.max(bottom, view.top) - 24);
    seen.push([performance.now(), waiting, cells ? empty : view.height, bare]);
    window.watching = requestAnimationFrame(look);
  };
  window.watching = requestAnimationFrame(look);
}"""


def gallery_queries(ours, count):
    """What the gallery asks for, with each of its filters and sorts, and at any place of the list."""
    dice = random.Random(1)
    newest = json.loads(ours.get("/api/recordings?limit=1000")[1])["recordings"]
    cameras = [None, *sorted({each["stream_id"] for each in newest})]
    for _ in range(count):
        sort, order = dice.choice(SORTS)
        wanted = {"stream_id": dice.choice(cameras), "object_type": dice.choice([None, None, "person", "dog", "horse"]),
                  "min_confidence": dice.choice([None, None, "0.5", "0.7", "0.9"]),
                  "sort_by": sort, "sort_order": order, "limit": PAGE}
        if dice.random() < 0.25:
            wanted["start_date"], wanted["end_date"] = "2024-03-01T00:00:00.000Z", "2024-05-31T23:59:59.999Z"
        yield {key: value for key, value in wanted.items() if value is not None}, dice.random()


def measure_pages(table, ours, count):
    connection = http.client.HTTPConnection("127.0.0.1", ours.port, timeout=60)

    def ask(wanted):
        start = time.monotonic()
        connection.request("GET", "/api/recordings?" + urllib.parse.urlencode(wanted))
        response = connection.getresponse()
        body = response.read()
        passed = 1000 * (time.monotonic() - start)
        if response.status != 200:
            sys.exit(f"{wanted}: {response.status} {body[:200]}")
        return passed, json.loads(body)

    plain = {"sort_by": "timestamp", "sort_order": "desc", "limit": PAGE}
    total = ask(plain)[1]["total"]
    if total != COUNT:
        sys.exit(f"there are {total} recordings")
    scrolled = [ask({**plain, "offset": number * PAGE})[0] for number in range(count)]
    any_place, worst = [], (0, None)
    for wanted, place in gallery_queries(ours, count):
        passed, first = ask(wanted)
        wanted["offset"] = int(place * max(0, first["total"] - 1)) // PAGE * PAGE
        deep = ask(wanted)[0]
        any_place += [passed, deep]
        worst = max(worst, (deep, wanted), (passed, {**wanted, "offset": 0}), key=lambda each: each[0])
    for what, times in ((f"the first {count} pages, one after the other", scrolled),
                        ("first pages and pages anywhere, all filters and sorts", any_place)):
        late = browser.percentile(times, 0.99)
        table.add(f"Gallery of {COUNT:,}: a page of data, {what}, 99 % within",
                  f"{late:.1f} ms (median {statistics.median(times):.1f}, most {max(times):.1f}, {len(times)} pages, "
                  f"{browser.load()})", f"<= {LONGEST} ms", late <= LONGEST)
    print(f"slowest: {worst[0]:.1f} ms {worst[1]}")


def make_thumbnails(ours, folder, count):
    """Pictures for the newest recordings: a few files under many names."""
    made = []
    for turn in range(12):
        picture = bench.OUT / f"thumbnail-{turn}.jpg"
        bench.run("ffmpeg", "-v", "error", "-y", "-ss", turn * 5, "-i", bench.vtest(), "-vf", "scale=480:-2,crop=480:270",
                  "-frames:v", 1, "-q:v", 4, picture)
        made.append(picture)
    for offset in range(0, count, 1000):
        for recording in json.loads(ours.get(f"/api/recordings?limit=1000&offset={offset}")[1])["recordings"]:
            name = folder / os.path.basename(urllib.parse.unquote(recording["thumbnail_url"]))
            if not name.exists():
                os.link(made[recording["id"] % len(made)], name)


def longest(seen, is_blank):
    """Milliseconds for which it was blank, from the first picture of the page that was to the first that was not."""
    most, since = 0, None
    for each in seen:
        if is_blank(each):
            since = each[0] if since is None else since
        elif since is not None:
            most, since = max(most, each[0] - since), None
    return max(most, seen[-1][0] - since) if since is not None else most


def watched(page, act):
    page.evaluate(WATCH)
    act()
    page.wait_for_function("() => !document.querySelector('.card.waiting:not([hidden])')")
    page.wait_for_timeout(300)
    return page.evaluate("() => { cancelAnimationFrame(window.watching); return window.seen; }")


def report(table, what, seen, further):
    blank = longest(seen, lambda each: each[1] or each[2] > 1)
    pause = max(after[0] - before[0] for before, after in zip(seen, seen[1:]))
    table.add(f"Gallery of {COUNT:,} in Chromium, {what}: longest time with a blank cell in view",
              f"{blank:.0f} ms ({further}; longest pause between pictures {pause:.0f} ms; {browser.load()})",
              f"<= {LONGEST} ms", blank <= LONGEST)


def measure_scrolling(table, ours, rows):
    with browser.chromium() as chromium, browser.opened(chromium, ours.port, "/gallery", with_reader=False) as page:
        page.wait_for_function("() => document.querySelector('.card:not([hidden]):not(.waiting)')")
        page.wait_for_timeout(2000)
        page.locator(".gallery").hover()
        height, columns = page.evaluate("""() => {
          const cards = [...document.querySelectorAll(".card:not([hidden])")].map(card => card.getBoundingClientRect());
          const tops = [...new Set(cards.map(card => Math.round(card.top)))].sort((a, b) => a - b);
          return [tops[1] - tops[0], cards.filter(card => Math.round(card.top) === tops[0]).length];
        }""")
        place = "() => Number(document.querySelector('.card:not([hidden])').getAttribute('aria-posinset'))"
        # A notch is 100 pixels; a hand turns some ten a second, a wheel that runs freely many more.
        for what, step, pause, share in (("the wheel turned by hand, 100 pixels each 66 ms", 100, 66, 0.05),
                                         ("a wheel that runs freely, 400 pixels each 16 ms", 400, 16, 1)):
            steps = int(rows * share * height / step)

            def turn():
                for _ in range(steps):
                    page.mouse.wheel(0, step)
                    page.wait_for_timeout(pause)

            before, start = page.evaluate(place), time.monotonic()
            seen = watched(page, turn)
            gone = (page.evaluate(place) - before) / columns
            passed = time.monotonic() - start
            thumbnails = longest(seen, lambda each: each[3])
            report(table, what, seen, f"{gone:.0f} rows of {columns} in {passed:.0f} s; {len(seen)} pictures; longest with a "
                   f"thumbnail missing {thumbnails:.0f} ms")

        def leap():
            dice = random.Random(2)
            for _ in range(30):
                page.evaluate("share => { const it = document.querySelector('.gallery');"
                              " it.scrollTop = share * (it.scrollHeight - it.clientHeight); }", dice.random())
                page.wait_for_timeout(700)

        report(table, "leaps of the scroll bar to any place", watched(page, leap), "30 leaps")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--rows", type=int, default=3000)
    options = parser.parse_args()
    if not store.STORE_BENCH.is_file():
        sys.exit(f"{store.STORE_BENCH} is missing: swift build -c release --product store-bench")
    table = bench.Table("gallery")
    folder = store.database(COUNT)
    with api.Recorded(folder) as ours:
        ours.wait("/healthz", ours.is_healthy)
        measure_pages(table, ours, options.pages)
        if bench.vtest():
            make_thumbnails(ours, folder, 6 * options.rows)
        measure_scrolling(table, ours, options.rows)


if __name__ == "__main__":
    main()
