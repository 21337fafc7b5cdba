// The layers of the map: their order, colours in light and dark, and which of them a person shows.

const PAINTS = {
  light: { paper: "#efece5", building: ["get", "colour"], edge: "#a8a196", ink: "#262a32", tree: "#2e6824", ring: "#fff" },
  dark: { paper: "#15171b", building: "#343942", edge: "#565d69", ink: "#e9e7e2", tree: "#4f8f45", ring: "#15171b" },
};
// Kinds that a person shows or hides: layers of the kind, and whether the kind is shown at first.
export const KINDS = {
  ages: { layers: ["ground"], shown: true },
  cameras: { layers: ["cameras"], shown: true },
  routes: { layers: ["routes"], shown: true },
  homes: { layers: ["homes"], shown: false },
  solid: { layers: ["solid"], shown: false },
};

export function layersOf(data, scheme) {
  const c = PAINTS[scheme];
  const line = (id, paint) => ({ id, type: "line", source: id, paint });
  return [
    { id: "paper", type: "background", paint: { "background-color": c.paper } },
    ...(data.layers.trees ? [line("trees", { "line-color": c.tree, "line-width": 1.5 })] : []),
    { id: "buildings", type: "fill", source: "buildings", paint: { "fill-color": c.building, "fill-outline-color": c.edge } },
    { id: "solid", type: "fill-extrusion", source: "buildings", layout: { visibility: "none" }, paint: {
      "fill-extrusion-color": c.building, "fill-extrusion-base": ["coalesce", ["get", "base_m"], 0],
      "fill-extrusion-height": ["coalesce", ["get", "height_m"], 0], "fill-extrusion-opacity": 0.85 } },
    { id: "zones", type: "fill", source: "zones", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.2 } },
    line("perimeter", { "line-color": c.ink, "line-width": 2.5 }),
    { id: "cameras", type: "circle", source: "cameras", paint: {
      "circle-color": ["get", "colour"], "circle-stroke-color": c.ring, "circle-stroke-width": 1.5, "circle-radius": 5 } },
    line("homes", { "line-color": ["get", "colour"], "line-width": 1, "line-dasharray": [1, 2] }),
    line("routes", { "line-color": ["get", "colour"], "line-width": 1.5, "line-dasharray": [3, 2] }),
    line("trails", { "line-color": ["get", "colour"], "line-width": 3, "line-opacity": 0.6 }),
    { id: "drones", type: "circle", source: "drones", paint: {
      "circle-color": ["case", ["get", "old"], "rgba(0,0,0,0)", ["get", "colour"]], "circle-radius": 8,
      "circle-stroke-color": ["get", "colour"], "circle-stroke-width": 3 } },
  ];
}

// Paint the layers of a map anew, after a change of the scheme.
export function repaint(map, data, scheme) {
  for (const layer of layersOf(data, scheme)) {
    for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
  }
}
