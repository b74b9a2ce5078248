// A whole session of the vendor's JavaScript SDK, in a page. Python reads what `seen` collects.
const WIDTH = 1088, HEIGHT = 624, FPS = 15, FIRST = 5000;
const MARKER_WIDTH = 192, MARKER_HEIGHT = 32, CELL = 8;
const seen = {
  states: [], ticks: [], errors: [], queue: [], ended: [], strips: [], viewed: [], sent: 0,
};

// Marker v1: sync 1010, 16 bits, 4 bits of checksum. A canvas' 214 and 40 are luma 200 and 50.
function word(number) {
  const folded = number ^ (number >> 8);
  return (0b1010 << 20) | (number << 4) | ((folded ^ (folded >> 4)) & 15);
}

function camera() {
  const canvas = Object.assign(document.createElement("canvas"), {width: WIDTH, height: HEIGHT});
  const context = canvas.getContext("2d");
  const draw = () => {
    context.fillStyle = "rgb(120,120,120)";  // luma 119 or 120, as the browser converts it
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = "rgb(80,90,100)";
    context.fillRect((seen.sent * 16) % WIDTH, 0, 60, 100);
    const bits = word(FIRST + seen.sent++);
    for (let column = 0; column < MARKER_WIDTH / CELL; column++) {
      context.fillStyle = (bits >> (23 - column)) & 1 ? "rgb(214,214,214)" : "rgb(40,40,40)";
      context.fillRect(column * CELL, HEIGHT - MARKER_HEIGHT, CELL, MARKER_HEIGHT);
    }
  };
  draw();
  setInterval(draw, 1000 / FPS);
  return canvas.captureStream(FPS);
}

// The bottom-left corner of each frame's luma and the grey of its middle.
async function watch(stream, into) {
  const frames = new MediaStreamTrackProcessor({track: stream.getVideoTracks()[0]}).readable;
  const reader = frames.getReader();
  for (;;) {
    const {value: frame, done} = await reader.read();
    if (done) return;
    const {width, height} = frame.visibleRect;
    const rect = {
      x: frame.visibleRect.x, y: frame.visibleRect.y + height - Math.min(height, 48),
      width: Math.min(width, 256), height: Math.min(height, 48),
    };
    const middle = {x: width >> 2 << 1, y: height >> 2 << 1, width: 2, height: 2};
    const [strip, spot] = [new Uint8Array(frame.allocationSize({rect})), new Uint8Array(6)];
    const layout = await frame.copyTo(strip, {rect});
    await frame.copyTo(spot, {rect: middle});
    const {offset, stride} = layout[0];
    into.push({
      format: frame.format, width, height, stride, middle: spot[0], rows: rect.height,
      luma: btoa(String.fromCharCode(...strip.subarray(offset, offset + stride * rect.height))),
    });
    frame.close();
    happened();
  }
}

function client(given) {
  return decart.createDecartClient({
    apiKey: given.key, baseUrl: given.http, realtimeBaseUrl: given.websocket, telemetry: false,
  });
}

async function token(given) {
  return await client(given).tokens.create({
    expiresIn: 300, allowedModels: ["lucy-2.1"], allowedOrigins: [location.origin],
    constraints: {realtime: {maxSessionDuration: 300}},
  });
}

async function connect(given) {
  seen.session = await client(given).realtime.connect(camera(), {
    model: decart.models.realtime("lucy-2.1"),
    onRemoteStream: stream => { watch(stream, seen.strips).catch(fail); },
    onConnectionChange: state => { seen.states.push(state); happened(); },
    onQueuePosition: position => seen.queue.push(position),
    initialState: given.prompt ? {prompt: {text: given.prompt, enhance: true}} : undefined,
    preferredVideoCodec: given.codec,
  });
  seen.session.on("generationTick", ({seconds}) => { seen.ticks.push(seconds); happened(); });
  seen.session.on("generationEnded", ended => seen.ended.push(ended));
  seen.session.on("error", fail);
  return {sessionId: seen.session.sessionId, connected: seen.session.isConnected()};
}

async function look(given) {
  seen.viewer = await client(given).realtime.subscribe({
    token: seen.session.subscribeToken,
    onRemoteStream: stream => { watch(stream, seen.viewed).catch(fail); },
  });
  return seen.viewer.isConnected();
}

async function picture() {
  const canvas = Object.assign(document.createElement("canvas"), {width: 32, height: 32});
  canvas.getContext("2d").fillRect(0, 0, 32, 32);
  return await new Promise(resolve => canvas.toBlob(resolve, "image/png"));
}

function fail(error) {
  seen.errors.push(String(error && error.message || error));
  happened();
}

let changed = () => {};
let change = new Promise(resolve => { changed = resolve; });

function happened() {
  changed();
}

// What was collected since the last time, when there is something: it stays small.
async function fresh() {
  await change;
  change = new Promise(resolve => { changed = resolve; });
  const {states, ticks, errors, queue, ended, sent} = seen;
  const [strips, viewed] = [seen.strips.splice(0), seen.viewed.splice(0)];
  return {states, ticks, errors, queue, ended, sent, strips, viewed};
}
