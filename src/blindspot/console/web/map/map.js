// The map: the town, the routes of missions in progress, the drones with names and trails.

import { allowed } from "/common/ask.js";
import { below, OLD_S } from "/common/values.js";
import { t } from "/common/texts.js";
import { scheme } from "/common/scheme.js";
import { groundCanvas, loadGround } from "/map/ground.js";
import { KINDS, layersOf, repaint } from "/map/layers.js";

const TRAIL_POINTS = 300, AGAIN_MS = 2000, CHANGED_MS = 5000, OLDER_MS = 60000, TILTED_DEG = 55;
const COLOURS = ["#b5179e", "#0a7d5a", "#b35900", "#3a3ab8", "#8a1c1c", "#007394"];
const empty = { type: "FeatureCollection", features: [] };
const feature = (type, coordinates, properties) => ({ type: "Feature", properties, geometry: { type, coordinates } });

export function showMap(box) {
  const trails = new Map(), labels = new Map();
  const isShown = Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [name, kind.shown]));
  let map = null, town_ = null, painted = "", ground = null, isGroundAsked = false, isTownAsked = false, shown = { number: 0, at_ms: 0 };
  const say = text => box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));

  async function town() {
    const answer = await fetch("/town.json", { headers: allowed() });
    if (answer.status === 202) {
      say(t("map.drawing"));
      setTimeout(town, AGAIN_MS);
    } else if (answer.ok) {
      start(await answer.json());
    } else if (answer.status === 403) {
      isTownAsked = false;  // the session of a login was over: asked again after the next message
    }
  }

  function start(data) {
    box.textContent = "";
    town_ = data;
    painted = scheme();
    const sources = Object.fromEntries(Object.entries(data.layers).map(([id, layer]) => [id, { type: "geojson", data: layer }]));
    for (const id of ["homes", "routes", "trails", "drones"]) sources[id] = { type: "geojson", data: empty };
    try {
      map = new maplibregl.Map({
        container: box, bounds: data.bounds, fitBoundsOptions: { padding: 24 }, attributionControl: false, maxPitch: 70,
        style: { version: 8, sources, layers: layersOf(data, painted) },
      });
    } catch {
      say(t("map.no_webgl"));
      return;
    }
    map.addControl(new maplibregl.NavigationControl({ visualizePitch: true }), "top-right");
    map.addControl(new maplibregl.ScaleControl({ maxWidth: 160 }), "top-left");
    map.addControl(new maplibregl.AttributionControl({ customAttribution: escaped(data.attribution) }), "bottom-right");
  }

  function update(state) {
    const drones = below(state, "drone/");
    if (hasLibrary && state.heard && !state.lost && !isTownAsked) {
      isTownAsked = true;
      town();
    }
    if (map && painted !== scheme() && map.isStyleLoaded()) {
      painted = scheme();
      repaint(map, town_, painted);
    }
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
    set("homes", isShown.homes ? below(state, "plan/").flatMap(plan => Object.entries(plan.homes || {})
      .flatMap(([name, way]) => way.lines.map(line => feature("LineString", line, { colour: colour(name) })))) : []);
    set("trails", [...trails].filter(([, line]) => line.length > 1)
      .map(([name, line]) => feature("LineString", line, { colour: colour(name) })));
    const placed = drones.filter(drone => drone.at);
    name(placed);
    set("drones", placed.map(drone => feature("Point", drone.at, { colour: colour(drone.name), old: drone.age > OLD_S })));
  }

  // A drone's name beside its place: colours alone tell nobody apart.
  function name(drones) {
    for (const [drone, label] of labels) if (!drones.some(one => one.name === drone)) { label.remove(); labels.delete(drone); }
    for (const drone of drones) {
      if (!labels.has(drone.name)) {
        const element = Object.assign(document.createElement("div"), { className: "drone-name", textContent: drone.name });
        labels.set(drone.name, new maplibregl.Marker({ element, anchor: "left", offset: [13, 0] }).setLngLat(drone.at).addTo(map));
      }
      labels.get(drone.name).setLngLat(drone.at).getElement().classList.toggle("old", drone.age > OLD_S);
    }
  }

  // Show or hide a kind of layers; 3D tilts the map.
  function toggle(kind) {
    isShown[kind] = !isShown[kind];
    if (!map) return;
    for (const id of KINDS[kind].layers) {
      if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", isShown[kind] ? "visible" : "none");
    }
    if (kind === "solid") map.jumpTo({ pitch: isShown.solid ? TILTED_DEG : 0 });
  }

  function paintGround(at_s) {
    if (!isGroundAsked) {
      isGroundAsked = true;
      loadGround().then(data => showGround(data, at_s, true));
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
    loadGround().then(data => {
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
    map.addLayer({ id: "ground", type: "raster", source: "ground", paint: { "raster-resampling": "nearest", "raster-fade-duration": 0 },
      layout: { visibility: isShown.ages ? "visible" : "none" } }, "buildings");
  }

  function set(id, features) {
    map.getSource(id).setData({ type: "FeatureCollection", features });
  }

  const hasLibrary = typeof maplibregl !== "undefined";
  if (!hasLibrary) say(t("map.no_library"));
  return { update, toggle, isShown: kind => isShown[kind], isDrawn: () => Boolean(map) };
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
