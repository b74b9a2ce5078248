"use strict";
// What the person sees and asks for. The measuring itself is page.js, as in a page that nobody looks
// at; this one has it attached to the process that measures whenever a session is begun.

const at = (id) => document.getElementById(id);
const socketAt = (name) => `${location.href.split(/[?#]/)[0].replace(/^http/, "ws")}${name}`;

const PHASES = {
  starting: "Starting room, model and network.",
  connect: "Connecting.",
  websocket: "Waiting for the room.",
  room_info: "Joining the room.",
  room: "Publishing.",
  publish: "Waiting for video.",
  first_marker: "Warming up: not measured yet.",
  measure: "Measuring. Stop whenever you like.",
  measured: "Waiting for the last frames.",
  disconnected: "Evaluating: the report is being written.",
};

let facts = null;
let running = false;
let desk = null;
const plot = new Plot(at("plot"));

const show = (id, text) => { at(id).textContent = text; };
const unit = (id, value, name, digits = 0) => {
  const place = at(id);
  place.textContent = value === null ? "-" : value.toFixed(digits);
  if (value === null) return;
  const small = document.createElement("small");
  small.textContent = name;
  place.append(small);
};
const say = (words) => {
  show("words", words);
  at("words").hidden = !words;
};
const ask = (request) => desk.send(JSON.stringify(request));

const able = () => {
  const there = facts !== null && desk.readyState === WebSocket.OPEN;
  at("start").disabled = running || !there;
  at("stop").disabled = !running || !there;
  at("sources").disabled = running;
  for (const id of ["ask", "upload"]) at(id).disabled = !running || !there;
  at("network").disabled = !running || !there || !facts.networks.length;
};

const log = (note) => {
  const [line, time] = [document.createElement("li"), document.createElement("time")];
  time.textContent = `${note.at_s.toFixed(1)} s`;
  line.append(time, note.text);
  at("log").querySelector(".none")?.remove();
  at("log").prepend(line);
  if (note.name === "prompt" || note.name === "network") plot.add("marks", [[note.at_s]]);
};

const showLevel = (level) => {
  const word = document.createElement("span");
  word.className = `level-word ${level}`;
  word.textContent = level;
  at("level").replaceChildren(word);
};

const told = {
  hello: (hello) => {
    facts = hello;
    show("what", `${hello.name} · ${hello.model} · ${hello.size.join("x")} · ${hello.codec}`);
    show("asked", `of ${hello.fps}`);
    document.documentElement.style.setProperty("--shape", hello.size.join("/"));
    at("network").replaceChildren(...hello.networks.map((name) => new Option(name, name)));
    if (!hello.networks.length) at("network").replaceChildren(new Option("no network is emulated"));
    at("network").value = hello.networks.includes(hello.network) ? hello.network : "";
    at("prompt").value = hello.prompt || "";
    show("drawn", hello.source === "file" ? "video file" : "drawn picture");
    document.querySelector(`[value=${hello.source === "camera" ? "camera" : "synthetic"}]`).checked = true;
    running = hello.phase !== "";
    show("state", running ? PHASES[hello.phase] || hello.phase : "Ready. Nothing is sent before you start.");
    able();
  },
  phase: (phase, { at_s }) => {
    if (phase === "first_marker") plot.warm = [at_s, null];
    if (phase === "measure" && plot.warm) plot.warm[1] = at_s;
    if (PHASES[phase]) show("state", PHASES[phase]);
  },
  attach: () => {
    attach(socketAt("media"), () => {
      detach();
      camera.close();
      for (const id of ["sent", "returned"]) at(id).srcObject = null;
      at("returned").hidden = false;
    });
    if (canvasPath.needed) feed(camera.stream ? new CameraOut(camera.stream) : new DrawnOut());
  },
  frames: (frames) => plot.add("frames", frames),
  second: (second) => {
    plot.add("seconds", [[second.at_s, second.g2g_ms, second.level]]);
    unit("g2g", second.g2g_ms, "ms");
    unit("fps", second.fps, "fps");
    unit("drops", second.drop_ratio === null ? null : second.drop_ratio * 100, "%", 1);
    if (second.ttff_ms !== null) show("ttff", `first after ${(second.ttff_ms / 1000).toFixed(2)} s`);
    showLevel(second.level);
    const limit = second.limiting_factor === "none" ? "" : second.limiting_factor;
    show("limit", second.provisional ? "provisional" : limit);
    at("limit").title = second.reasons.join("; ");
    const figure = second.g2g_ms === null ? "no frame came back" : `${second.g2g_ms.toFixed(0)} ms`;
    at("plot").setAttribute("aria-label", `g2g latency over time; now: ${figure}, quality ${second.level}`);
  },
  note: log,
  refused: say,
  ended: (ended) => {
    running = false;
    camera.close();
    show("state", "The session is over. Start another one whenever you like.");
    at("outcome").className = `verdict ${ended.status}`;
    show("sentence", `${ended.status}: ${ended.sentence}`);
    if (ended.quality) {
      // The last seconds are those in which it was stopped: its quality is that of the whole of it.
      showLevel(ended.quality);
      show("limit", "of the session");
    }
    at("because").replaceChildren(...[...ended.because, ...(ended.what_to_do || [])].map((why) => {
      const line = document.createElement("li");
      line.textContent = why;
      return line;
    }));
    at("report").hidden = !ended.report;
    if (ended.report) at("report").href = ended.report;
    show("where", ended.path || "");
    at("outcome").hidden = false;
    able();
  },
  taken: (words) => {
    show("taken", words);
    at("taken").hidden = false;
    at("desk").hidden = true;
  },
};

