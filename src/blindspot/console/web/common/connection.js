// The one socket to the server: the view, its age, the page's orders, and the state of the connection itself.
// State: {records: Map(key -> content), age(key) -> seconds, heard: Date of the last message, lost, wrongKey, say(object),
// pictures: Map(drone -> {state, problem, text, url, taken})}; of another computer also {asksLogin, refused: a sentence,
// person: the name of the login, enter()}.

import { isBeyond, shown } from "/common/ask.js";
import { takePicture } from "/common/pictures.js";

const SILENT_MS = 3500, LOOK_MS = 500, AGAIN_MS = 1000, WRONG_KEY = 4401;

// `login` of another computer's page: isReady() and answer(text) of an open key, and entered(person, role).
export function connect(onChange, login) {
  const state = { records: new Map(), pictures: new Map(), heard: null, lost: false, wrongKey: false, asksLogin: false };
  let ages = {}, agesAt = 0, socket = null, isShown = false;

  // Age of a record in seconds: the server's age, plus the time since the server's message.
  state.age = name => (name in ages ? ages[name] + (performance.now() - agesAt) / 1000 : Infinity);
  state.say = content => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(content)); };

  state.enter = () => { state.refused = ""; open(); };

  // The answers of a server that wants a login; whether the message was one of them.
  async function enters(own, message) {
    if (message.login) {
      const answer = shown.key ? { session: shown.key } : await login.answer(message.login);
      if (own === socket) own.send(JSON.stringify(answer));
    } else if (message.session) {
      shown.key = message.session;
      state.person = message.person;
      login.entered(message.person, message.role);
    } else {
      if (!shown.key) login.refused();
      state.refused = shown.key ? "" : message.problem;
    }
  }

  function open() {
    state.asksLogin = isBeyond && !shown.key && !login.isReady();
    if (state.asksLogin) { socket = null; onChange(state); return; }
    const own = new WebSocket(`${isBeyond ? "wss" : "ws"}://${location.host}/view`);
    socket = own;
    isShown = false;
    own.binaryType = "arraybuffer";
    own.onopen = () => { if (!isBeyond) own.send(JSON.stringify({ key: shown.key })); };
    own.onmessage = event => {
      if (own !== socket) return;
      if (event.data instanceof ArrayBuffer) { takePicture(state.pictures, event.data); onChange(state); return; }
      const message = JSON.parse(event.data);
      if (!message.set) {
        enters(own, message).catch(error => { state.refused = error.message; login.refused(); own.close(); });
        return;
      }
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
      const isRefused = event.code === WRONG_KEY;
      state.wrongKey = isRefused && !isBeyond;
      if (isRefused && isBeyond) shown.key = "";  // the session is over: the open key, or a person, logs in again
      state.lost = state.heard !== null;
      state.pictures.clear();  // each look ends with the connection
      onChange(state);
      if (!state.wrongKey) setTimeout(open, AGAIN_MS);
    };
  }

  open();
  setInterval(() => {
    if (socket && state.heard && performance.now() - agesAt > SILENT_MS) {
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
