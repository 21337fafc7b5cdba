// Missions in progress, and the latest that ended.

import { html, aged, below, percent } from "/common/values.js";
import { t, word } from "/common/texts.js";
import { Legend } from "/panels/legend.js";

function Mission({ mission, state }) {
  const seen = state.records.get(`seen/${mission.name}`);
  const targets = Object.entries(mission.watch || {});
  return html`<li class=${aged(mission.age)}>
    <h3>${mission.mission} <span class="phase">${mission.outcome ? word("outcome", mission.outcome) : word("mission", mission.phase)}</span></h3>
    <p>${t("missions.ordered", { drones: mission.drones.join(", "), person: mission.person })}</p>
    ${seen && html`<p>${t("missions.seen", { share: percent(seen.seen_fraction), area: Math.round(seen.blind_area_m2) })}</p>`}
    ${targets.map(([name, target]) => html`<p class=${target.state === "gap" ? "bad" : ""}>${name}${t("colon")}${word("target", target.state)}${
      target.looking ? t("missions.looks", { drone: target.looking }) : ""}</p>`)}
    ${mission.reason && html`<p>${mission.reason}</p>`}
  </li>`;
}

const List = ({ missions, state }) => html`<ul>${missions.map(mission => html`<${Mission} key=${mission.name} mission=${mission} state=${state} />`)}</ul>`;

export function Missions({ state }) {
  const open = below(state, "run/").filter(mission => !mission.outcome);
  return html`<h2>${t("missions.title")}</h2>
    ${open.length ? html`<${List} missions=${open} state=${state} />` : html`<p>${t("missions.none")}</p>`}
    ${state.records.has("ground") && html`<${Legend} />`}`;
}

export function Ended({ state }) {
  const ended = below(state, "run/").filter(mission => mission.outcome).reverse();
  return ended.length > 0 && html`<h2>${t("missions.ended")}</h2><${List} missions=${ended} state=${state} />`;
}
