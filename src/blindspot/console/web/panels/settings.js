// Language and colours of this page, remembered by the browser.

import { html } from "/common/values.js";
import { SCHEMES, chooseScheme, scheme } from "/common/scheme.js";
import { LANGUAGES, choose, language, t } from "/common/texts.js";

export function Settings({ redraw }) {
  const buttons = (label, names, chosen, take, text) => html`<span role="group" aria-label=${t(label)}>${names.map(name => html`<button type="button"
    aria-pressed=${name === chosen} onClick=${() => { take(name); redraw(); }}>${text(name)}</button>`)}</span>`;
  return html`<div class="settings">
    ${buttons("settings.language", LANGUAGES, language(), choose, name => html`<abbr lang=${name} title=${t(`settings.${name}`)}>${name.toUpperCase()}</abbr>`)}
    ${buttons("settings.scheme", SCHEMES, scheme(), chooseScheme, name => t(`settings.${name}`))}
  </div>`;
}
