// What the map shows: each kind of layers by a button. 3D and the ways home answer rarer questions, and are off at first.

import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { KINDS } from "/map/layers.js";

export const Kinds = ({ drawn, redraw }) => drawn.isDrawn() && html`<div class="kinds" role="group" aria-label=${t("kinds.title")}>${Object.keys(KINDS).map(kind => html`
  <button type="button" aria-pressed=${drawn.isShown(kind)} onClick=${() => { drawn.toggle(kind); redraw(); }}>${t(`kinds.${kind}`)}</button>`)}</div>`;
