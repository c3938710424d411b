// What to do when there is nothing yet.
import { get } from "./api.js";
import { h, icon, s } from "./dom.js";
import { qr } from "./qr.js";
import { t } from "./text.js";

/** Light modules around a code, without which readers do not find it. */
const QUIET = 4;
const EXAMPLE = `cameras:
  - path: video/front-door
    source: "rtsp://user:password@192.168.1.20/stream1"`;

/** A text as a QR code: dark on light in both themes, as readers want it. */
function code(text, label) {
  const modules = qr(text);
  const side = modules.length + 2 * QUIET;
  let path = "";
  modules.forEach((row, y) => row.forEach((isDark, x) => isDark && (path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`)));
  return s("svg", { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    s("rect", { width: side, height: side, fill: "#fff" }), s("path", { d: path, fill: "#000" }));
}

const block = (text) => h("pre", null, h("code", null, text));

/** How a phone becomes a camera; the addresses are those that the server says of itself. */
function phone({ path, urls, phone_link: link, credentials_command: command, local, known }) {
  const address = urls[0];
  if (!address) return null;
  let sign = null;
  try {
    sign = local || !link ? null : code(link, t("first.code", { address }));
  } catch {
    // A very long address fits no code; it stands there to be typed.
  }
  return h("section", null, h("h3", null, t("first.phone")),
    h("ol", null,
      known ? null : h("li", null, t("first.path"), block(`cameras:\n  - path: ${path}`)),
      h("li", null, t("first.credentials"), block(command)),
      h("li", null, t("first.push"), block(address), urls[1] && h("p", { class: "soft" }, t("first.plain"), " ", h("code", null, urls[1])))),
    sign && h("figure", null, sign, h("figcaption", null, t("first.scan"))),
    local && h("p", { class: "soft" }, t("first.local"), " ", h("code", null, 'network.bind: "0.0.0.0"')));
}

/** In place of the cameras, when there is none. */
export function noCamera() {
  const ways = h("div", { class: "ways" },
    h("section", null, h("h3", null, t("first.camera")), h("ol", null, h("li", null, t("first.file"), block(EXAMPLE)), h("li", null, t("first.restart")))));
  get("/api/publish").then((addresses) => ways.append(...[phone(addresses)].filter(Boolean))).catch(() => {});
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("first.noCamera") }, h("div", { class: "empty first-steps" }, icon("live"), h("h2", null, t("first.noCamera")), h("p", null, t("first.how")), ways));
}
