// How the page writes values: shares, ages, times, and the age from which a value is grey or crossed out.

import { h } from "preact";
import htm from "htm";
import { t } from "/common/texts.js";

export const html = htm.bind(h);
export const OLD_S = 3, CROSSED_OUT_S = 10;

export const percent = share => (share === null || share === undefined ? t("unknown") : `${Math.floor(share * 100)} %`);
export const seconds = age => (age === Infinity ? t("never") : age < 60 ? `${age.toFixed(1)} s` : `${Math.floor(age / 60)} min`);
export const aged = age => (age > CROSSED_OUT_S ? "gone" : age > OLD_S ? "old" : "");
export const clock = date => date.toLocaleTimeString("fr-FR");
export const words = text => text.replaceAll("_", " ");

// The records below a prefix, by name (drone2 before drone10), each with its age.
export function below(state, prefix) {
  return [...state.records].filter(([name]) => name.startsWith(prefix))
    .map(([name, content]) => ({ name: name.slice(prefix.length), age: state.age(name), ...content }))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
