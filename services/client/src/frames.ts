/** A frame from the bot, as far as the page uses it. Pipecat's `frames.proto` has more kinds. */
export type BotFrame =
  | { kind: "audio"; samples: Int16Array; sampleRate: number }
  | { kind: "message"; json: string }
  | { kind: "interruption" }
  | { kind: "other" };

const AUDIO = 2;
const MESSAGE = 4;
const INTERRUPTION = 5;
const PIPECAT_RATE = 24_000;

/**
 * Decodes one protobuf frame.
 *
 * Pipecat's own decoder drops the sample rate, knows no interruption and copies each sample twice.
 *
 * @throws RangeError on a truncated frame or one that is no protobuf.
 */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): BotFrame {
  const frame = [...fields(bytes)].at(-1);
  if (frame?.number === AUDIO && frame.bytes) return decodeAudio(frame.bytes);
  if (frame?.number === MESSAGE && frame.bytes) return decodeMessage(frame.bytes);
  return { kind: frame?.number === INTERRUPTION ? "interruption" : "other" };
}

function decodeAudio(bytes: Uint8Array<ArrayBuffer>): BotFrame {
  let samples = new Int16Array(0);
  let sampleRate = PIPECAT_RATE;
  for (const field of fields(bytes)) {
    if (field.number === 3 && field.bytes) samples = littleEndianSamples(field.bytes);
    if (field.number === 4) sampleRate = field.value;
  }
  return { kind: "audio", samples, sampleRate };
}

function decodeMessage(bytes: Uint8Array<ArrayBuffer>): BotFrame {
  const data = [...fields(bytes)].find((field) => field.number === 1)?.bytes;
  return { kind: "message", json: new TextDecoder().decode(data) };
}

function littleEndianSamples(bytes: Uint8Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
  const whole = bytes.length - (bytes.length % 2);
  return new Int16Array(bytes.slice(0, whole).buffer);
}

interface Field {
  number: number;
  value: number;
  bytes?: Uint8Array<ArrayBuffer>;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

function* fields(bytes: Uint8Array<ArrayBuffer>): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("truncated frame");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("overlong number in frame");
  };
  const take = (length: number): Uint8Array<ArrayBuffer> => {
    if (at + length > bytes.length) throw new RangeError("truncated frame");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === VARINT) yield { number, value: varint() };
    else if (wire === LENGTH_DELIMITED) yield { number, value: 0, bytes: take(varint()) };
    else if (wire === FIXED64) take(8);
    else if (wire === FIXED32) take(4);
    else throw new RangeError("unknown wire type in frame");
  }
}
