// Orders about the evening of an operation: the mandate of a pilot, the word that a pass may start, the word that a pass
// is left out. The panel of the evening shows the states.

import { useState } from "preact/hooks";
import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { MoveButton, Said } from "/crew/moves.js";
import { askAt, giveAskedAt, giveAt, orderer, plain, saidAt } from "/crew/signed.js";
import { by, canStop } from "/panels/stops.js";

const usual = () => plain(by.reason) || t("reason.order");
// In the zone of the operation, as the hours of the passes; the page names the zone. Sweden writes the year first.
const clock = (seconds, timeZone) => new Date(seconds * 1000).toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
const named = id => id.split("/").slice(1).join(" ");

// A mandate is read before it is signed: hours, passes and drones come from the very bytes that the key signs.
function Mandate({ state, stack, evening }) {
  const [asked, setAsked] = useState(null);
  const place = `mandate ${evening.evening}`, off = !canStop(state), person = orderer(stack);
  if (!evening.needs_mandate || !evening.evening || (person && evening.mandated.includes(person.name))) return null;
  const see = async () => setAsked(await askAt(place, stack, "mandate", { evening: evening.evening, reason: usual() }));
  const sign = async () => {
    const { reason, drones, details } = asked.read;
    await giveAskedAt(place, stack, "mandate", asked, { reason, drones, details: [details[0], evening.evening, ...details.slice(2)] });
    setAsked(null);
  };
  const read = asked && asked.read;
  return html`<div class="moves"><p>${t("mandate.of", { evening: named(evening.evening) })}</p>
    ${!read && html`<${MoveButton} stack=${stack} label=${t("mandate.see")} disabled=${off} place=${place} onGive=${see} />`}
    ${read && html`<p>${t("mandate.says", { person: read.person, passes: read.details[4], drones: read.drones.join(", "), begins: clock(read.details[2], evening.time_zone), ends: clock(read.details[3], evening.time_zone), zone: evening.time_zone })}</p>
      <${MoveButton} stack=${stack} label=${t("mandate.sign")} disabled=${off} place=${place} onGive=${sign} />`}
    <${Said} place=${place} /></div>`;
}

function PassOrders({ state, stack, one, drones }) {
  const [wind, setWind] = useState(""), [packs, setPacks] = useState("");
  const place = one.id, off = !canStop(state), value = wind.trim() === "" ? NaN : Number(wind.replace(",", "."));
  const confirm = async () => {
    const answer = await giveAt(place, stack, "confirm", { which: one.id, wind_mps: value, reason: usual() }, () => ({ drones, reason: usual(), details: [one.id, value] }));
    if (answer) setPacks(Object.entries(answer.packs).map(([drone, pack]) => t("pass_order.carries", { drone, pack })).join(", ") || t("pass_order.no_packs"));
  };
  const skip = () => giveAt(place, stack, "skip", { which: one.id, reason: usual() }, () => ({ drones, reason: usual(), details: [one.id] }));
  return html`<div class="moves"><p>${t("pass_order.pass", { number: one.number })}</p>
    ${one.waits && html`<label>${t("pass_order.wind")} <input class="short" inputmode="decimal" value=${wind} onInput=${event => setWind(event.target.value)} /></label>
      <${MoveButton} stack=${stack} label=${t("order.confirm")} hidden=${one.number} disabled=${off || !(value >= 0)} place=${place} onGive=${confirm} />`}
    ${one.can_skip && html`<${MoveButton} stack=${stack} label=${t("order.skip")} hidden=${one.number} disabled=${off} place=${place} onGive=${skip} />`}
    ${packs && html`<p role="status">${packs}</p>`}
    <${Said} place=${place} /></div>`;
}

export function EveningOrders({ state }) {
  const stack = state.records.get("stack"), evening = state.records.get("evening");
  if (!stack || !stack.crew || !evening || evening.problem) return null;
  const open = evening.passes.filter(one => one.waits || one.can_skip || saidAt(one.id).text);
  return html`<section aria-label=${t("pass_order.title")}><${Mandate} state=${state} stack=${stack} evening=${evening} />
    ${open.map(one => html`<${PassOrders} key=${one.id} state=${state} stack=${stack} one=${one} drones=${evening.drones} />`)}</section>`;
}
