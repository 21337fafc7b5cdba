// One card a drone: phase and reason, looks, battery, height, camera, picture, stops. A card opens the page of its drone.

import { useState } from "preact/hooks";
import { html, aged, below, percent, seconds } from "/common/values.js";
import { t, word } from "/common/texts.js";
import { DroneMoves } from "/crew/moves.js";
import { DronePage } from "/panels/drone_page.js";
import { Picture } from "/panels/pictures.js";
import { DroneStops } from "/panels/stops.js";

function Drone({ drone, state, open }) {
  const left = drone.hold_ends_s === null ? "" : ` ${t("drones.hold_left", { seconds: Math.ceil(drone.hold_ends_s) })}`;
  const fact = (name, value) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
  const route = drone.looks ? t("drones.looks", { done: drone.looks_done, all: drone.looks }) : percent(drone.route_fraction);
  return html`<li class=${aged(drone.age)}>
    <h3>${drone.trail ? drone.name : html`<button type="button" class="name" onClick=${open} title=${t("drones.open")}>${drone.name}</button>`}
      <span class="phase ${drone.phase}">${word("phase", drone.phase)}${left}</span></h3>
    <dl>
      ${fact("drones.battery", percent(drone.battery_fraction))}
      ${drone.trail || drone.phase === "idle" ? null : fact(drone.looks ? "drones.look" : "drones.route", route)}
      ${fact("drones.height", drone.up_m === null ? t("unknown") : `${Math.round(drone.up_m) || 0} m`)}
      ${fact("drones.camera", t(drone.sensor_inhibited ? "drones.inhibited" : "drones.released"))}
      ${drone.trail ? null : fact("drones.heard", t("ago", { age: seconds(drone.age) }))}
    </dl>
    ${drone.reason && html`<p>${drone.reason}</p>`}
    ${drone.trail ? null : html`<${Picture} state=${state} drone=${drone} />`}
    ${drone.trail ? null : html`<${DroneStops} state=${state} drone=${drone} /><${DroneMoves} state=${state} drone=${drone} />`}
  </li>`;
}

export function Drones({ state }) {
  const [open, setOpen] = useState(""), drones = below(state, "drone/"), shown = drones.find(drone => drone.name === open);
  if (shown && !shown.trail) return html`<${DronePage} key=${open} state=${state} drone=${shown} close=${() => setOpen("")} />`;
  return html`<h2>${t("drones.title")}</h2>
    <ul class="drones">${drones.map(drone => html`<${Drone} key=${drone.name} drone=${drone} state=${state} open=${() => setOpen(drone.name)} />`)}</ul>`;
}
