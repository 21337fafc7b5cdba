// Who orders in this page: a person unlocks the own key file here, and the page forgets the key after a while.

import { useRef, useState } from "preact/hooks";
import { isBeyond } from "/common/ask.js";
import { html } from "/common/values.js";
import { t } from "/common/texts.js";
import { lock, unlock, unlocked } from "/crew/key.js";
import { by } from "/panels/stops.js";

const UNLOCK = "unlock";
export const openDialog = id => document.getElementById(id)?.showModal();
export const openUnlock = () => openDialog(UNLOCK);

export function Dialog({ id, title, people, onOpen }) {
  const file = useRef(null), phrase = useRef(null);
  const [problem, setProblem] = useState(""), [works, setWorks] = useState(false);
  const close = () => document.getElementById(id).close();
  const end = () => { phrase.current.value = ""; setProblem(""); };
  const open = async event => {
    event.preventDefault();
    setWorks(true);
    setProblem("");
    const why = await unlock(file.current.files[0], phrase.current.value, people);
    setWorks(false);
    phrase.current.value = "";
    setProblem(why);
    if (why) return;
    if (!isBeyond) by.person = unlocked().name;
    close();
    onOpen();
  };
  return html`<dialog id=${id} aria-labelledby=${`${id}-title`} onClose=${end}><form onSubmit=${open}>
    <h2 id=${`${id}-title`}>${t(title)}</h2>
    <p>${t("key.stays")}</p>
    <label>${t("key.file")} <input ref=${file} type="file" required /></label>
    <label>${t("key.phrase")} <input ref=${phrase} type="password" autocomplete="off" required /></label>
    <p class="bad" role="alert">${problem && t(problem)}</p>
    <p><button type="submit" disabled=${works}>${t(works ? "key.opens" : "key.open")}</button> <button type="button" onClick=${close}>${t("key.cancel")}</button></p>
  </form></dialog>`;
}

export function Who({ stack }) {
  const [, setTimes] = useState(0);
  if (!stack || !stack.crew || !stack.crew.has_keys) return null;
  const redraw = () => setTimes(times => times + 1), person = unlocked();
  return html`<div class="who">
    ${person ? html`<span>${t(person.role === "pilot" ? "crew.pilot" : "crew.watcher", { person: person.name, minutes: person.minutes })}</span>
      <button type="button" onClick=${() => { lock(); redraw(); }}>${t("crew.lock")}</button>`
    : html`<button type="button" onClick=${openUnlock}>${t("crew.unlock")}</button>`}
    <${Dialog} id=${UNLOCK} title="key.title" people=${stack.crew.people} onOpen=${redraw} />
  </div>`;
}
