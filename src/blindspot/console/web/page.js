// The page: what the stack reports, and how old each report is. One module a panel.

import { render } from "preact";
import { isBeyond, shown } from "/common/ask.js";
import { connect } from "/common/connection.js";
import { html, below } from "/common/values.js";
import { t } from "/common/texts.js";
import { EveningOrders } from "/crew/evening.js";
import { Fly } from "/crew/fly.js";
import { Entry, login } from "/crew/login.js";
import { showMap } from "/map/map.js";
import { Alerts } from "/panels/alerts.js";
import { Drones } from "/panels/drones.js";
import { Evening } from "/panels/evening.js";
import { Ended, Missions } from "/panels/missions.js";
import { Jumps, listenToKeys } from "/panels/replay.js";
import { Kinds } from "/panels/kinds.js";
import { Settings } from "/panels/settings.js";
import { Foot, holdByKey } from "/panels/stops.js";
import { ToDo } from "/panels/todo.js";
import { Bar, Top } from "/panels/top.js";

const PANELS = [Alerts, Drones, ToDo, Evening, EveningOrders, Missions, Fly, Jumps, Ended];
const hasKey = Boolean(shown.key) || isBeyond;

const [top_, lists, foot, under] = ["top", "lists", "foot", "under"].map(id => Object.assign(document.createElement("div"), { id }));
const map = Object.assign(document.createElement("div"), { id: "map" });
map.setAttribute("role", "region");
const main = document.createElement("main");
const ground = Object.assign(document.createElement("div"), { id: "ground" });
ground.append(map, under);
main.append(ground, lists);
document.body.append(top_, main, foot);
const drawn = showMap(map);

function draw(state) {
  map.setAttribute("aria-label", t("map.label"));
  render(html`<${Entry} state=${state} /><${Bar} state=${state} hasKey=${hasKey} /><${Top} state=${state} />`, top_);
  render(html`<aside>${PANELS.map(Panel => html`<${Panel} state=${state} />`)}</aside>`, lists);
  const isReplay = state.records.has("replay");  // a replay has no buttons of orders
  render(isReplay ? null : html`<${Foot} state=${state} drones=${below(state, "drone/")} />`, foot);
  drawn.update(state);
  const redraw = () => draw(state);
  render(html`<${Kinds} drawn=${drawn} redraw=${redraw} /><${Settings} redraw=${redraw} />`, under);
  document.body.classList.toggle("replaying", isReplay);
}

let state = { records: new Map(), age: () => Infinity, heard: null, lost: false, wrongKey: false };
if (hasKey) state = connect(draw, login);
else draw(state);
holdByKey(() => state);
listenToKeys(() => state.records.get("replay"), state.say);
