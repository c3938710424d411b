// Short messages at the bottom, with at most one thing to do about them.
import { h } from "./dom.js";

export const toasts = h("div", { class: "toasts", role: "status" });

/** Shows a text for a while; returns what takes it away. */
export function toast(text, { action, onaction, seconds = 4 } = {}) {
  const element = h("div", { class: "toast" }, h("span", null, text), action ? h("button", { type: "button", onclick: () => (close(), onaction()) }, action) : h("span"));
  let timer;
  const close = () => {
    clearTimeout(timer);
    element.remove();
  };
  const wait = () => (timer = setTimeout(close, seconds * 1000));
  toasts.append(element);
  while (toasts.childElementCount > 3) toasts.firstElementChild.remove();
  wait();
  return close;
}

/** Goes to an address of the dashboard; `replaces` leaves no step to go back to. */
export function go(address, options) {
  dispatchEvent(new CustomEvent("sx-go", { detail: { address, ...options } }));
}