const connect = () => {
  desk = new WebSocket(socketAt("socket"));
  desk.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    for (const [kind, value] of Object.entries(message)) {
      if (told[kind]) told[kind](value, message);
    }
  };
  desk.onclose = () => {
    running = false;
    able();
    if (at("desk").hidden) return;
    say("g2gbench has ended, or cannot be reached. Start it again, and open the address that it prints.");
    show("state", "");
  };
};

const drawn = commands.start;
commands.start = (given) => (camera.stream ? camera.start(given) : drawn(given));

if (canvasPath.needed) {
  const { hello } = commands;
  commands.hello = () => ({ ...hello(), path: "canvas" });
  commands.start = (given) => {
    if (!outgoing) outgoing = pictures.begin(given);
  };
  commands.deliver = (given) => {
    readers.set(given.mid, { terminate: readCorners(at("returned"), given) });
    return {};
  };
  show("path", canvasPath.words);
  at("path").hidden = false;
}

// The measuring half makes and finds the tracks; here they are shown as well.
const shown = (command, id, track) => {
  const original = commands[command];
  commands[command] = async (given) => {
    const answer = await original(given);
    at(id).srcObject = new MediaStream([track(given)]);
    return answer;
  };
};
shown("start", "sent", () => outgoing);
shown("deliver", "returned", ({ mid }) =>
  connection.getTransceivers().find((one) => one.mid === mid).receiver.track);

// A display that is measured takes the place of the one that is not.
const displaying = commands.display;
commands.display = (given) => {
  at("returned").hidden = true;
  return displaying(given);
};

at("start").onclick = async () => {
  say("");
  at("outcome").hidden = true;
  at("log").replaceChildren();
  plot.clear();
  at("network").value = facts.networks.includes(facts.network) ? facts.network : "";
  running = true;
  able();
  const source = document.querySelector("[name=source]:checked").value;
  try {
    if (source === "camera") await camera.open(facts);
    // Firefox takes no media at the loopback; whether Safari does is not known.
    ask({ do: "start", source, routed: canvasPath.needed });
  } catch (error) {
    say(error.message);
    running = false;
    able();
  }
};
at("stop").onclick = () => {
  at("stop").disabled = true;
  ask({ do: "stop" });
};
at("prompting").onsubmit = (event) => {
  event.preventDefault();
  say("");
  ask({ do: "prompt", text: at("prompt").value });
};
at("imaging").onsubmit = async (event) => {
  event.preventDefault();
  const [file] = at("image").files;
  say(file ? "" : "Choose an image first.");
  if (!file) return;
  const answer = await fetch(`image?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
  if (!answer.ok) say(await answer.text());
};
at("network").onchange = () => ask({ do: "network", name: at("network").value });

connect();
