// A message about a drone's masked picture: a line of JSON, and the JPEG behind the line.

export function takePicture(pictures, buffer) {
  const bytes = new Uint8Array(buffer), end = bytes.indexOf(10);
  const content = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))), before = pictures.get(content.drone);
  if (before?.url) URL.revokeObjectURL(before.url);
  if (content.state === "shown") {
    content.url = URL.createObjectURL(new Blob([bytes.subarray(end + 1)], { type: "image/jpeg" }));
    content.taken = performance.now() - content.age_s * 1000;
  }
  pictures.set(content.drone, content);
}

// Age of a picture in seconds.
export const ageOf = picture => (performance.now() - picture.taken) / 1000;
