// The frame of all pages: navigation, the state of the connection, short messages.
import { isOutdated, server, watchStatus } from "./api.js";
import { h, icon, iconButton, kept, setText } from "./dom.js";
import { happenings } from "./events.js";
import { t } from "./text.js";
import { toast, toasts } from "./toast.js";
import "./live.js";
import "./gallery.js";
import "./player.js";
import "./statistics.js";
import "./system.js";

const PAGES = [
  { path: "/", key: "live", element: "sx-live", matches: (path) => path === "/" },
  { path: "/gallery", key: "gallery", element: "sx-gallery", matches: (path) => path === "/gallery" || path.startsWith("/clips/") },
  { path: "/statistics", key: "statistics", element: "sx-statistics", matches: (path) => path === "/statistics" },
  { path: "/system", key: "system", element: "sx-system", matches: (path) => path === "/system" },
];

const main = h("main", { id: "main", tabindex: "-1" });
const banner = h("div", { class: "banner", role: "status", hidden: true });
const links = PAGES.map((page) => h("a", { href: page.path }, icon(page.key), t(`page.${page.key}`)));
const mark = document.querySelector('link[rel="icon"]')?.href;

document.body.replaceChildren(
  h("a", { class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus()) }, t("skip")),
  h("header", { class: "bar" },
    h("a", { class: "brand", href: "/" }, h("img", { src: mark, alt: "" }), "SpectraX"),
    h("nav", { class: "pages", "aria-label": t("pages") }, links),
    h("div", { class: "bar-end" }, iconButton("theme", t("theme.change"), changeTheme))),
  banner, main, toasts);

// Pages

const isOurs = (path) => PAGES.some((page) => page.matches(path));

function show({ isNew }) {
  const { pathname } = location;
  const page = PAGES.find((candidate) => candidate.matches(pathname)) ?? PAGES[0];
  links.forEach((link, index) => {
    if (PAGES[index] === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  const name = pathname.startsWith("/clips/") ? "sx-player" : page.element;
  const current = main.firstElementChild;
  if (current?.localName === name && current.navigated) {
    current.navigated();
    return;
  }
  main.replaceChildren(document.createElement(name));
  document.title = `${t(`page.${page.key}`)} · SpectraX`;
  if (isNew) main.focus({ preventScroll: true });
}

/** Goes to an address of the dashboard. */
function go(address, { replaces = false } = {}) {
  history[replaces ? "replaceState" : "pushState"](null, "", address);
  show({ isNew: true });
}
addEventListener("popstate", () => show({ isNew: false }));
addEventListener("sx-go", ({ detail }) => go(detail.address, detail));

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || link.target || link.hasAttribute("download") || !isOurs(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
});

// Theme: the system's, light, dark.

function changeTheme() {
  const theme = { system: "light", light: "dark", dark: "system" }[kept.get("theme", "system")] ?? "system";
  kept.set("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  toast(t(`theme.${theme}`));
}
addEventListener("sx-theme", changeTheme);

// Connection

function say(text, button) {
  banner.hidden = !text;
  banner.replaceChildren(...[text && h("span", null, text), button].filter(Boolean));
}

async function lookForRelease() {
  if (await isOutdated()) say(t("connection.updated"), h("button", { type: "button", onclick: () => location.reload() }, t("reload")));
}

let isRefused = false;
let uptime = 0;
server.addEventListener("lost", () => say(t("connection.lost")));
server.addEventListener("found", () => {
  say(null);
  toast(t("connection.found"));
  lookForRelease();
});
// A server may be back before anybody has missed it.
happenings.addEventListener("system", ({ detail }) => detail.state === "running" && lookForRelease());
server.addEventListener("refused", ({ detail }) => {
  isRefused = true;
  if (detail.status === 401 || detail.status === 403) {
    say(t("connection.signIn"), h("button", { type: "button", onclick: () => location.reload() }, t("reload")));
  } else say(detail.message);
});
server.addEventListener("status", () => {
  if (isRefused) say(null);
  isRefused = false;
  if (server.status.uptime_seconds < uptime) lookForRelease();
  uptime = server.status.uptime_seconds;
  const dead = server.cameras.filter((camera) => camera.state === "waiting").length;
  setText(deadBadge, dead ? t("live.dead", { n: dead }) : "");
});
const deadBadge = h("span", { class: "hidden", role: "status" });
document.body.append(deadBadge);

// Begin

show({ isNew: false });
watchStatus();
happenings.start();

if ("serviceWorker" in navigator && isSecureContext) {
  const address = "/service-worker.js";
  const policy = globalThis.trustedTypes?.createPolicy("worker", {
    createScriptURL: (url) => {
      if (url !== address) throw new TypeError("not our service worker");
      return url;
    },
  });
  navigator.serviceWorker.register(policy?.createScriptURL(address) ?? address).catch(() => {});
}
