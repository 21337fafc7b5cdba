// What a person has to do: notices of the stack, and nodes that are silent.

import { html, below, seconds, OLD_S } from "/common/values.js";
import { t } from "/common/texts.js";

export function ToDo({ state }) {
  const stack = state.records.get("stack");
  const silent = below(state, "node/").filter(node => node.age > OLD_S);
  const lines = [...(stack ? stack.notices : []), ...silent.map(node => t("todo.silent", { node: node.name, age: seconds(node.age) }))];
  return lines.length > 0 && html`<h2>${t("todo.title")}</h2><ul>${lines.map(line => html`<li class="bad">${line}</li>`)}</ul>`;
}
