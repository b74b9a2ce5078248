"use strict";
// The measured client's half that lives in the browser: WebRTC, and nothing else. What to do comes
// over one WebSocket from the process that spawned the browser; what was seen goes back over it.

const TELL_MS = 100;
const clock = () => performance.timeOrigin + performance.now();

let socket;
let connection = null;
let pictures = null; // what is handed the frames to send: a worker
let outgoing = null; // the camera's track
let sender = null;
const readers = new Map(); // mid -> worker
const album = []; // whole pictures that were asked for, until they are asked for again

const tell = (message) => {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};
const event = (name, detail = {}) => tell({ event: name, at: clock(), ...detail });

addEventListener("error", (e) => event("script_error", { message: String(e.message) }));
addEventListener("unhandledrejection", (e) => event("script_error", { message: String(e.reason) }));
document.addEventListener("visibilitychange", () =>
  event("visibility", { state: document.visibilityState }));

// What was seen of frames is sent together, for every message costs three processes their time;
// what was handed over goes ahead of what came back of it.
const captured = [];
const corners = [];
const displayed = [];
const tellFrames = () => {
  if (captured.length) tell({ captured: captured.splice(0) });
  if (corners.length && socket.readyState === WebSocket.OPEN) socket.send(new Blob(corners.splice(0)));
  if (displayed.length) tell({ displayed: displayed.splice(0) });
};
setInterval(tellFrames, TELL_MS);

// The id of a transceiver's track as the offer has it. Firefox makes one up there.
const announced = async (transceiver) => {
  const { sdp } = await connection.createOffer();
  const section = sdp.split(/^m=/m)[1 + connection.getTransceivers().indexOf(transceiver)];
  const [, id] = /^a=msid:\S+ (\S+)/m.exec(section) || [];
  return id || transceiver.sender.track.id;
};

const commands = {
  hello: () => ({
    agent: navigator.userAgent,
    visible: document.visibilityState === "visible",
    isolated: self.crossOriginIsolated,
    generator: typeof MediaStreamTrackGenerator !== "undefined",
    processor: typeof MediaStreamTrackProcessor !== "undefined",
    codecs: RTCRtpSender.getCapabilities("video").codecs.map((c) => c.mimeType),
    decodes: RTCRtpReceiver.getCapabilities("video").codecs.map((c) => c.mimeType),
  }),

  // A new peer connection; one that there was is closed.
  open: ({ servers }) => {
    commands.close();
    connection = new RTCPeerConnection({ iceServers: servers, bundlePolicy: "max-bundle" });
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) event("candidate", { init: candidate.toJSON() });
    };
    connection.onconnectionstatechange = () =>
      event("connection", { state: connection ? connection.connectionState : "closed" });
    connection.ontrack = ({ transceiver }) => event("track", { mid: transceiver.mid });
  },

  // The camera's track begins once and stays for every connection.
  start: ({ width, height, interval }) => {
    if (outgoing) return;
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    pictures.postMessage({ writable: track.writable, width, height, interval }, [track.writable]);
    outgoing = track;
  },

  publish: async ({ codec, maxBitrate, maxFramerate, contentHint }) => {
    outgoing.contentHint = contentHint; // one that it does not know leaves it as it was
    if (outgoing.contentHint !== contentHint)
      return { refused: `this browser takes no content hint ${contentHint}` };
    const transceiver = connection.addTransceiver(outgoing, {
      direction: "sendonly",
      streams: [new MediaStream([outgoing])],
      sendEncodings: [{ maxBitrate, maxFramerate }],
    });
    sender = transceiver.sender;
    const all = RTCRtpSender.getCapabilities("video").codecs;
    const wanted = all.filter((c) => c.mimeType.toLowerCase() === `video/${codec}`);
    if (!wanted.length) return { refused: `this browser does not encode ${codec}` };
    const others = all.filter((c) => !wanted.includes(c));
    transceiver.setCodecPreferences([...wanted, ...others]);
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
    return { id: await announced(transceiver) };
  },

  receive: ({ count }) => {
    for (let i = 0; i < count; i += 1) connection.addTransceiver("video", { direction: "recvonly" });
  },

  offer: async () => {
    await connection.setLocalDescription(await connection.createOffer());
    return { sdp: connection.localDescription.sdp };
  },

  answer: ({ sdp }) => connection.setRemoteDescription({ type: "answer", sdp }),

  candidate: async ({ init }) => {
    try {
      await connection.addIceCandidate(init);
    } catch (error) {
      event("candidate_refused", { message: String(error) });
    }
  },

  // Read the track of this media section, from now on; one that keeps can be asked for whole pictures.
  deliver: ({ mid, sent, keeps }) => {
    const found = connection.getTransceivers().find((one) => one.mid === mid);
    if (!found) return { refused: `there is no media section ${mid}` };
    const track = found.receiver.track;
    const processor = new MediaStreamTrackProcessor({ track, maxBufferSize: 30 });
    const worker = new Worker("incoming.js");
    worker.onmessage = ({ data }) => (data.kept ? album.push(data.kept) : corners.push(data.corner));
    const { readable } = processor;
    worker.postMessage({ readable, sent, keeps, mid: Number(mid) }, [readable]);
    readers.set(mid, worker);
    return {};
  },

  // Show the track of this media section, from now on, and tell when each frame was presented.
  display: ({ mid }) => {
    const found = connection.getTransceivers().find((one) => one.mid === mid);
    if (!found) return { refused: `there is no media section ${mid}` };
    display.show(found.receiver.track, (told) => displayed.push(told));
    return {};
  },

  // Some of the pictures that were kept, ahead of the answer; how many there are left.
  pictures: ({ most }) => {
    if (album.length) socket.send(new Blob(album.splice(0, most)));
    return { left: album.length };
  },

  stats: async () => {
    const report = connection ? await connection.getStats() : new Map();
    tellFrames(); // whatever these statistics count, ahead of them
    return { at: clock(), stats: [...report.values()] };
  },

  close: () => {
    tellFrames();
    for (const worker of readers.values()) worker.terminate();
    readers.clear();
    display.clear();
    if (connection) connection.close();
    connection = null;
  },
};

const perform = async ({ id, command, ...given }) => {
  try {
    tell({ id, result: (await commands[command](given)) ?? {} });
  } catch (error) {
    tell({ id, error: `${error.name}: ${error.message}` });
  }
};

// One command after the other: an answer must not overtake the offer before it.
let turn = Promise.resolve();
const heard = ({ data }) => {
  if (data instanceof ArrayBuffer) {
    pictures.postMessage(data, [data]);
    return;
  }
  const message = JSON.parse(data);
  if (message.ping !== undefined) tell({ pong: message.ping, at: clock() });
  else if (message.keep !== undefined) readers.forEach((worker) => worker.postMessage(message));
  else turn = turn.then(() => perform(message));
};

// Frames to send go to this one from now on.
const feed = (worker) => {
  if (pictures) pictures.terminate();
  pictures = worker;
  pictures.onmessage = ({ data }) => captured.push(data);
};

// Obey whoever is at this address; gone is called when they are.
const attach = (address, gone) => {
  feed(new Worker("outgoing.js"));
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onmessage = heard;
  socket.onclose = gone;
};

// Free everything, so that the page can be attached anew.
const detach = () => {
  commands.close();
  pictures.terminate();
  if (outgoing) outgoing.stop();
  outgoing = null;
};
