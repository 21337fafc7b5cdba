// The one socket to the server: the view, its age, and the state of the connection itself.
// State: {records: Map(key -> content), agesAt(key) -> seconds, heard: Date of the last message, lost, refusedKey}.

const SILENT_MS = 5000, AGAIN_MS = 1000, WRONG_KEY = 4401;

export function connect(key, onChange) {
  const state = { records: new Map(), heard: null, lost: false, wrongKey: false };
  let ages = {}, agesAt = 0, socket = null;

  // Age of a record in seconds: the server's age, plus the time since the server's message.
  state.age = name => (name in ages ? ages[name] + (performance.now() - agesAt) / 1000 : Infinity);

  function open() {
    const own = new WebSocket(`ws://${location.host}/view`);
    socket = own;
    own.onopen = () => own.send(JSON.stringify({ key }));
    own.onmessage = event => {
      if (own !== socket) return;
      const message = JSON.parse(event.data);
      ages = message.ages;
      agesAt = performance.now();
      for (const [name, content] of Object.entries(message.set)) state.records.set(name, content);
      for (const name of state.records.keys()) if (!(name in ages)) state.records.delete(name);
      state.heard = new Date();
      state.lost = false;
      onChange(state);
    };
    own.onclose = event => {
      if (own !== socket) return;
      state.wrongKey = event.code === WRONG_KEY;
      onChange(state);
      if (!state.wrongKey) setTimeout(open, AGAIN_MS);
    };
  }

  open();
  setInterval(() => {
    state.lost = performance.now() - agesAt > SILENT_MS;
    if (state.lost && socket.readyState === WebSocket.OPEN) socket.close();
    onChange(state);
  }, 1000);
  return state;
}
