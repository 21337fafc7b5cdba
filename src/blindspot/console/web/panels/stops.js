// Stops: hold acts at once; return of all and abort need a press of one second, or Enter twice. The page never shows an
// order as done: the server reports the state of each order, and the drones' own states show the order.

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { Who } from "/crew/who.js";

const PRESS_MS = 1000, ARMED_MS = 5000, NEWS_S = 60, TAKEN_WITHIN_MS = 3000;
const REASONS = ["usual", "person", "aircraft", "rain", "wind"];
const does = order => t(`order.${order}`, {}, order);
const NAME = "blindspot-console-name";
export const by = { person: sessionStorage.getItem(NAME) || "", reason: "" };
const waiting = new Map();  // orders of this page that the server has not shown yet: id -> {order, drones, sent}

// Send an order once. The server knows an order by its id, so that a second arrival changes nothing.
export function give(state, order, drones) {
  const id = crypto.randomUUID();
  if (!canStop(state) || isOpen(state, order, drones)) return;
  waiting.set(id, { order, drones, sent: performance.now() });
  state.say({ stop: { id, order, drones, person: by.person, reason: by.reason } });
}

// Without a server or a stack a stop is disabled, never pretended.
export const canStop = state => Boolean(state.heard && !state.lost && state.age("stack") < 10 && !state.records.has("replay"));

// The same order again while its answer is awaited would be a second click, and no second order.
function isOpen(state, order, drones) {
  const same = one => one.order === order && String(one.drones) === String(drones);
  const isLate = one => performance.now() - one.sent > TAKEN_WITHIN_MS;
  return [...waiting.values()].some(one => !isLate(one) && same(one)) || ordersOf(state).some(one => one.state === "sent" && same(one));
}

export function ordersOf(state) {
  return [...state.records].filter(([name]) => name.startsWith("order/")).sort(([a], [b]) => a.localeCompare(b))
    .map(([name, order]) => ({ ...order, age: state.age(name) }));
}

// Orders that the server never showed: the connection was lost between the press and the answer.
export function unheard(state) {
  for (const { id } of ordersOf(state)) waiting.delete(id);
  const late = [...waiting.values()].filter(one => performance.now() - one.sent > TAKEN_WITHIN_MS);
  for (const [id, one] of waiting) if (performance.now() - one.sent > NEWS_S * 1000) waiting.delete(id);
  return late;
}

export function said(order) {
  const names = order.drones.length ? order.drones.join(", ") : t("orders.all");
  const open = (order.open || []).join(", ");
  const end = t(`orders.${order.state.replace(" ", "_")}`, { open, message: order.message, seconds: order.after_s });
  return `${does(order.order)} ${names}, ${order.person}${t("colon")}${order.reason}${t("colon")}${end}`;
}

const isBad = order => ["refused", "unanswered", "not shown"].includes(order.state);

// A button that gives its order after a press of one second, or Enter twice. A page that is hidden gives nothing.
export function Press({ label, short, disabled, onGive }) {
  const [mode, setMode] = useState("");
  const timer = useRef(0), since = useRef(null);  // time of the press, by the browser's own stamp
  const cancel = () => { clearTimeout(timer.current); since.current = null; setMode(""); };
  useEffect(() => {
    const gone = () => { if (document.visibilityState !== "visible") cancel(); };
    document.addEventListener("visibilitychange", gone);
    addEventListener("blur", cancel);
    return () => { clearTimeout(timer.current); document.removeEventListener("visibilitychange", gone); removeEventListener("blur", cancel); };
  }, []);
  useEffect(() => { if (disabled) cancel(); }, [disabled]);
  const fire = () => { cancel(); if (document.visibilityState === "visible") onGive(); };
  const down = event => {
    if (disabled || event.button !== 0) return;
    setMode("pressed");
    clearTimeout(timer.current);
    since.current = event.timeStamp;
    timer.current = setTimeout(fire, PRESS_MS);
  };
  // On a busy tablet the timer comes late: the stamps of both events tell how long the press was.
  const up = event => {
    if (since.current === null) return;
    if (event.type === "pointerup" && event.timeStamp - since.current >= PRESS_MS) fire();
    else cancel();
  };
  const key = event => {
    if (event.key === "Escape") cancel();
    if (event.key !== "Enter" || event.repeat || disabled) return;
    event.preventDefault();
    if (mode === "armed") { fire(); return; }
    setMode("armed");
    clearTimeout(timer.current);
    timer.current = setTimeout(cancel, ARMED_MS);
  };
  const hint = t(mode === "armed" ? "press.again" : mode === "pressed" ? "press.on" : short ? "press.short" : "press.long");
  return html`<button type="button" class="press ${mode}" disabled=${disabled} onPointerDown=${down} onPointerUp=${up}
    onPointerLeave=${up} onPointerCancel=${up} onContextMenu=${event => event.preventDefault()} onKeyDown=${key}
    onBlur=${cancel}>${label} <small>${hint}</small></button>`;
}

