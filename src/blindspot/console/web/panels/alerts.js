// Alerts: since when, and what to do. Records `alert/NAME`.

export function Alerts() {
  return null;
}
