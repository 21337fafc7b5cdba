// The one socket to the server: the view, its age, the page's orders, and the state of the connection itself.
// State: {records: Map(key -> content), age(key) -> seconds, heard: Date of the last message, lost, wrongKey, say(object),
// pictures: Map(drone -> {state, problem, text, url, taken})}.

import { takePicture } from "/common/pictures.js";

const SILENT_MS = 3500, LOOK_MS = 500, AGAIN_MS = 1000, WRONG_KEY = 4401;

export function connect(key, onChange) {
  const state = { records: new Map(), pictures: new Map(), heard: null, lost: false, wrongKey: false };
  let ages = {}, agesAt = 0, socket = null, isShown = false;

  // Age of a record in seconds: the server's age, plus the time since the server's message.
  state.age = name => (name in ages ? ages[name] + (performance.now() - agesAt) / 1000 : Infinity);
  state.say = content => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(content)); };

  function open() {
    const own = new WebSocket(`ws://${location.host}/view`);
    socket = own;
    isShown = false;
    own.binaryType = "arraybuffer";
    own.onopen = () => own.send(JSON.stringify({ key }));
    own.onmessage = event => {
      if (own !== socket) return;
      if (event.data instanceof ArrayBuffer) { takePicture(state.pictures, event.data); onChange(state); return; }
      const message = JSON.parse(event.data);
      if (!isShown) state.records.clear();  // a server that was started again counts its changes anew
      isShown = true;
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
      state.lost = state.heard !== null;
      state.pictures.clear();  // each look ends with the connection
      onChange(state);
      if (!state.wrongKey) setTimeout(open, AGAIN_MS);
    };
  }

  open();
  setInterval(() => {
    if (state.heard && performance.now() - agesAt > SILENT_MS) {
      state.lost = true;
      if (socket.readyState === WebSocket.OPEN) {
        const silent = socket;  // its close may never be answered
        socket = null;
        silent.close();
        open();
      }
    }
    onChange(state);
  }, LOOK_MS);
  return state;
}
