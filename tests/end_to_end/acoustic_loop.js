// Puts the page into a room: what its loudspeaker plays comes back into its microphone, later and
// softer, as it does with a laptop on a table. `window.room` says how much, and is for tests to change.
// It is wired within the page's own audio, so that no other clock or thread comes in between.
(() => {
  const room = { gain: 0.25, delaySeconds: 0.06 };
  window.room = room;
  const microphones = new WeakSet();
  const rooms = new WeakMap();

  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    microphones.add(stream);
    // The browser knows nothing of this room: it cancels no echo, and must not claim to.
    for (const track of stream.getAudioTracks()) {
      const settings = track.getSettings.bind(track);
      track.getSettings = () => ({ ...settings(), echoCancellation: false });
    }
    return stream;
  };

  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) connect.call(this, roomOf(this.context).way);
    if (this instanceof MediaStreamAudioSourceNode && microphones.has(this.mediaStream)) {
      connect.call(roomOf(this.context).loss, target);
    }
    return connect.call(this, target, ...rest);
  };

  function roomOf(context) {
    if (!rooms.has(context)) {
      const way = new DelayNode(context, { delayTime: room.delaySeconds, maxDelayTime: 2 });
      const loss = new GainNode(context, { gain: room.gain });
      connect.call(way, loss);
      rooms.set(context, { way, loss });
    }
    return rooms.get(context);
  }
})();
