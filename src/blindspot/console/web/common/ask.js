// A question to the server that concerns this page alone. Throws an Error with one sentence.

import { t } from "/common/texts.js";

// Under TLS the page is of another computer, and a person logs in; else the key stands in the address.
export const isBeyond = location.protocol === "https:";
// What each question shows: the key of the address, or the session of a login.
export const shown = { key: isBeyond ? "" : location.hash.slice(1) };
export const allowed = () => ({ Authorization: `Bearer ${shown.key}` });

export async function ask(name, content) {
  let answer;
  try {
    answer = await fetch(`/act/${name}`, {
      method: "POST", headers: allowed(), body: JSON.stringify(content),
    });
  } catch {
    throw new Error(t("ask.no_server"));
  }
  const said = await answer.json().catch(() => ({ problem: t("ask.no_answer", { status: answer.status }) }));
  if (!answer.ok) throw new Error(said.problem);
  return said;
}
