// Light or dark: as the computer says, until a person chooses; the browser remembers the choice.

const KEPT = "blindspot-console-scheme";
export const SCHEMES = ["light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = SCHEMES.includes(localStorage.getItem(KEPT)) ? localStorage.getItem(KEPT) : "";

export const scheme = () => chosen || (system.matches ? "dark" : "light");

function apply() { document.documentElement.style.colorScheme = chosen || "light dark"; }

export function chooseScheme(name) {
  chosen = name;
  localStorage.setItem(KEPT, name);
  apply();
}

apply();
