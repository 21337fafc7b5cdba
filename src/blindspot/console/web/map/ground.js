// The blind ground, coloured by the age of the last view: of a running stack, or of a finished run at the time of the
// replay.

import { allowed } from "/common/ask.js";

const AGAIN_MS = 2000, CORNERS = 4;
// Least age in seconds, and colour (red, green, blue, opacity of 255), from the freshest view on.
const STEPS = [[0, [11, 94, 58, 170]], [300, [48, 148, 98, 160]], [900, [115, 192, 148, 150]], [3600, [186, 224, 199, 140]]];
const UNSEEN = [110, 64, 40, 130];
export const LEGEND = [["ground.now", STEPS[0][1]], ["ground.5", STEPS[1][1]], ["ground.15", STEPS[2][1]],
  ["ground.60", STEPS[3][1]], ["ground.never", UNSEEN]];

// A loop: `Uint8Array.from` with a function takes ten times as long, and the map of a large town would stand meanwhile.
function numbers(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return new Uint16Array(bytes.buffer);
}

export async function loadGround() {
  const answer = await fetch("/ground.json", { headers: allowed() });
  if (answer.status === 202) return new Promise(done => setTimeout(() => done(loadGround()), AGAIN_MS));
  const data = await answer.json();
  const last = numbers(data.last);
  return { ...data, last, first: data.first === data.last ? last : numbers(data.first) };
}

export function groundCanvas(data) {
  const canvas = Object.assign(document.createElement("canvas"), { width: data.columns, height: data.rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(data.columns, data.rows);
  const pixels = new Uint32Array(image.data.buffer);
  const word = colour => new Uint32Array(new Uint8ClampedArray(colour).buffer)[0];
  const unseen = word(UNSEEN), steps = STEPS.map(([age, colour]) => [age / data.unit_s, word(colour)]).reverse();

  // A cell that was seen again later has the age of its first view until its last one.
  function paint(at_s) {
    const now = (at_s - data.begin_s) / data.unit_s + 1;
    for (let cell = 0; cell < pixels.length; cell++) {
      const first = data.first[cell], last = data.last[cell];
      if (first === 0) pixels[cell] = 0;
      else if (first > now) pixels[cell] = unseen;
      else {
        const age = now - (last <= now ? last : first);
        pixels[cell] = steps.find(([least]) => age >= least)[1];
      }
    }
    context.putImageData(image, 0, 0);
  }
  return { canvas, paint, corners: data.corners.slice(0, CORNERS) };
}
