// Stands in for the half of daily-js that comes from c.daily.co, with a room behind it: it speaks
// daily-js 0.90's messages, takes the caller in, and does as the test says through `window.rooms`, which
// has one room for each time that it is loaded: the last one is where the caller is.
(() => {
  const room = {
    /** What daily-js joined with. */
    joined: undefined,
    /** Types of the RTVI messages that the page sent. */
    heard: [],
    /** Peak of the caller's sound so far, 0 to 1. */
    loudest: 0,
    left: false,
    people: {},
    join(name, { video = false, owner = true, gain = 0.2 } = {}) {
      const id = `agent-${name}`;
      const context = new AudioContext();
      const out = new MediaStreamAudioDestinationNode(context);
      const voice = new OscillatorNode(context, { frequency: 220 });
      voice.connect(new GainNode(context, { gain })).connect(out);
      voice.start();
      const tracks = { audio: out.stream.getAudioTracks()[0] };
      if (video) tracks.video = movingPicture();
      room.people[name] = { id, tracks, context };
      const come = (state) => ({ ...participant(id, state, tracks), owner });
      Object.entries(tracks).forEach(([kind, pendingTrack], index) => {
        streams[`${id}-${kind}`] = {
          participantId: id,
          type: "cam",
          pendingTrack,
          starttime: new Date(1e12 + index).toISOString(),
        };
      });
      tell({ action: "participant-joined", participant: come("loading") });
      tell({ action: "participant-updated", participant: come("playable") });
    },
    leave(name) {
      const { id, tracks, context } = room.people[name];
      tell({ action: "participant-left", participant: participant(id, "off", tracks) });
      for (const kind of Object.keys(tracks)) delete streams[`${id}-${kind}`];
      void context.close();
    },
    /** An RTVI message of an agent's, or of anybody who calls himself so. */
    say(name, type, data) {
      const message = { id: "1", label: "rtvi-ai", type, data };
      tell({ action: "app-message", data: message, fromId: `agent-${name}` });
    },
    fail(type) {
      tell({ action: "error", errorMsg: type, error: { type, msg: type } });
      tell({ action: "left-meeting" });
    },
    /** The track that the page gave Daily to send. */
    microphone: () => window._daily.instances[current].tracks.audioTrack,
  };
  window.rooms = [...(window.rooms ?? []), room];

  const streams = {};
  const current = window._daily.pendings.pop();
  open(current);

  function open(id) {
    const state = { streams, local: { public: {}, streams: {} }, participants: {} };
    window._daily.instances[id].callMachine = { store: { getState: () => state }, reset() {} };
    window.addEventListener("message", ({ data }) => {
      const mine = data?.what === "iframe-call-message" && data.from === "module";
      if (mine && data.callClientId === id) take(data);
    });
    tell({ action: "call-machine-initialized" });
    tell({ action: "loaded" });
  }

  function take({ action, callbackStamp, properties, data }) {
    if (action === "join-meeting") {
      room.joined = properties;
      listen(room.microphone());
      if (window.roomRefuses) return room.fail(window.roomRefuses);
      const local = { session_id: "caller", user_id: "caller", local: true, owner: false };
      tell({ action: "joined-meeting", participants: { local: { ...local, tracks: {} } } });
    }
    if (action === "lib-room-info") tell({ action, callbackStamp, domainConfig: {} });
    if (action === "leave-meeting") {
      room.left = true;
      tell({ action: "left-meeting" });
    }
    if (action === "app-msg") {
      room.heard.push(data.type);
      if (data.type === "client-ready") {
        for (const name of Object.keys(room.people)) room.say(name, "bot-ready", { version: "2.0.0" });
      }
    }
  }

  function listen(track) {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    const mediaStream = new MediaStream([track]);
    new MediaStreamAudioSourceNode(context, { mediaStream }).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      room.loudest = Math.max(room.loudest, ...samples);
    }, 20);
  }

  function tell(message) {
    const sent = { what: "iframe-call-message", from: "embedded", callClientId: current, ...message };
    window.postMessage(sent, location.origin);
  }

  function participant(id, state, tracks) {
    const track = (kind) => ({ state: tracks[kind] ? state : "off", subscribed: true });
    return {
      session_id: id,
      user_id: id,
      user_name: "Agent",
      local: false,
      owner: true,
      audio: true,
      video: "video" in tracks,
      tracks: {
        audio: track("audio"),
        video: track("video"),
        screenAudio: track("screenAudio"),
        screenVideo: track("screenVideo"),
      },
    };
  }

  function movingPicture() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 320 });
    const context = canvas.getContext("2d");
    let shade = 0;
    setInterval(() => {
      shade = (shade + 40) % 256;
      context.fillStyle = `rgb(${shade} 90 160)`;
      context.fillRect(0, 0, 320, 320);
    }, 50);
    return canvas.captureStream(20).getVideoTracks()[0];
  }
})();
