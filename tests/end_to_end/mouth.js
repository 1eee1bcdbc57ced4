// Puts a person before the page's microphone: `window.say` speaks into it when a test wants it, and
// `window.saying` counts what is still being said. The browser is asked for the real one all the same.
(() => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  let mouth;
  window.saying = 0;

  devices.getUserMedia = async (wanted) => {
    const real = await open(wanted);
    const context = new AudioContext();
    mouth = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const [device] = real.getAudioTracks();
    for (const track of mouth.stream.getAudioTracks()) {
      track.getSettings = () => device.getSettings();
      const stop = track.stop.bind(track);
      track.stop = () => {
        stop();
        device.stop();
        void context.close();
      };
    }
    return mouth.stream;
  };

  window.say = (pcm, sampleRate) => {
    const bytes = Uint8Array.from(atob(pcm), (letter) => letter.charCodeAt(0));
    const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    const { context } = mouth;
    const buffer = new AudioBuffer({ length: samples.length, sampleRate });
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.onended = () => window.saying--;
    window.saying++;
    source.connect(mouth);
    source.start();
  };
})();
