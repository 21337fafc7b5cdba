// The top line: may we fly, which stack, how old is its last report. And the bar over a page without a connection.

import { html, clock, CROSSED_OUT_S, aged, seconds } from "/common/values.js";
import { t } from "/common/texts.js";
import { Go } from "/panels/go.js";
import { Replay } from "/panels/replay.js";

const Kind = ({ simulated }) => (simulated
  ? html`<strong class="simulated">${t("top.simulated")}</strong>` : html`<strong class="real">${t("top.real")}</strong>`);

// A missing node that the console never heard still starts; another one is lost.
function Ready({ state, nodes }) {
  const isKnown = node => state.records.has(`node/${node}`);
  const lost = nodes.filter(isKnown), starting = nodes.filter(node => !isKnown(node));
  if (!nodes.length) return html`<p class="good">${t("top.ready")}</p>`;
  return html`
    ${lost.length > 0 && html`<p class="bad">${t("top.not_ready", { nodes: lost.join(", ") })}</p>`}
    ${starting.length > 0 && html`<p>${t("top.starting", { nodes: starting.join(", ") })}</p>`}`;
}

export function Top({ state }) {
  const stack = state.records.get("stack"), replay = state.records.get("replay");
  const age = state.age("stack");
  if (!stack) return html`<header><h1>blindspot console</h1><p>${t("top.no_stack")}</p></header>`;
  if (replay) {
    return html`<header><strong class="replayed">${t("top.replay")}</strong><${Kind} simulated=${stack.simulated} /><h1>${stack.name}</h1></header>
      <${Replay} replay=${replay} send=${state.say} />`;
  }
  return html`<header>
    <${Kind} simulated=${stack.simulated} />
    <h1>${stack.name}</h1>
    <${Ready} state=${state} nodes=${stack.lost_nodes} />
    <${Go} state=${state} />
    <p class="age ${aged(age)}">${t("heard_ago", { age: seconds(age) })}</p>
    <p class="clock">${clock(new Date())}</p>
  </header>`;
}

export function Bar({ state, hasKey }) {
  if (!hasKey || state.wrongKey) return html`<p class="bar" role="alert">${t("bar.wrong_key")}</p>`;
  if (!state.heard && state.asksLogin) return null;
  if (!state.heard) return html`<p class="bar" role="status">${t("bar.waits")}</p>`;
  if (state.lost) return html`<p class="bar lost" role="alert">${t("bar.page_lost", { time: clock(state.heard) })}</p>`;
  const age = state.age("stack");
  if (age > CROSSED_OUT_S && age < Infinity) {
    return html`<p class="bar lost" role="alert">${t("bar.stack_lost", { time: clock(new Date(Date.now() - age * 1000)) })}</p>`;
  }
  return null;
}
