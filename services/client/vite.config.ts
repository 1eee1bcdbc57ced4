import { readdirSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { createLogger, defineConfig, type Logger, type Plugin, type ProxyOptions } from "vite";

const PROBLEM_DETAIL = {
  server: "The connect server does not answer. It may still be starting.",
  bot: "The bot does not answer. It may still be starting.",
};

/**
 * Sends the API's paths where the load balancer would send them: the connect server's to SERVER_URL, the
 * bot's to BOT_URL. A backend that is down or dies mid-call becomes a 502 with problem+json, never a crash.
 */
function proxyTo(part: keyof typeof PROBLEM_DETAIL, target: string): ProxyOptions {
  return {
    target,
    ws: part === "bot",
    changeOrigin: false,
    xfwd: true,
    configure(proxy) {
      const upgraded = new WeakSet<object>();
      proxy.on("proxyReqWs", (proxyRequest, _request, socket) => {
        proxyRequest.on("upgrade", () => upgraded.add(socket));
      });
      proxy.on("error", (_error, _request, response) => {
        // An open WebSocket takes no HTTP answer: the page sees its line cut, and comes back.
        if (upgraded.has(response)) response.destroy();
        else refuse(part, response);
      });
    },
  };
}

function refuse(part: keyof typeof PROBLEM_DETAIL, response: ServerResponse | Socket): void {
  const body = JSON.stringify({
    type: "/problems/bad-gateway",
    title: "Bad gateway",
    status: 502,
    detail: PROBLEM_DETAIL[part],
  });
  const headers = {
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(body),
  };
  if (response instanceof Socket) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    response.end(
      ["HTTP/1.1 502 Bad Gateway", ...lines, "connection: close", "", body].join("\r\n"),
    );
  } else if (response.headersSent) {
    response.destroy();
  } else {
    response.writeHead(502, headers).end(body);
  }
}

/** Vite's logger without its stacks for a backend that is down: the 502 says what there is to say. */
function quietAboutBackends(): Logger {
  const logger = createLogger();
  const { error } = logger;
  logger.error = (message, options) => {
    if (!/(http|ws) proxy (socket )?error/.test(message)) error(message, options);
  };
  return logger;
}

/**
 * Keeps daily-js out of the transports that could do without: both import it for a media manager that
 * this page never makes.
 */
function dailyForItselfAlone(): Plugin {
  const stub = fileURLToPath(new URL("src/daily-stub.ts", import.meta.url));
  return {
    name: "daily-for-itself-alone",
    enforce: "pre",
    resolveId: {
      filter: { id: /^@daily-co\/daily-js$/ },
      handler: (_id, importer) =>
        /@pipecat-ai\/(websocket|small-webrtc)-transport/.test(importer ?? "") ? stub : undefined,
    },
  };
}

/** Writes what there is to choose from into the page, as Nginx does in a deployment. */
function pageOffering(): Plugin {
  const named = (what: string, names: string) => `name="${what}" content="${names}"`;
  return {
    name: "page-offering",
    apply: "serve",
    transformIndexHtml: (html) =>
      html
        .replace(named("transports", ""), named("transports", process.env.TRANSPORTS ?? ""))
        .replace(named("agents", ""), named("agents", agents())),
  };
}

/** Those of AGENTS, and those in AGENTS_FOLDER by now: whom the connect server knows, in its order. */
function agents(): string {
  const { AGENTS = "", AGENTS_FOLDER } = process.env;
  const files = AGENTS_FOLDER ? readdirSync(AGENTS_FOLDER) : [];
  const named = files.filter((file) => /^[\w-]+\.toml$/.test(file));
  const authored = named.map((file) => basename(file, ".toml")).sort();
  return [...new Set([...AGENTS.split(",").filter(Boolean), ...authored])].join(",");
}

const server = process.env.SERVER_URL ?? "http://127.0.0.1:8001";
const bot = process.env.BOT_URL ?? "http://127.0.0.1:8002";
const listen = {
  host: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? 8000),
  strictPort: true,
  proxy: {
    "/connect": proxyTo("server", server),
    "/status": proxyTo("server", server),
    "/health": proxyTo("server", server),
    "/openapi.json": proxyTo("server", server),
    "/ws": proxyTo("bot", bot),
    "/webrtc": proxyTo("bot", bot),
  },
};

export default defineConfig({
  customLogger: quietAboutBackends(),
  plugins: [dailyForItselfAlone(), pageOffering()],
  optimizeDeps: {
    rolldownOptions: { plugins: [dailyForItselfAlone()] },
    // Loaded with the first call: found only then, they would reload the page in the middle of it.
    include: [
      "@daily-co/daily-js",
      "@pipecat-ai/client-js",
      "@pipecat-ai/daily-transport",
      "@pipecat-ai/small-webrtc-transport",
      "@pipecat-ai/websocket-transport",
    ],
  },
  server: listen,
  preview: listen,
  worker: { format: "es" },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
