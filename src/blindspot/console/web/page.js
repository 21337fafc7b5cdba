// The page: what the stack reports, and how old each report is.

import { h, render } from "preact";
import htm from "htm";
import { connect } from "/connection.js";
import { showMap } from "/map.js";
import { Jumps, Replay, listenToKeys } from "/replay.js";
import { DroneStops, Foot, holdByKey } from "/stops.js";

const html = htm.bind(h);
const OLD_S = 3, CROSSED_OUT_S = 10;
const key = location.hash.slice(1);

const percent = share => (share === null || share === undefined ? "unknown" : `${Math.floor(share * 100)} %`);
const seconds = age => (age === Infinity ? "never" : age < 60 ? `${age.toFixed(1)} s` : `${Math.floor(age / 60)} min`);
const aged = age => (age > CROSSED_OUT_S ? "gone" : age > OLD_S ? "old" : "");
const clock = date => date.toLocaleTimeString("fr-FR");
const words = text => text.replaceAll("_", " ");

function below(state, prefix) {
  return [...state.records].filter(([name]) => name.startsWith(prefix))
    .map(([name, content]) => ({ name: name.slice(prefix.length), age: state.age(name), ...content }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function Top({ state }) {
  const stack = state.records.get("stack");
  const age = state.age("stack");
  if (!stack) return html`<header><h1>blindspot console</h1><p>No stack is heard yet.</p></header>`;
  const lost = stack.lost_nodes, replay = state.records.get("replay");
  if (replay) {
    return html`<header>
      <strong class="replayed">REPLAY</strong>
      ${stack.simulated ? html`<strong class="simulated">SIMULATED</strong>` : html`<strong class="real">REAL DRONES</strong>`}
      <h1>${stack.name}</h1>
    </header><${Replay} replay=${replay} send=${state.say} />`;
  }
  return html`<header>
    ${stack.simulated ? html`<strong class="simulated">SIMULATED</strong>` : html`<strong class="real">REAL DRONES</strong>`}
    <h1>${stack.name}</h1>
    <p class=${lost.length ? "bad" : "good"}>${lost.length ? `not ready: ${lost.join(", ")}` : "ready"}</p>
    <p class="age ${aged(age)}">heard ${seconds(age)} ago</p>
    <p class="clock">${clock(new Date())}</p>
  </header>`;
}

function Drone({ drone, state }) {
  const left = drone.hold_ends_s === null ? "" : ` for ${Math.ceil(drone.hold_ends_s)} s more`;
  return html`<li class=${aged(drone.age)}>
    <h3>${drone.name} <span class="phase ${drone.phase}">${words(drone.phase)}${left}</span></h3>
    <dl>
      <div><dt>battery</dt><dd>${percent(drone.battery_fraction)}</dd></div>
      ${drone.trail ? null : html`<div><dt>route</dt><dd>${percent(drone.route_fraction)}</dd></div>`}
      <div><dt>height</dt><dd>${drone.up_m === null ? "unknown" : `${Math.round(drone.up_m) || 0} m`}</dd></div>
      <div><dt>camera</dt><dd>${drone.sensor_inhibited ? "inhibited" : "released"}</dd></div>
      ${drone.trail ? null : html`<div><dt>heard</dt><dd>${seconds(drone.age)} ago</dd></div>`}
    </dl>
    ${drone.reason && html`<p>${drone.reason}</p>`}
    ${drone.trail ? null : html`<${DroneStops} state=${state} drone=${drone} />`}
  </li>`;
}

function Mission({ mission, seen }) {
  const targets = Object.entries(mission.watch || {});
  return html`<li class=${aged(mission.age)}>
    <h3>${mission.mission} <span class="phase">${words(mission.outcome || mission.phase)}</span></h3>
    <p>${mission.drones.join(", ")}, ordered by ${mission.person}</p>
    ${seen && html`<p>seen ${percent(seen.seen_fraction)} of ${Math.round(seen.blind_area_m2)} m² that fixed cameras leave blind</p>`}
    ${targets.map(([name, target]) => html`<p class=${target.state === "gap" ? "bad" : ""}>${name}: ${words(target.state)}${
      target.looking ? `, ${target.looking} looks` : ""}</p>`)}
    ${mission.reason && html`<p>${mission.reason}</p>`}
  </li>`;
}

function Lists({ state }) {
  const stack = state.records.get("stack"), jumps = state.records.get("jumps");
  const missions = below(state, "run/");
  const open = missions.filter(mission => !mission.outcome), ended = missions.filter(mission => mission.outcome);
  const silent = below(state, "node/").filter(node => node.age > OLD_S);
  const todo = [...(stack ? stack.notices : []), ...silent.map(node => `${node.name} is not heard since ${seconds(node.age)}`)];
  const item = mission => html`<${Mission} key=${mission.name} mission=${mission} seen=${state.records.get(`seen/${mission.name}`)} />`;
  return html`<aside>
    <h2>Drones</h2>
    <ul>${below(state, "drone/").map(drone => html`<${Drone} key=${drone.name} drone=${drone} state=${state} />`)}</ul>
    <h2>Missions</h2>
    ${open.length ? html`<ul>${open.map(item)}</ul>` : html`<p>No mission is in progress.</p>`}
    ${todo.length > 0 && html`<h2>To do</h2><ul>${todo.map(line => html`<li class="bad">${line}</li>`)}</ul>`}
    ${jumps && html`<${Jumps} replay=${state.records.get("replay")} jumps=${jumps} send=${state.say} />`}
    ${ended.length > 0 && html`<h2>Ended</h2><ul>${ended.reverse().map(item)}</ul>`}
  </aside>`;
}

function Bar({ state }) {
  if (!key || state.wrongKey) {
    return html`<p class="bar" role="alert">This address has no valid key. Open the address that "blindspot console --address" prints.</p>`;
  }
  if (!state.heard) return html`<p class="bar" role="status">The page waits for the console's server.</p>`;
  if (state.lost) {
    return html`<p class="bar lost" role="alert">The page hears nothing since ${clock(state.heard)}. Drones fly on. Use the radio control or a shell.</p>`;
  }
  const age = state.age("stack");
  if (age > CROSSED_OUT_S && age < Infinity) {
    return html`<p class="bar lost" role="alert">The stack is not heard since ${clock(new Date(Date.now() - age * 1000))}. Drones fly on. Use the radio control or a shell.</p>`;
  }
  return null;
}

const [top_, lists, foot] = ["top", "lists", "foot"].map(id => Object.assign(document.createElement("div"), { id }));
const map = Object.assign(document.createElement("div"), { id: "map" });
map.setAttribute("role", "region");
map.setAttribute("aria-label", "map; the list beside the map holds the same facts");
const main = document.createElement("main");
main.append(map, lists);
document.body.append(top_, main, foot);
const drawn = showMap(map, key);

function draw(state) {
  render(html`<${Bar} state=${state} /><${Top} state=${state} />`, top_);
  render(html`<${Lists} state=${state} />`, lists);
  const isReplay = state.records.has("replay");  // a replay has no buttons of orders
  render(isReplay ? null : html`<${Foot} state=${state} drones=${below(state, "drone/")} />`, foot);
  drawn.update(state, below);
  document.body.classList.toggle("replaying", isReplay);
}

let state = { records: new Map(), age: () => Infinity, heard: null, lost: false, wrongKey: false };
if (key) state = connect(key, draw);
else draw(state);
holdByKey(() => state);
listenToKeys(() => state.records.get("replay"), state.say);
