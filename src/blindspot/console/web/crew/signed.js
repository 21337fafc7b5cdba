// Orders that let a drone fly: the server gives the bytes to sign, the page compares each field with what the page shows,
// signs, and sends the signature. Without keys in the fleet file a name of an operator suffices.

import { allowed } from "/common/ask.js";
import { t } from "/common/texts.js";
import { sign, unlocked } from "/crew/key.js";
import { by } from "/panels/stops.js";

const PURPOSE = "blindspot.order/3", FIELDS = ["purpose", "fleet", "simulated", "time", "order", "person", "reason", "drones", "details"];
export const NO_DETAILS = [0, 0, 0, 0, 0, 0, 0, ""];
const said = new Map();  // what became of the orders of this page, by the place of the button

export function plain(text) {
  const words = text.trim().replace(/\s+/g, " ");
  return words.length <= 100 ? words : `${words.slice(0, 97)}...`;
}

// The person who orders in this page: {name, role}; null while nobody is named, or while the key is locked.
export function orderer(stack) {
  if (stack.crew.has_keys) return unlocked();
  const name = plain(by.person);
  if (!name) return null;
  const known = stack.crew.people.find(one => one.name === name);
  return known || (stack.crew.people.length ? null : { name, role: "pilot" });
}

// The reason why nobody orders here now, as a sentence; "" if somebody may.
export function whyLocked(stack) {
  const person = orderer(stack);
  if (!person) return t(stack.crew.has_keys ? "crew.locked" : stack.crew.people.length ? "crew.no_operator" : "crew.no_name");
  return person.role === "pilot" ? "" : t("crew.observer", { person: person.name });
}

// Ask the server; its answer. Throws an Error with one sentence.
export async function ask(name, content) {
  let answer;
  try {
    answer = await fetch(`/act/${name}`, { method: "POST", headers: allowed(), body: JSON.stringify(content) });
  } catch {
    throw new Error(t("crew.no_server"));
  }
  if (answer.ok) return answer.json();
  throw new Error(answer.status === 409 ? (await answer.json()).problem : await answer.text());
}

// The field in which the bytes differ from what the page shows; "" if they are equal. The time is the server's own.
export function differs(text, shown) {
  let values;
  try { values = JSON.parse(text); } catch { return "purpose"; }
  if (!Array.isArray(values) || values.length !== FIELDS.length || typeof values[3] !== "number") return "purpose";
  const expected = { purpose: PURPOSE, ...shown };
  return FIELDS.find((name, place) => name !== "time" && JSON.stringify(values[place]) !== JSON.stringify(expected[name])) || "";
}

// The server's bytes of an order, and what they say: person, reason, drones, details.
export async function askOrder(stack, order, content) {
  const person = orderer(stack);
  if (!person) throw new Error(whyLocked(stack));
  const asked = await ask("sign", { ...content, order, person: person.name });
  if (!stack.crew.has_keys) return { ...asked, person };
  let values;
  try { values = JSON.parse(asked.text); } catch { values = []; }
  return { ...asked, person, read: { person: values[5], reason: values[6], drones: values[7] || [], details: values[8] || [] } };
}

// Sign and give an order that the page has shown: `shown` are its reason, drones and details.
export async function giveAsked(stack, order, asked, shown) {
  let signature = "";
  if (stack.crew.has_keys) {
    const field = differs(asked.text, { fleet: stack.name, simulated: stack.simulated, order, person: asked.person.name, ...shown });
    if (field) throw new Error(t("crew.lies", { field: t(`field.${field}`) }));
    if (orderer(stack)?.name !== asked.person.name) throw new Error(whyLocked(stack) || t("crew.locked"));
    signature = await sign(asked.text);
  }
  return ask("give", { id: asked.id, signature });
}

// One act at a place of the page, with what becomes of it, and not twice at the same time; null after a refusal.
async function at(place, act) {
  if (said.get(place)?.waits) return null;
  said.set(place, { waits: true, text: t("crew.signs") });
  try {
    const answer = await act();
    said.set(place, { text: "" });
    return answer;
  } catch (error) {
    said.set(place, { bad: true, text: error.message });
    return null;
  }
}

export const askAt = (place, stack, order, content) => at(place, () => askOrder(stack, order, content));
export const giveAskedAt = (place, stack, order, asked, shown) => at(place, () => giveAsked(stack, order, asked, shown));
export const giveAt = (place, stack, order, content, shown) => at(place, async () => giveAsked(stack, order, await askOrder(stack, order, content), shown()));
export const saidAt = place => said.get(place) || { text: "" };