export function DroneStops({ state, drone }) {
  const off = !canStop(state), name = drone.name;
  const last = ordersOf(state).filter(one => one.age < NEWS_S && (!one.drones.length || one.drones.includes(name))).at(-1);
  return html`<div class="stops">
    <button type="button" disabled=${off} onClick=${() => give(state, "hold", [name])}>${t("order.hold")}<span class="hidden"> ${name}</span></button>
    <button type="button" disabled=${off} onClick=${() => give(state, "return_home", [name])}>${t("order.return_home")}<span class="hidden"> ${name}</span></button>
    <${Press} label=${`${t("order.abort")}${t("colon")}${name}`} short disabled=${off} onGive=${() => give(state, "abort", [name])} />
    ${last && html`<p class=${isBad(last) ? "bad" : "news"}>${said(last)}</p>`}
  </div>`;
}

function By({ stack, person: login }) {
  const person = event => { by.person = event.target.value; sessionStorage.setItem(NAME, by.person); };
  return html`<div class="by">
    <label>${t("by.person")} <input list="operators" value=${by.person} placeholder=${stack ? stack.user : ""} maxlength="100" readonly=${Boolean(login)} onInput=${person} /></label>
    <datalist id="operators">${(stack ? stack.operators : []).map(name => html`<option value=${name} />`)}</datalist>
    <label>${t("by.reason")} <input list="reasons" value=${by.reason} placeholder=${t("reason.usual")} maxlength="100" onInput=${event => { by.reason = event.target.value; }} /></label>
    <datalist id="reasons">${REASONS.map(reason => html`<option value=${t(`reason.${reason}`)} />`)}</datalist>
  </div>`;
}

export function Foot({ state, drones }) {
  const off = !canStop(state), names = drones.map(drone => drone.name);
  const out = drones.filter(drone => drone.autopilot !== "down").map(drone => drone.name);
  const those = (out.length ? out : names).join(", ");
  const late = unheard(state);
  return html`<footer>
    <div class="row"><ol class="orders" aria-live="polite" aria-label=${t("orders.title")}>
      ${late.map(one => html`<li class="bad">${does(one.order)} ${one.drones.join(", ")}${t("colon")}${t("orders.unheard")}</li>`)}
      ${ordersOf(state).slice(-3).reverse().map(one => html`<li key=${one.id} class=${isBad(one) ? "bad" : one.state === "shown" ? "good" : ""}>${one.at} ${said(one)}</li>`)}
    </ol><div><${By} stack=${state.records.get("stack")} person=${state.person} /><${Who} stack=${state.records.get("stack")} /></div></div>
    <div class="all">
      <button type="button" class="hold-all" disabled=${off} onClick=${() => give(state, "hold", [])}>${t("stops.hold_all")} <kbd>H</kbd></button>
      <${Press} label=${`${t("order.return_home")}${t("colon")}${those}`} disabled=${off || !names.length} onGive=${() => give(state, "return_home", out.length ? out : names)} />
      <${Press} label=${`${t("stops.land_now")}${t("colon")}${those}`} disabled=${off || !names.length} onGive=${() => give(state, "abort", out.length ? out : names)} />
    </div>
  </footer>`;
}

// The key H holds all, except while a person writes.
export function holdByKey(current) {
  addEventListener("keydown", event => {
    const writes = event.target.closest && event.target.closest("input, textarea, select");
    if (event.key.toLowerCase() !== "h" || event.repeat || event.ctrlKey || event.altKey || event.metaKey || writes) return;
    event.preventDefault();
    give(current(), "hold", []);
  });
}
