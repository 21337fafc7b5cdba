// The evening of an operation: its passes, its mandates, and who waits for whom. Record `evening`.

import { html } from "/common/values.js";
import { t, word } from "/common/texts.js";

const SIGN = { drawn: "○", due: "◔", awaiting_person: "▲", cleared: "◑", flying: "●", swapping: "●", done: "✓" };

function Pass({ one }) {
  const secret = one.state === "drawn" ? t("evening.secret") : "";
  const times = one.start ? t("evening.times", { start: one.start, latest: one.latest }) : secret;
  return html`<li class=${one.waits ? "bad" : ""}><h3>${SIGN[one.state] || "✗"} ${t("evening.pass", { number: one.number })} <span class="phase">${word("pass", one.state)}</span></h3>
    <p>${[times, one.person].filter(Boolean).join(", ")}</p>${one.reason && html`<p>${one.reason}</p>`}</li>`;
}

// The day and the name of an evening; its whole id begins with the operation.
const named = id => id.split("/").slice(1).join(" ");

// Who waits for whom, one sentence each.
export function waits(evening) {
  const pilots = evening.pilots.join(", ");
  const passes = evening.passes.filter(one => one.waits).map(one => t("evening.waits_person", { number: one.number, pilots, latest: one.latest }));
  const mandate = evening.needs_mandate && evening.evening && !evening.mandated.length ? [t("evening.waits_mandate", { evening: named(evening.evening), pilots })] : [];
  return [...passes, ...mandate, ...(evening.waits ? [evening.waits] : [])];
}

export function Evening({ state }) {
  const evening = state.records.get("evening");
  if (!evening) return null;
  if (evening.problem) return html`<h2>${t("evening.title")}</h2><p class="bad">${t("evening.problem", { problem: evening.problem })}</p>`;
  return html`<section aria-label=${t("evening.title")}><h2>${t("evening.title")} ${named(evening.shown || evening.evening)}
      ${evening.state && html` <span class="phase">${word("occurrence", evening.state)}</span>`}</h2>
    ${evening.clock && html`<p>${t("evening.clock", { clock: evening.clock })}</p>`}
    ${evening.reason && html`<p>${evening.reason}</p>`}
    ${waits(evening).map(line => html`<p class="bad">▲ ${line}</p>`)}
    ${evening.mandated.length > 0 && html`<p>${t("evening.mandated", { evening: named(evening.evening), pilots: evening.mandated.join(", ") })}</p>`}
    <ul>${evening.passes.map(one => html`<${Pass} key=${one.id} one=${one} />`)}</ul>
    ${!evening.passes.length && html`<p>${t(evening.evening ? "evening.not_drawn" : "evening.none", { evening: named(evening.evening) })}</p>`}
    ${evening.refusals.map(line => html`<p class="bad">${line}</p>`)}</section>`;
}
