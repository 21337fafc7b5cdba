// Notices of the stack that wait for a person. Silent nodes are alerts.

import { html } from "/common/values.js";
import { t } from "/common/texts.js";

export function ToDo({ state }) {
  const stack = state.records.get("stack");
  const lines = stack ? stack.notices : [];
  return lines.length > 0 && html`<h2>${t("todo.title")}</h2><ul>${lines.map(line => html`<li class="bad">${line}</li>`)}</ul>`;
}
