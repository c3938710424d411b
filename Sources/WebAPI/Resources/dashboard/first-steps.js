// What to do when there is nothing yet.
import { h, icon } from "./dom.js";
import { t } from "./text.js";

export function noCamera() {
  const host = location.hostname;
  return h("div", { class: "empty" }, icon("live"), h("h2", null, t("first.noCamera")), h("p", null, t("first.how")),
    h("ol", null,
      h("li", null, t("first.file"), " ", h("code", null, "config/surveillance.yml")),
      h("li", null, t("first.push"), " ", h("code", null, `rtsp://${host}:8554/video/front-door`)),
      h("li", null, t("first.credentials"), " ", h("code", null, "spectrax credentials show"))));
}
