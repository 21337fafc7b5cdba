// The controls of a replay: play, pause, slider, speed, jumps to events. A replay gives no order.

import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { Legend } from "/panels/legend.js";

const SPEEDS = [1, 2, 5, 10, 20], SMALL_S = 5, LARGE_S = 30;

export const since = (at_s, replay) => {
  const whole = Math.floor(Math.max(0, at_s - replay.begin_s));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export function Replay({ replay, send }) {
  const seek = event => send({ seek_s: Number(event.target.value) });
  return html`<section class="replay" aria-label=${t("replay.title")}>
    <button onclick=${() => send({ plays: !replay.plays })} aria-keyshortcuts="Space">${t(replay.plays ? "replay.pause" : "replay.play")}</button>
    <span class="clock">${t("replay.of", { at: since(replay.at_s, replay), end: since(replay.end_s, replay) })}</span>
    <input type="range" aria-label=${t("replay.time")} aria-valuetext=${since(replay.at_s, replay)} min=${replay.begin_s}
      max=${replay.end_s} step="0.1" value=${replay.at_s} oninput=${seek} />
    <label>${t("replay.speed")} <select onchange=${event => send({ speed: Number(event.target.value) })}>
      ${SPEEDS.map(speed => html`<option value=${speed} selected=${speed === replay.speed}>${speed} x</option>`)}
      ${SPEEDS.includes(replay.speed) ? null : html`<option selected>${replay.speed} x</option>`}
    </select></label>
    <${Legend} />
  </section>`;
}

export function Jumps({ state }) {
  const replay = state.records.get("replay"), jumps = state.records.get("jumps"), send = state.say;
  return jumps && html`<h2>${t("replay.events")}</h2><ol class="jumps">${jumps.events.map(event => html`<li>
    <button class=${`${event.at_s > replay.at_s ? "later" : ""} ${event.warns ? "bad" : ""}`} onclick=${() => send({ seek_s: event.at_s })}>
      <b>${since(event.at_s, replay)}</b> ${event.who}: ${event.text}${event.warns ? ` (${t("replay.warning")})` : ""}</button></li>`)}</ol>`;
}

// Space plays and pauses; arrows go 5 s, with shift 30 s; Home and End go to the ends.
export function listenToKeys(current, send) {
  addEventListener("keydown", event => {
    const replay = current();
    if (!replay || ["INPUT", "SELECT", "BUTTON"].includes(event.target.tagName)) return;
    const step = event.shiftKey ? LARGE_S : SMALL_S;
    const said = {
      " ": { plays: !replay.plays }, ArrowLeft: { seek_s: replay.at_s - step }, ArrowRight: { seek_s: replay.at_s + step },
      Home: { seek_s: replay.begin_s }, End: { seek_s: replay.end_s },
    }[event.key];
    if (said) { send(said); event.preventDefault(); }
  });
}
