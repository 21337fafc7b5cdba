// The page's own texts in two languages. Sentences of the stack, such as reasons, come as the stack says them.

const KEPT = "blindspot-console-language";
export const LANGUAGES = ["fr", "en"];
const catalogues = Object.fromEntries(await Promise.all(LANGUAGES.map(async name => [name, await (await fetch(`/texts/${name}.json`)).json()])));
let chosen = localStorage.getItem(KEPT) || (navigator.language.startsWith("fr") ? "fr" : "en");
if (!LANGUAGES.includes(chosen)) chosen = "en";
document.documentElement.lang = chosen;

export const language = () => chosen;

export function choose(name) {
  chosen = name;
  localStorage.setItem(KEPT, name);
  document.documentElement.lang = name;
}

// The text of a key, with `{name}` replaced by values. A word of the stack without a text stays as it is.
export function t(key, values = {}, otherwise = key) {
  const text = catalogues[chosen][key] ?? otherwise;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A word of the stack, such as a phase: its text, or the word itself.
export const word = (kind, name) => t(`${kind}.${name}`, {}, name.replaceAll("_", " "));
