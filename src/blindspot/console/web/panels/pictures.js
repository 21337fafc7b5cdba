// The masked picture of a drone, on demand: the newest one with its age, or the reason why there is none.

import { useState } from "preact/hooks";
import { html, aged, seconds } from "/common/values.js";
import { t } from "/common/texts.js";
import { ageOf } from "/common/pictures.js";
import { by } from "/panels/stops.js";

function look(state, drone, more) {
  state.pictures.set(drone, { drone, state: "waits" });
  state.say({ look: { drone, person: by.person, reason: by.reason, ...more } });
}

function leave(state, drone) {
  const { url } = state.pictures.get(drone) || {};
  if (url) URL.revokeObjectURL(url);
  state.pictures.delete(drone);
  state.say({ look: { drone, end: true } });
}

function Shown({ picture }) {
  const age = ageOf(picture);
  return html`<figure class=${aged(age)}><img src=${picture.url} alt=${t("picture.of", { drone: picture.drone })} />
    <figcaption>${t("picture.age", { age: seconds(age) })}</figcaption></figure>`;
}

export function Picture({ state, drone }) {
  const [, redraw] = useState(0), picture = state.pictures?.get(drone.name);
  const click = act => () => { act(state, drone.name); redraw(count => count + 1); };
  if (!picture) {
    return html`<button type="button" class="look" disabled=${!state.heard || state.lost} onClick=${click(look)}>${t("picture.look")}<span class="hidden"> ${drone.name}</span></button>`;
  }
  return html`<div class="picture">
    ${picture.state === "shown" ? html`<${Shown} picture=${picture} />` : null}
    ${picture.state === "waits" ? html`<p>${t("picture.waits")}</p>` : null}
    ${picture.problem ? html`<p class="bad" role="alert">${t("picture.none", { problem: picture.problem })}</p>` : null}
    ${picture.state === "sign" ? html`<p class="bad">${t("picture.sign")}</p>` : null}
    <button type="button" class="look" onClick=${click(leave)}>${t("picture.leave")}<span class="hidden"> ${drone.name}</span></button>
  </div>`;
}
