// Choose a mission, see its plan, order the flight. All pages see the plan; a person with the right orders the flight.

import { useEffect, useState } from "preact/hooks";
import { html, percent } from "/common/values.js";
import { t } from "/common/texts.js";
import { MoveButton, Said } from "/crew/moves.js";
import { ask, giveAt, plain, saidAt } from "/crew/signed.js";
import { by, canStop } from "/panels/stops.js";

const PLACE = "fly";
const usual = () => plain(by.reason) || t("reason.order");

// The figures that a person reads before the order.
function Figures({ flight }) {
  const fact = (name, value) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
  const known = (value, text) => (value === null ? t("unknown") : text);
  return html`<dl class="plan">
    ${fact("fly.minutes", known(flight.minutes, `${flight.minutes} min`))}
    ${fact("fly.share", t("fly.share_of", { share: percent(flight.share), area: flight.blind_m2 }))}
    ${fact("fly.private", known(flight.private_m2s, `${flight.private_m2s} m² s`))}
    ${fact("fly.density", known(flight.highest_px_per_m, `${flight.highest_px_per_m} px/m`))}
    ${fact("fly.drones", flight.drones.join(", "))}
    ${flight.sorties > 1 && fact("fly.sorties", flight.sorties)}
    ${fact("fly.plan", flight.details[3].slice(0, 12))}
  </dl>`;
}

export function Fly({ state }) {
  const stack = state.records.get("stack"), flight = state.records.get("flight");
  const [missions, setMissions] = useState(null), [chosen, setChosen] = useState(""), [problem, setProblem] = useState("");
  const isHeard = Boolean(stack && stack.crew && !state.records.has("replay"));
  useEffect(() => {
    if (isHeard && !missions) ask("missions", {}).then(answer => setMissions(answer.missions)).catch(error => setProblem(error.message));
  }, [isHeard]);
  if (!isHeard || !missions) return null;
  const file = chosen || (missions[0] && missions[0].file) || "", works = flight && flight.state === "planning";
  const plan = () => { setProblem(""); ask("plan", { mission: file }).catch(error => setProblem(error.message)); };
  const shown = flight && flight.state === "planned" && flight;
  const order = () => giveAt(PLACE, stack, "fly", { run: flight.run, page_id: crypto.randomUUID(), reason: usual() },
    () => ({ drones: [], reason: usual(), details: shown.details }));
  return html`<section class="fly"><h2>${t("fly.title")}</h2>
    ${missions.length === 0 ? html`<p>${t("fly.none")}</p>` : html`<div class="moves">
      <label>${t("fly.mission")} <select value=${file} onChange=${event => setChosen(event.target.value)}>${missions.map(one => html`<option value=${one.file}>${one.name} (${one.file})</option>`)}</select></label>
      <button type="button" disabled=${!canStop(state) || works} onClick=${plan}>${t("fly.make")}</button>
      ${works && html`<p role="status">${t("fly.planning", { mission: flight.mission, seconds: Math.round(state.age("flight")) })}</p>`}
      ${flight && flight.state === "failed" && html`<p class="bad">${flight.problem}</p>`}
      ${shown && html`<p>${t("fly.planned", { mission: shown.mission, file: shown.file })}</p><${Figures} flight=${shown} />
        <${MoveButton} stack=${stack} label=${t("order.fly")} hidden=${shown.mission} disabled=${!canStop(state)} place=${PLACE} onGive=${order} />`}
      ${problem && html`<p class="bad" role="alert">${problem}</p>`}
      ${saidAt(PLACE).text && html`<${Said} place=${PLACE} />`}
    </div>`}
  </section>`;
}
