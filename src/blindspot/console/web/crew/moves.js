// Orders at a drone that let the drone fly on: resume, and the word about a new battery pack.

import { useState } from "preact/hooks";
import { html, below } from "/common/values.js";
import { t } from "/common/texts.js";
import { NO_DETAILS, giveAt, orderer, plain, saidAt, whyLocked } from "/crew/signed.js";
import { openUnlock } from "/crew/who.js";
import { by, canStop } from "/panels/stops.js";

const RESUMED = ["hold", "pilot"];
const usual = () => plain(by.reason) || t("reason.order");

// A button of an order to fly: while nobody may order, its text says so and a press opens the key.
export function MoveButton({ stack, label, hidden, disabled, place, onGive }) {
  const why = whyLocked(stack), last = saidAt(place), isLocked = () => stack.crew.has_keys && !orderer(stack);
  const needsKey = isLocked(), press = () => (isLocked() ? openUnlock() : onGive());
  return html`<button type="button" class="move" disabled=${disabled || last.waits || (why && !needsKey)} title=${why} onClick=${press}>
    ${needsKey ? t("crew.first_unlock", { order: label }) : label}${hidden && html`<span class="hidden"> ${hidden}</span>`}${why && !needsKey && html` <small>${why}</small>`}</button>`;
}

export const Said = ({ place }) => {
  const last = saidAt(place);
  return last.text && html`<p class=${last.bad ? "bad" : "news"} role="status">${last.text}</p>`;
};

export function DroneMoves({ state, drone }) {
  const [pack, setPack] = useState("");
  const stack = state.records.get("stack");
  if (!stack || !stack.crew) return null;
  const off = !canStop(state), name = drone.name, place = `drone ${name}`;
  const swaps = below(state, "run/").some(run => run.phase === "swapping" && run.drones.includes(name)) && drone.autopilot === "down";
  const order = (what, reason, more = {}) => giveAt(place, stack, what,
    { drones: [name], page_id: crypto.randomUUID(), reason: usual(), ...more }, () => ({ drones: [name], reason, details: NO_DETAILS }));
  const packs = stack.crew.packs[name] || [], chosen = pack || packs[0] || "";
  if (!RESUMED.includes(drone.phase) && !swaps && !saidAt(place).text) return null;
  return html`<div class="moves">
    ${RESUMED.includes(drone.phase) && html`<${MoveButton} stack=${stack} label=${t("order.resume")} hidden=${name} disabled=${off} place=${place} onGive=${() => order("resume", usual())} />`}
    ${swaps && html`${packs.length > 0 && html`<label>${t("moves.pack")} <select onChange=${event => setPack(event.target.value)}>${packs.map(id => html`<option>${id}</option>`)}</select></label>`}
      <${MoveButton} stack=${stack} label=${t("order.swapped")} hidden=${name} disabled=${off} place=${place}
        onGive=${() => order("swapped", plain(chosen ? `pack ${chosen}: ${usual()}` : usual()), { pack: chosen })} />`}
    <${Said} place=${place} />
  </div>`;
}
