// One card a drone: phase and reason, battery, route, height, camera, picture, stops.

import { html, aged, below, percent, seconds } from "/common/values.js";
import { t, word } from "/common/texts.js";
import { DroneMoves } from "/crew/moves.js";
import { Picture } from "/panels/pictures.js";
import { DroneStops } from "/panels/stops.js";

function Drone({ drone, state }) {
  const left = drone.hold_ends_s === null ? "" : ` ${t("drones.hold_left", { seconds: Math.ceil(drone.hold_ends_s) })}`;
  const fact = (name, value) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
  return html`<li class=${aged(drone.age)}>
    <h3>${drone.name} <span class="phase ${drone.phase}">${word("phase", drone.phase)}${left}</span></h3>
    <dl>
      ${fact("drones.battery", percent(drone.battery_fraction))}
      ${drone.trail ? null : fact("drones.route", percent(drone.route_fraction))}
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
  return html`<h2>${t("drones.title")}</h2>
    <ul class="drones">${below(state, "drone/").map(drone => html`<${Drone} key=${drone.name} drone=${drone} state=${state} />`)}</ul>`;
}
