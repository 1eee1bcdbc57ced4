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
    [168, 226, 214],
    [38, 132, 126],
    [18, 70, 92],
  ],
  listening: [
    [174, 247, 228],
    [22, 166, 148],
    [10, 88, 120],
  ],
  thinking: [
    [206, 214, 255],
    [98, 116, 214],
    [52, 48, 128],
  ],
  speaking: [
    [255, 226, 178],
    [242, 128, 88],
    [168, 52, 92],
  ],
};
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
    for (let layer = 0; layer < 3; layer++) this.#body(layer);
    this.#shine();
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

  #body(layer: number): void {
    const fill = this.#context.createRadialGradient(-0.16, -0.22, 0.02, 0, 0.04, 0.72);
    fill.addColorStop(0, css(this.#palette[0], layer === 0 ? 1 : 0.4));
    fill.addColorStop(0.5, css(this.#palette[1], layer === 0 ? 1 : 0.42));
    fill.addColorStop(1, css(this.#palette[2], layer === 0 ? 1 : 0.3));
    this.#context.beginPath();
    for (let step = 0; step <= 90; step++) {
      const angle = (step / 90) * TAU;
      const radius = this.#radius(angle, layer);
      this.#context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
    }
    this.#context.fillStyle = fill;
    this.#context.fill();
  }

  #radius(angle: number, layer: number): number {
    const time = this.#time + layer * 2.1;
    const breath = 0.008 * Math.sin(time * 1.3);
    const calm = 0.012 + 0.012 * layer;
    const wave =
      Math.sin(2 * angle + time * 0.9) +
      0.7 * Math.sin(3 * angle - time * 1.3) +
      0.5 * Math.sin(5 * angle + time * 2.1) * this.#voice * 2;
    const voice = this.#reduced.matches ? 0 : this.#voice;
    return 0.5 + breath + 0.02 * layer + wave * (calm + 0.05 * voice) + 0.08 * voice;
  }

  #shine(): void {
    const light = this.#context.createRadialGradient(-0.18, -0.24, 0, -0.18, -0.24, 0.34);
    light.addColorStop(0, "rgb(255 255 255 / 0.55)");
    light.addColorStop(1, "rgb(255 255 255 / 0)");
    this.#context.fillStyle = light;
    this.#context.beginPath();
    this.#context.arc(-0.18, -0.24, 0.34, 0, TAU);
    this.#context.fill();
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
      this.#context.strokeStyle = css(this.#palette[1], 0.28 + 0.72 * Math.max(heard, light));
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
