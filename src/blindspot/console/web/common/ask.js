// A question to the server that concerns this page alone. Throws an Error with one sentence.

import { t } from "/common/texts.js";

export async function ask(name, content) {
  let answer;
  try {
    answer = await fetch(`/act/${name}`, {
      method: "POST", headers: { Authorization: `Bearer ${location.hash.slice(1)}` }, body: JSON.stringify(content),
    });
  } catch {
    throw new Error(t("ask.no_server"));
  }
  const said = await answer.json().catch(() => ({ problem: t("ask.no_answer", { status: answer.status }) }));
  if (!answer.ok) throw new Error(said.problem);
  return said;
}
