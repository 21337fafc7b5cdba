// The map: the town, the routes of missions in progress, the drones with their trails.

import { below, OLD_S } from "/common/values.js";
import { t } from "/common/texts.js";
import { groundCanvas, loadGround } from "/map/ground.js";

const TRAIL_POINTS = 300, AGAIN_MS = 2000, CHANGED_MS = 5000, OLDER_MS = 60000;
const COLOURS = ["#b5179e", "#0a7d5a", "#b35900", "#3a3ab8", "#8a1c1c", "#007394"];
const empty = { type: "FeatureCollection", features: [] };
const feature = (type, coordinates, properties) => ({ type: "Feature", properties, geometry: { type, coordinates } });

export function showMap(box, key) {
  const trails = new Map();
  let map = null, ground = null, isGroundAsked = false, shown = { number: 0, at_ms: 0 };
  const say = text => box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));

  async function town() {
    const answer = await fetch("/town.json", { headers: { Authorization: `Bearer ${key}` } });
    if (answer.status === 202) {
      say(t("map.drawing"));
      setTimeout(town, AGAIN_MS);
    } else if (answer.ok) {
      start(await answer.json());
    }
  }

  function start(data) {
    box.textContent = "";
    const sources = Object.fromEntries(Object.entries(data.layers).map(([id, layer]) => [id, { type: "geojson", data: layer }]));
    for (const id of ["routes", "trails", "drones"]) sources[id] = { type: "geojson", data: empty };
    try {
      map = new maplibregl.Map({
        container: box, bounds: data.bounds, fitBoundsOptions: { padding: 24 }, attributionControl: false, maxPitch: 70,
        style: { version: 8, sources, layers: layersOf(data) },
      });
    } catch (error) {
      say(t("map.no_webgl", { problem: error.message }));
      return;
    }
    map.addControl(new maplibregl.NavigationControl({ visualizePitch: true }), "top-right");
    map.addControl(new maplibregl.ScaleControl({ maxWidth: 160 }), "top-left");
    map.addControl(new maplibregl.AttributionControl({ customAttribution: escaped(data.attribution) }), "bottom-right");
  }

  function update(state) {
    const drones = below(state, "drone/");
    const colour = name => COLOURS[drones.findIndex(drone => drone.name === name) % COLOURS.length] || "#000";
    for (const drone of drones) {
      if (drone.trail) trails.set(drone.name, drone.trail);
      else if (drone.at && drone.age < OLD_S) follow(trails, drone);
    }
    if (!map || !map.getSource("drones")) return;
    if (state.records.has("replay")) paintGround(state.records.get("replay").at_s);
    else if (state.records.has("ground")) renewGround(state.records.get("ground").number);
    const routes = below(state, "plan/").flatMap(plan => Object.entries(plan.routes)
      .map(([name, line]) => feature("LineString", line, { colour: colour(name) })));
    set("routes", routes);
    set("trails", [...trails].filter(([, line]) => line.length > 1)
      .map(([name, line]) => feature("LineString", line, { colour: colour(name) })));
    set("drones", drones.filter(drone => drone.at)
      .map(drone => feature("Point", drone.at, { colour: colour(drone.name), old: drone.age > OLD_S })));
  }

  function paintGround(at_s) {
    if (!isGroundAsked) {
      isGroundAsked = true;
      loadGround(key).then(data => showGround(data, at_s, true));
    } else if (ground) {
      ground.paint(at_s);
      map.triggerRepaint();
    }
  }

  // The ground of a running stack: again after a change, and once a minute since it grows older.
  function renewGround(number) {
    const least_ms = number === shown.number ? OLDER_MS : CHANGED_MS;
    if (isGroundAsked || Date.now() - shown.at_ms < least_ms) return;
    isGroundAsked = true;
    loadGround(key).then(data => {
      showGround(data, data.at_s, false);
      shown = { number: data.number, at_ms: Date.now() };
    }).catch(() => {}).finally(() => { isGroundAsked = false; });
  }

  // A canvas that does not move is drawn once, and spares the battery of a tablet.
  function showGround(data, at_s, animate) {
    ground = groundCanvas(data);
    ground.paint(at_s);
    if (map.getLayer("ground")) map.removeLayer("ground");
    if (map.getSource("ground")) map.removeSource("ground");
    map.addSource("ground", { type: "canvas", canvas: ground.canvas, coordinates: ground.corners, animate });
    map.addLayer({ id: "ground", type: "raster", source: "ground", paint: { "raster-resampling": "nearest", "raster-fade-duration": 0 } }, "buildings");
  }

  function set(id, features) {
    map.getSource(id).setData({ type: "FeatureCollection", features });
  }

  if (typeof maplibregl === "undefined") say(t("map.no_library"));
  else if (key) town();
  return { update };
}

function follow(trails, drone) {
  const line = trails.get(drone.name) || [];
  const last = line.at(-1);
  if (!last || last[0] !== drone.at[0] || last[1] !== drone.at[1]) line.push(drone.at);
  trails.set(drone.name, line.slice(-TRAIL_POINTS));
}

function escaped(text) {
  return Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
}

function layersOf(data) {
  const line = (id, paint) => ({ id, type: "line", source: id, paint });
  return [
    { id: "paper", type: "background", paint: { "background-color": "#efece5" } },
    ...(data.layers.trees ? [line("trees", { "line-color": "#2e6824", "line-width": 1.5 })] : []),
    { id: "buildings", type: "fill", source: "buildings", paint: { "fill-color": ["get", "colour"], "fill-outline-color": "#a8a196" } },
    { id: "zones", type: "fill", source: "zones", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.2 } },
    line("perimeter", { "line-color": "#262a32", "line-width": 2.5 }),
    { id: "cameras", type: "circle", source: "cameras", paint: {
      "circle-color": ["get", "colour"], "circle-stroke-color": "#fff", "circle-stroke-width": 1.5, "circle-radius": 5 } },
    line("routes", { "line-color": ["get", "colour"], "line-width": 1.5, "line-dasharray": [3, 2] }),
    line("trails", { "line-color": ["get", "colour"], "line-width": 3, "line-opacity": 0.6 }),
    { id: "drones", type: "circle", source: "drones", paint: {
      "circle-color": ["case", ["get", "old"], "rgba(0,0,0,0)", ["get", "colour"]], "circle-radius": 8,
      "circle-stroke-color": ["get", "colour"], "circle-stroke-width": 3 } },
  ];
}
