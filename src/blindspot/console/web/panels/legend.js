// The colours of the map's ground.

import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { LEGEND } from "/map/ground.js";

export const Legend = () => html`<ul class="legend" aria-label=${t("ground.legend")}>${LEGEND.map(([text, [r, g, b, a]]) =>
  html`<li><i style=${`background: rgba(${r},${g},${b},${a / 255})`}></i>${t(text)}</li>`)}</ul>`;
