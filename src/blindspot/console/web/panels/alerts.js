// Alerts: the gravest first, each with since when and what to do. Records `alert/KIND/SUBJECT`.

import { html, below } from "/common/values.js";
import { t } from "/common/texts.js";

export function Alerts({ state }) {
  const alerts = below(state, "alert/").sort((a, b) => a.rank - b.rank);
  if (!alerts.length) return null;
  return html`<section class="alerts" aria-live="assertive"><h2>${t("alerts.title")}</h2><ul>${alerts.map(one => html`<li key=${one.name} class="bad">
    <p><strong>▲ ${t(`alert.${one.kind}`, one.values)}</strong> <span class="since">${t("alerts.since", { since: one.since })}</span></p>
    ${one.detail && html`<p>${one.detail}</p>`}
    <p>${t("alerts.do", { advice: t(`alert.${one.kind}.do`, one.values) })}</p>
  </li>`)}</ul></section>`;
}
