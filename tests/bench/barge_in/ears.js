// Puts a mouth on the page's microphone and an ear on its loudspeaker, within the page's own audio:
// `bench.say(pcm)` says something and tells when, `bench.heard()` gives loudness by time of both.
(() => {
  const recorder = `
    registerProcessor("ears", class extends AudioWorkletProcessor {
      blocks = [];
      process([out, mic]) {
        const rms = (input) => {
          const samples = input[0];
          if (!samples) return 0;
          let sum = 0;
          for (const sample of samples) sum += sample * sample;
          return Math.sqrt(sum / samples.length);
        };
        this.blocks.push(currentTime, rms(out), rms(mic));
        if (this.blocks.length >= 48) this.port.postMessage(this.blocks.splice(0));
        return true;
      }
    });`;
  const module = URL.createObjectURL(new Blob([recorder], { type: "text/javascript" }));
  const heard = [];
  const microphones = new WeakSet();
  const connect = AudioNode.prototype.connect;
  let mouth;
  let ears;

  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    microphones.add(stream);
    return stream;
  };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (this instanceof MediaStreamAudioSourceNode && microphones.has(this.mediaStream)) {
      // The fake device beeps; the caller says what the benchmark has them say, and nothing else.
      mouth = new GainNode(this.context);
      connect.call(mouth, target);
      ears = this.context.audioWorklet.addModule(module).then(() => {
        const node = new AudioWorkletNode(this.context, "ears", { numberOfInputs: 2 });
        node.port.onmessage = ({ data }) => heard.push(...data);
        connect.call(mouth, node, 0, 1);
        connect.call(node, this.context.destination);
        return node;
      });
      return target;
    }
    if (target === this.context.destination && ears) {
      void ears.then((node) => connect.call(this, node, 0, 0));
    }
    return connect.call(this, target, ...rest);
  };

  window.bench = {
    /** Says 16 kHz PCM, given as base64, at once. */
    say(base64) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
      const { context } = mouth;
      const buffer = new AudioBuffer({ length: samples.length, sampleRate: 16_000 });
      buffer.copyToChannel(samples, 0);
      const voice = new AudioBufferSourceNode(context, { buffer });
      connect.call(voice, mouth);
      voice.start();
      return context.currentTime;
    },
    /** What was heard since this was last asked: time, loudspeaker, microphone, time, … */
    heard: () => heard.splice(0),
  };
})();
