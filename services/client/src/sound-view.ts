import { Avatar, type Expression } from "./avatar.ts";
import type { Call } from "./call.ts";
import { inCall } from "./call-state.ts";
import { perceived } from "./media/level.ts";
import { element, write } from "./page.ts";

/** Speech of the agent's is louder than this; the resting noise of a codec is not. */
const AUDIBLE_RMS = 0.002;

/**
 * Shows what is heard on both sides, at the pace of the screen: the face, the meters, the clock.
 *
 * The levels also stand on the call's element as `data-user-level` and `data-agent-level` (root mean
 * square of full scale, what goes out and what comes out), where tests and tools can read them.
 *
 * @param onSpeech - called with the seconds of the agent's speech that have just been played.
 */
export function showSound(call: Call, onSpeech: (seconds: number) => void): void {
  const root = element("call", HTMLElement);
  const clock = element("clock", HTMLElement);
  const avatar = new Avatar(element("avatar", HTMLCanvasElement));
  const meters = {
    user: root.querySelector<HTMLElement>(".meter[data-side=user]"),
    agent: root.querySelector<HTMLElement>(".meter[data-side=agent]"),
  };
  let last = 0;
  let startedAt = 0;

  const frame = (now: number) => {
    const user = call.devices?.microphone.level ?? 0;
    const agent = call.devices?.speaker.level ?? 0;
    root.dataset.userLevel = user.toFixed(4);
    root.dataset.agentLevel = agent.toFixed(4);
    meters.user?.style.setProperty("--level", perceived(user).toFixed(3));
    meters.agent?.style.setProperty("--level", perceived(agent).toFixed(3));
    if (root.dataset.face !== "video") {
      const levels = { userLevel: perceived(user), agentLevel: perceived(agent) };
      avatar.draw({ mood: mood(call), ...levels }, now);
    }
    if (agent > AUDIBLE_RMS) onSpeech((now - last) / 1000);
    last = now;

    startedAt = inCall(call.state) ? startedAt || now : 0;
    write(clock, minutesAndSeconds(startedAt && now - startedAt));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function mood(call: Call): Expression["mood"] {
  const { state } = call;
  if (state.phase === "live") return state.agent === "here" ? state.activity : "thinking";
  return ["connecting", "busy", "reconnecting"].includes(state.phase) ? "thinking" : "resting";
}

function minutesAndSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
