import type { Activity } from "./activity.ts";

/** What the agent's face expresses. Levels run from 0 to 1. */
export interface Expression {
  mood: Activity | "resting";
  userLevel: number;
  agentLevel: number;
}

type Colour = readonly [red: number, green: number, blue: number];
type Palette = readonly [core: Colour, body: Colour, edge: Colour];

const PALETTES: Record<Expression["mood"], Palette> = {
  resting: [
    [176, 232, 219],
    [58, 150, 142],
    [30, 78, 104],
  ],
  listening: [
    [178, 250, 226],
    [28, 176, 152],
    [14, 92, 140],
  ],
  thinking: [
    [214, 210, 255],
    [112, 118, 226],
    [66, 46, 146],
  ],
  speaking: [
    [255, 224, 168],
    [246, 122, 88],
    [176, 44, 104],
  ],
};
/** The ring is the caller's: it keeps its colour whatever the agent does. */
const CALLER: Colour = [28, 160, 142];
const FRAME_MS = 1000 / 30;
const TICKS = 72;
const TAU = Math.PI * 2;

/**
 * The agent's face: a soft body that breathes, ripples with its own voice and wears a ring of ticks
 * that carries the caller's voice around it. With reduced motion it keeps still and only changes in
 * colour, size of the ring and light.
 */
export class Avatar {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #reduced = window.matchMedia("(prefers-reduced-motion: reduce)");
  readonly #heard = new Float32Array(TICKS / 2 + 1);
  #palette = PALETTES.resting.map((colour) => [...colour]) as unknown as Palette;
  #expression: Expression = { mood: "resting", userLevel: 0, agentLevel: 0 };
  #voice = 0;
  #drawnAt = 0;
  #time = 0;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("The browser gives no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
    new ResizeObserver(([entry]) => {
      const size = Math.round((entry?.contentRect.width ?? 320) * Math.min(2, devicePixelRatio));
      canvas.width = size;
      canvas.height = size;
      this.#paint();
    }).observe(canvas);
  }

  /** Draws the next picture if it is time for one; `now` is an animation frame's time stamp. */
  draw(expression: Expression, now: number): void {
    if (now - this.#drawnAt < FRAME_MS - 1) return;
    const seconds = Math.min(0.1, (now - this.#drawnAt) / 1000);
    this.#drawnAt = now;
    this.#expression = expression;
    this.#voice += (expression.agentLevel - this.#voice) * 0.4;
    this.#palette = mixPalettes(this.#palette, PALETTES[expression.mood], 1 - 0.02 ** seconds);
    if (!this.#reduced.matches) {
      this.#time += seconds * (expression.mood === "thinking" ? 2 : 1);
      this.#heard.copyWithin(1, 0);
    } else {
      this.#heard.fill(expression.userLevel);
    }
    this.#heard[0] = expression.userLevel;
    this.#paint();
  }

  #paint(): void {
    const { width } = this.#canvas;
    this.#context.clearRect(0, 0, width, width);
    this.#context.save();
    this.#context.translate(width / 2, width / 2);
    this.#context.scale(width / 2, width / 2);
    this.#glow();
    this.#veil(2);
    this.#veil(1);
    this.#body();
    this.#ring();
    this.#context.restore();
  }

  #glow(): void {
    const light = this.#context.createRadialGradient(0, 0, 0.3, 0, 0, 1);
    light.addColorStop(0, css(this.#palette[1], 0.3 + 0.3 * this.#voice));
    light.addColorStop(1, css(this.#palette[1], 0));
    this.#context.fillStyle = light;
    this.#context.fillRect(-1, -1, 2, 2);
  }

  /** An outer layer, of which only the edge shows: it lets the outline blur with the voice. */
  #veil(layer: number): void {
    this.#outline(layer);
    this.#context.fillStyle = css(this.#palette[1], 0.3 / layer);
    this.#context.fill();
  }

  /** The body is lit from inside by three lights that wander. */
  #body(): void {
    const context = this.#context;
    context.save();
    this.#outline(0);
    context.clip();
    context.fillStyle = css(this.#palette[1], 1);
    context.fillRect(-1, -1, 2, 2);
    const time = this.#time * 0.5;
    this.#light(this.#palette[2], 0.3 * Math.cos(time), 0.34 + 0.1 * Math.sin(time), 0.62);
    this.#light(this.#palette[2], -0.36 + 0.08 * Math.sin(time * 1.3), 0.1, 0.4);
    this.#light(
      this.#palette[0],
      -0.1 + 0.14 * Math.sin(time * 0.8),
      -0.28 + 0.06 * Math.cos(time * 1.1),
      0.5 + 0.2 * this.#voice,
    );
    context.restore();
  }

  #light(colour: Colour, x: number, y: number, reach: number): void {
    const light = this.#context.createRadialGradient(x, y, 0, x, y, reach);
    light.addColorStop(0, css(colour, 0.95));
    light.addColorStop(0.45, css(colour, 0.55));
    light.addColorStop(1, css(colour, 0));
    this.#context.fillStyle = light;
    this.#context.fillRect(-1, -1, 2, 2);
  }

  #outline(layer: number): void {
    this.#context.beginPath();
    for (let step = 0; step <= 90; step++) {
      const angle = (step / 90) * TAU;
      const radius = this.#radius(angle, layer);
      this.#context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
    }
  }

  #radius(angle: number, layer: number): number {
    const time = this.#time + layer * 2.1;
    const breath = 0.008 * Math.sin(time * 1.3);
    const calm = 0.01 + 0.008 * layer;
    const wave =
      Math.sin(2 * angle + time * 0.9) +
      0.7 * Math.sin(3 * angle - time * 1.3) +
      0.5 * Math.sin(5 * angle + time * 2.1) * this.#voice * 2;
    const voice = this.#reduced.matches ? 0 : this.#voice;
    return 0.5 + breath + 0.025 * layer + wave * (calm + 0.05 * voice) + 0.08 * voice;
  }

  /** The caller's voice runs down both sides from the top; thought is a light that goes round. */
  #ring(): void {
    const { mood } = this.#expression;
    this.#context.lineCap = "round";
    this.#context.lineWidth = 0.014;
    for (let tick = 0; tick < TICKS; tick++) {
      const turn = tick / TICKS;
      const heard = this.#heard[Math.round(Math.min(turn, 1 - turn) * TICKS)] ?? 0;
      const light =
        mood === "thinking" ? Math.max(0, Math.cos(turn * TAU - this.#time * 1.6)) ** 6 : 0;
      const length = 0.012 + 0.16 * heard;
      const angle = turn * TAU - Math.PI / 2;
      const colour = mood === "thinking" ? this.#palette[1] : CALLER;
      this.#context.strokeStyle = css(colour, 0.28 + 0.72 * Math.max(heard, light));
      this.#context.beginPath();
      this.#context.moveTo(Math.cos(angle) * 0.78, Math.sin(angle) * 0.78);
      this.#context.lineTo(Math.cos(angle) * (0.78 + length), Math.sin(angle) * (0.78 + length));
      this.#context.stroke();
    }
  }
}

function mixPalettes(from: Palette, to: Palette, share: number): Palette {
  return from.map((colour, index) =>
    colour.map((part, channel) => part + ((to[index]?.[channel] ?? part) - part) * share),
  ) as unknown as Palette;
}

function css([red, green, blue]: Colour, alpha: number): string {
  return `rgb(${red | 0} ${green | 0} ${blue | 0} / ${alpha.toFixed(3)})`;
}
