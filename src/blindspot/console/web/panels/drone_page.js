// The page of one drone: all facts, its right to fly, the nearest rows of its failsafe ladder, its orders. A drone sends
// its ladder only while somebody looks at the ladder.

import { useEffect, useState } from "preact/hooks";
import { html, aged, percent, seconds } from "/common/values.js";
import { t, word } from "/common/texts.js";
import { Picture } from "/panels/pictures.js";
import { DroneStops, ordersOf, said } from "/panels/stops.js";

const NEAREST = 3, SAY_MS = 2000;

function Row({ row }) {
  const left = row.progress === "due" ? t("ladder.due") : row.left_s === null ? t("ladder.far") : seconds(row.left_s);
  const sign = { due: "■", counting: "▲" }[row.progress] || "";
  return html`<tr class=${row.progress === "quiet" ? "" : "bad"}><th scope="row">${sign} ${word("row", row.row)}<small> ${word("action", row.action)}</small></th>
    <td>${row.value || "-"}</td><td>${row.limit}</td><td>${left}</td></tr>`;
}

function Ladder({ state, name }) {
  const [all, setAll] = useState(false);
  useEffect(() => {
    const say = () => state.say({ ladder: name });
    say();
    const timer = setInterval(say, SAY_MS);
    return () => clearInterval(timer);
  }, [name]);
  const ladder = state.records.get(`ladder/${name}`), age = state.age(`ladder/${name}`);
  if (!ladder || !ladder.rows.length) return html`<h2>${t("ladder.title")}</h2><p>${t(ladder ? "ladder.rests" : "ladder.waits")}</p>`;
  return html`<h2>${t("ladder.title")} <small>${t("ago", { age: seconds(age) })}</small></h2>
    <table class=${aged(age)}><thead><tr>${["row", "value", "limit", "left"].map(key => html`<th scope="col">${t(`ladder.${key}`)}</th>`)}</tr></thead>
      <tbody>${ladder.rows.slice(0, all ? undefined : NEAREST).map(row => html`<${Row} key=${row.row} row=${row} />`)}</tbody></table>
    <button type="button" aria-expanded=${all} onClick=${() => setAll(!all)}>${t(all ? "ladder.fewer" : "ladder.all", { count: ladder.rows.length })}</button>`;
}

export function DronePage({ state, drone, close }) {
  const lease = state.records.get(`lease/${drone.name}`), leaseAge = state.age(`lease/${drone.name}`);
  const number = (value, unit) => (value === null || value === undefined ? t("unknown") : `${value.toFixed(1)} ${unit}`);
  const facts = [
    ["drones.battery", percent(drone.battery_fraction)], ["drones.route", percent(drone.route_fraction)],
    ["drones.height", number(drone.up_m, "m")], ["drones.heading", number(drone.heading_deg, "°")],
    ["drones.place", drone.at ? `${drone.at[1].toFixed(5)}, ${drone.at[0].toFixed(5)}` : t("unknown")],
    ["drones.camera", t(drone.sensor_inhibited ? "drones.inhibited" : "drones.released")],
    ["drones.autopilot", word("autopilot", drone.autopilot || "unknown")],
    ["drones.heard", t("ago", { age: seconds(drone.age) })],
    ["drones.lease", lease ? t(lease.granted ? "drones.granted" : "drones.refused", { age: seconds(leaseAge) }) : t("drones.no_lease")],
  ];
  const orders = ordersOf(state).filter(one => !one.drones.length || one.drones.includes(drone.name)).reverse();
  return html`<section class="drone-page" aria-label=${drone.name}>
    <button type="button" class="back" onClick=${close}>← ${t("drones.back")}</button>
    <h2>${drone.name} <span class="phase ${drone.phase}">${word("phase", drone.phase)}</span></h2>
    ${drone.reason && html`<p>${drone.reason}</p>`}
    <dl class="facts ${aged(drone.age)}">${facts.map(([name, value]) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl>
    <${DroneStops} state=${state} drone=${drone} />
    <${Picture} state=${state} drone=${drone} />
    <${Ladder} state=${state} name=${drone.name} />
    <h2>${t("drones.orders")}</h2>
    ${orders.length ? html`<ul class="plain">${orders.map(one => html`<li key=${one.id}>${one.at} ${said(one)}</li>`)}</ul>` : html`<p>${t("drones.no_orders")}</p>`}
  </section>`;
}
