"""How the gallery scrolls: in every picture that the browser draws, whether the view shows recordings or waits for them."""

from __future__ import annotations

import dataclasses

from playwright.sync_api import Page, expect

# Looks at the view before each picture; keeps how long it showed no recording at all, and how long one was missing.
WATCH = """
() => {
  const scroller = document.querySelector(".gallery");
  const watch = (window.watch = { blanks: [], partial: [], frames: 0, longest: 0 });
  let blank = null, partial = null, before = performance.now();
  const look = () => {
    const now = performance.now();
    watch.frames += 1;
    watch.longest = Math.max(watch.longest, now - before);
    before = now;
    const view = scroller.getBoundingClientRect();
    let filled = 0, waiting = 0;
    for (const card of scroller.querySelectorAll(".card:not([hidden])")) {
      const box = card.getBoundingClientRect();
      if (box.bottom <= view.top + 1 || box.top >= view.bottom - 1) continue;
      if (card.classList.contains("waiting")) waiting += 1; else filled += 1;
    }
    if (!filled) blank ??= now; else if (blank !== null) { watch.blanks.push(now - blank); blank = null; }
    if (waiting || !filled) partial ??= now; else if (partial !== null) { watch.partial.push(now - partial); partial = null; }
    window.watching = requestAnimationFrame(look);
  };
  window.watching = requestAnimationFrame(look);
}
"""


@dataclasses.dataclass(frozen=True)
class Scrolled:
    """Milliseconds."""

    longest_blank: float
    longest_wait: float
    """For all cards in view to be filled."""
    longest_frame: float
    frames: int


def watched(page: Page, scroll: object) -> Scrolled:
    """What was seen while `scroll()` went on, and until all was there."""
    page.evaluate(WATCH)
    scroll()  # type: ignore[operator]
    expect(page.locator(".card.waiting:not([hidden])")).to_have_count(0)
    page.wait_for_timeout(100)
    seen = page.evaluate("() => { cancelAnimationFrame(window.watching); return window.watch; }")
    return Scrolled(
        max(seen["blanks"], default=0), max(seen["partial"], default=0), seen["longest"], seen["frames"])


def wheel(page: Page, steps: int, pixels: int = 400) -> None:
    """Turns the wheel over the gallery, as fast as a hand does."""
    page.locator(".gallery").hover()
    for _ in range(steps):
        page.mouse.wheel(0, pixels)
        page.wait_for_timeout(16)


def drag_bar(page: Page, share: float) -> None:
    """Takes the scroll bar to a place, 0 to 1, and waits until the gallery knows: browsers tell of it before the next picture."""
    page.evaluate("""share => new Promise((resolve) => {
      const gallery = document.querySelector(".gallery");
      gallery.scrollTop = share * (gallery.scrollHeight - gallery.clientHeight);
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    })""", share)
