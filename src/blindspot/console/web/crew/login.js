// The login of a page on another computer: the page signs the server's challenge with the key of a person.

import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { belongsTo, lock, publicKey, sign, unlocked } from "/crew/key.js";
import { Dialog, openDialog } from "/crew/who.js";
import { by } from "/panels/stops.js";

const PURPOSE = "blindspot.console-login/1", DIALOG = "login";

// The signature over a challenge of this very server; the purpose keeps an order from being signed as a login.
async function answer(text) {
  let values;
  try { values = JSON.parse(text); } catch { values = []; }
  if (!Array.isArray(values) || values.length !== 5 || values[0] !== PURPOSE || values[3] !== location.host) throw new Error(t("login.lies"));
  return { key: publicKey(), signature: await sign(text) };
}

function entered(person, role) {
  belongsTo(person, role);
  by.person = person;
}

export const login = { isReady: () => Boolean(unlocked()), answer, entered, refused: lock };

export function Entry({ state }) {
  if (!state.asksLogin) return null;
  return html`<p class="bar login" role="alert">${state.refused || t("login.needed")} <button type="button" onClick=${() => openDialog(DIALOG)}>${t("login.open")}</button></p>
    <${Dialog} id=${DIALOG} title="login.title" people=${null} onOpen=${state.enter} />`;
}
