// May we fly: the signed leases of the drones, and the gate's latest rulings. A lease says yes or no for some seconds; the
// sentence beside the lease, such as "GO until 22:58", lies outside the signature, and the page says so.

import { useState } from "preact/hooks";
import { html, below, seconds } from "/common/values.js";
import { ask } from "/common/ask.js";
import { language, t } from "/common/texts.js";

const LEASE_S = 3, KEPT_S = 60;

// {is: "go" | "no" | "none", text, gate}: the answer of the leases that count now.
export function may(state) {
  const leases = below(state, "lease/"), fresh = leases.filter(one => one.age <= LEASE_S);
  const names = those => those.map(one => one.name).join(", ");
  const refused = fresh.filter(one => !one.granted), granted = fresh.filter(one => one.granted);
  const lapsed = leases.filter(one => one.age > LEASE_S && one.age <= KEPT_S && flies(state, one.name));
  const gate = [...new Set(fresh.map(one => one.sentence))].filter(Boolean).join("; ");
  if (refused.length) return { is: "no", text: t("go.refused", { drones: names(refused), rule: [...new Set(refused.map(one => one.rule))].join(", ") }), gate };
  if (lapsed.length) return { is: "no", text: t("go.lapsed", { drones: names(lapsed), age: seconds(lapsed[0].age) }), gate };
  if (!granted.length) return { is: "none", text: t("go.none"), gate: "" };
  const blind = granted.filter(one => !one.may_look);
  return { is: "go", text: t("go.granted", { drones: names(granted) }) + (blind.length ? ` ${t("go.no_look", { drones: names(blind) })}` : ""), gate };
}

function flies(state, name) {
  const drone = state.records.get(`drone/${name}`);
  return Boolean(drone) && drone.autopilot !== "down";
}

const SIGN = { go: "●", no: "■", none: "○" };

export function Go({ state }) {
  const [rulings, setRulings] = useState(null);
  const found = may(state);
  const open = async () => {
    setRulings({ waits: true });
    try { setRulings(await ask("why", { language: language() })); } catch (error) { setRulings({ problem: error.message }); }
  };
  return html`<div class="go ${found.is}"><p><strong>${SIGN[found.is]} ${found.text}</strong>
    ${found.gate && html` <span class="since">${t("go.gate", { sentence: found.gate })}</span>`}</p>
    <button type="button" onClick=${open} aria-haspopup="dialog">${t("go.why")}</button>
    ${rulings && html`<${Why} found=${rulings} close=${() => setRulings(null)} />`}</div>`;
}

function Ruling({ one }) {
  return html`<li class=${one.ok ? "" : "bad"}><p><strong>${one.ok ? "✓" : "✗"} ${one.rule}</strong> ${one.article}</p>
    <p>${one.evidence}</p>${!one.ok && one.remedy && html`<p>${t("alerts.do", { advice: one.remedy })}</p>`}</li>`;
}

function Why({ found, close }) {
  const rulings = [...(found.rulings || [])].sort((a, b) => a.ok - b.ok);
  const show = box => { if (box && !box.open) box.show(); };  // never modal: each stop stays in reach
  const escape = event => { if (event.key === "Escape") close(); };
  const when = found.at && new Date(found.at).toLocaleString(language());
  return html`<dialog ref=${show} onKeyDown=${escape} aria-labelledby="why-title">
    <h2 id="why-title">${t("go.title")}</h2>
    ${found.waits && html`<p>${t("go.reads")}</p>`}
    ${found.problem && html`<p class="bad" role="alert">${found.problem}</p>`}
    ${"granted" in found && html`<p class=${found.granted ? "good" : "bad"}>${found.at
      ? t(found.granted ? "go.was_granted" : "go.was_refused", { when, run: found.run || "-", person: found.person || "-" }) : t("go.no_judgement")}</p>
      ${(found.verdicts || []).map(text => html`<p class="bad">${text}</p>`)}
      <ul class="rulings">${rulings.map(one => html`<${Ruling} one=${one} />`)}</ul>
      ${found.at && !rulings.length && html`<p>${t("go.no_rulings")}</p>`}`}
    <button type="button" autofocus onClick=${close}>${t("close")}</button>
  </dialog>`;
}
