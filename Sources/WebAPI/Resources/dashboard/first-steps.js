// What to do when there is nothing yet.
import { h, icon, s } from "./dom.js";
import { qr } from "./qr.js";
import { t } from "./text.js";

/** What the server listens for cameras on, unless set otherwise. */
const RTSP_PORT = 8554;
/** Light modules around a code, without which readers do not find it. */
const QUIET = 4;

/** A text as a QR code: dark on light in both themes, as readers want it. */
function code(text, label) {
  const modules = qr(text);
  const side = modules.length + 2 * QUIET;
  let path = "";
  modules.forEach((row, y) => row.forEach((isDark, x) => isDark && (path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`)));
  return s("svg", { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    s("rect", { width: side, height: side, fill: "#fff" }), s("path", { d: path, fill: "#000" }));
}

/** In place of the cameras, when there is none. */
export function noCamera() {
  const { hostname } = location;
  const address = `rtsp://${hostname}:${RTSP_PORT}/video/front-door`;
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  return h("div", { class: "empty scroll" }, icon("live"), h("h2", null, t("first.noCamera")), h("p", null, t("first.how")),
    h("ol", null,
      h("li", null, t("first.file"), " ", h("code", null, "config/surveillance.yml")),
      h("li", null, t("first.push"), " ", h("code", null, address)),
      h("li", null, t("first.credentials"), " ", h("code", null, "spectrax credentials show"))),
    isLocal ? h("p", null, t("first.local")) : h("figure", null, code(address, t("first.code", { address })), h("figcaption", null, t("first.scan"))));
}
