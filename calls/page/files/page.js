// The page of `make calls`. All that people said goes in as text (textContent), never as markup.

const by = (id) => document.getElementById(id);
const sound = by("sound");
let listed = { calls: [], hits: [] };
let events = [];
let peaks = [[], []];
let length = 0;
let asked = 0;

function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${parts.join(":")}` : parts.join(":");
}

async function get(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body?.error ?? `The call could not be read (${answer.status}).`);
  return body;
}

// The list

async function list() {
  const mine = ++asked;
  try {
    const found = await get(`calls?${new URLSearchParams({ find: by("find").value })}`);
    if (mine !== asked) return; // a later question is on its way
    listed = found;
  } catch (error) {
    by("count").textContent = error.message;
    return;
  }
  by("place").textContent = `on ${listed.place}, since ${listed.since}`;
  offerAgents();
  show();
}

function offerAgents() {
  const known = new Set([...by("agent").options].map((option) => option.value));
  for (const agent of [...new Set(listed.calls.map((call) => call.agent))].sort()) {
    if (!known.has(agent)) by("agent").add(new Option(agent, agent));
  }
}

function wanted(call) {
  const only = by("only").value;
  if (by("agent").value && call.agent !== by("agent").value) return false;
  if (only === "recorded") return call.recorded;
  if (only === "failed") return call.failed;
  return only !== "incomplete" || !call.complete;
}

function show() {
  const calls = listed.calls.filter(wanted);
  by("count").textContent = calls.length === 1 ? "1 call" : `${calls.length} calls`;
  by("list").replaceChildren(...calls.map(item));
  mark();
}

function item(call) {
  const button = make("button");
  button.type = "button";
  button.dataset.id = call.session_id;
  const notes = [clock(call.seconds), call.turns === 1 ? "1 turn" : `${call.turns} turns`, call.reason ?? "?"];
  if (call.recorded) notes.push("recorded");
  if (!call.complete) notes.push("words may be missing");
  if (call.usd !== null) notes.push(`$${call.usd.toFixed(4)}`);
  button.append(
    make("strong", `${new Date(call.started_at).toLocaleString()} · ${call.agent}`),
    make("span", notes.join(" · "), "excerpt small"),
    ...listed.hits.filter((hit) => hit.session_id === call.session_id).slice(0, 3).map(excerpt),
  );
  button.addEventListener("click", () => {
    location.hash = call.session_id;
  });
  const entry = make("li");
  entry.append(button);
  return entry;
}

function excerpt(hit) {
  const line = make("span", "", "excerpt");
  hit.excerpt.split(/[\u0002\u0003]/).forEach((part, index) => {
    line.append(index % 2 ? make("mark", part) : part);
  });
  return line;
}

function mark() {
  for (const button of by("list").querySelectorAll("button")) {
    if (button.dataset.id === location.hash.slice(1)) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

// One call

async function open() {
  const id = location.hash.slice(1);
  mark();
  if (!id) return;
  sound.pause();
  let found;
  try {
    found = await get(`calls/${encodeURIComponent(id)}`);
  } catch (error) {
    by("title").textContent = error.message;
    return;
  }
  if (id !== location.hash.slice(1)) return;
  const call = found.transcript;
  by("title").textContent = call.session_id;
  by("about").textContent = [
    call.agent,
    call.transport,
    new Date(call.started_at).toLocaleString(),
    clock(call.seconds),
    `ended: ${call.reason ?? "unknown"}`,
    ...(call.complete ? [] : ["words may be missing, since a process died"]),
    ...(call.recording_declined ? ["the caller declined to be recorded"] : []),
  ].join(" · ");
  events = [
    ...call.turns.map((turn) => ({ start: turn.start, end: turn.end, element: said(turn) })),
    ...call.tool_calls.map((tool) => ({ start: tool.start, end: tool.start, element: used(tool) })),
  ].sort((one, other) => one.start - other.start);
  by("said").replaceChildren(...events.map((event) => event.element));
  cost(call);
  peaks = found.peaks;
  length = found.sound_seconds;
  by("player").hidden = !length;
  if (length) sound.src = `calls/${encodeURIComponent(id)}/sound.wav`;
  else sound.removeAttribute("src");
  draw();
  by("call").focus();
}

function row(start, who, kind) {
  const entry = make("li", "", kind);
  const at = make("button", clock(start));
  at.type = "button";
  at.setAttribute("aria-label", `Play from ${clock(start)}`);
  at.addEventListener("click", () => {
    if (!length) return;
    sound.currentTime = start;
    sound.play();
  });
  entry.append(at, make("span", who, "who"));
  return entry;
}

function said(turn) {
  const entry = row(turn.start, turn.role === "user" ? "caller" : "agent", turn.role);
  const text = make("p", turn.text);
  if (turn.interrupted) text.append(" — ", make("em", "cut off"));
  entry.append(text);
  return entry;
}

function used(tool) {
  const entry = row(tool.start, "tool", "tool");
  const took = tool.seconds === null ? "did not end" : `${tool.seconds.toFixed(2)} s`;
  const box = make("div");
  box.append(
    make("p", `${tool.name}: ${tool.outcome}, ${took}`),
    make("pre", JSON.stringify(tool.arguments)),
    make("pre", JSON.stringify(tool.result)),
  );
  entry.append(box);
  return entry;
}

function cost(call) {
  const rows = [
    ["Tokens of speech", `${call.usage.input_speech} heard, ${call.usage.output_speech} spoken`],
    ["Tokens of text", `${call.usage.input_text} read, ${call.usage.output_text} written`],
    ["Model", call.cost ? `$${call.cost.usd.toFixed(4)} at list prices of ${call.cost.prices_of}` : "no price known"],
  ];
  by("cost").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
}

// The sound

function draw() {
  const canvas = by("wave");
  if (!length) return;
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const paint = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const middle = canvas.height / 2;
  ["--caller", "--agent"].forEach((color, side) => {
    paint.fillStyle = resolve(style, color);
    const step = canvas.width / peaks[side].length;
    peaks[side].forEach((peak, index) => {
      const height = Math.max(scale, Math.sqrt(peak) * (middle - 2 * scale));
      paint.fillRect(index * step, side ? middle : middle - height, Math.max(1, step * 0.8), height);
    });
  });
  paint.fillStyle = style.color;
  paint.fillRect((sound.currentTime / length) * canvas.width, 0, 2 * scale, canvas.height);
}

/** A custom property as a colour: light-dark() is known only to properties that are colours. */
function resolve(style, name) {
  const probe = make("span");
  probe.style.color = `var(${name})`;
  by("player").append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color || style.color;
}

function follow() {
  draw();
  const now = sound.currentTime;
  let current = null;
  for (const event of events) if (event.start <= now && now < event.end + 0.3) current = event;
  for (const event of events) {
    if (event !== current) event.element.removeAttribute("aria-current");
    else if (!event.element.hasAttribute("aria-current")) {
      event.element.setAttribute("aria-current", "true");
      event.element.scrollIntoView({ block: "nearest" });
    }
  }
}

by("wave").addEventListener("click", (event) => {
  const box = by("wave").getBoundingClientRect();
  sound.currentTime = ((event.clientX - box.left) / box.width) * length;
});
sound.addEventListener("timeupdate", follow);
sound.addEventListener("seeked", follow);
window.addEventListener("resize", draw);
window.addEventListener("hashchange", open);
by("agent").addEventListener("change", show);
by("only").addEventListener("change", show);
let pause = 0;
by("find").addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(list, 200);
});
list().then(open);
