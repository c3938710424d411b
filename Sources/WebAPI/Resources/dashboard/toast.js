// Short messages at the bottom, with at most one thing to do about them.
import { h } from "./dom.js";

const MOST = 3;

export const toasts = h("div", { class: "toasts", role: "status" });

/** Shows a text for a while, longer while the pointer or the keys are on it; returns what takes it away. */
export function toast(text, { action, onaction, onend, seconds = 4 } = {}) {
  let timer;
  let isOver = false;
  const close = () => {
    isOver = true;
    clearTimeout(timer);
    element.remove();
  };
  const end = () => (close(), onend?.());
  const hold = () => clearTimeout(timer);
  const wait = () => {
    hold();
    if (!isOver) timer = setTimeout(end, seconds * 1000);
  };
  const element = h("div", { class: "toast", ".end": end, onpointerenter: hold, onpointerleave: wait, onfocusin: hold, onfocusout: wait },
    h("span", null, text), action ? h("button", { type: "button", onclick: () => (close(), onaction()) }, action) : h("span"));
  toasts.append(element);
  while (toasts.childElementCount > MOST) toasts.firstElementChild.end();
  wait();
  return close;
}

/** Goes to an address of the dashboard; `replaces` leaves no step to go back to. */
export function go(address, options) {
  dispatchEvent(new CustomEvent("sx-go", { detail: { address, ...options } }));
}
