/** The part of AudioWorkletGlobalScope that the worklets use; TypeScript's DOM library leaves it out. */
declare const sampleRate: number;
/** Seconds of the audio's clock. */
declare const currentTime: number;

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
