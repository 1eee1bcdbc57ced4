// Fails where the built page loads more than promised: at first the entry script and what it imports at
// once, and Daily's code for nobody but those who call over Daily. Run after `vite build`.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 30 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const scripts = [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, path]) => path);
const sizes = scripts.map((path) => gzipSync(readFileSync(new URL(path, dist))).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
process.stdout.write(`first chunk: ${(total / 1024).toFixed(1)} kB gzip of ${LIMIT / 1024} kB\n`);

const assets = new URL("assets/", dist);
const chunks = readdirSync(assets).filter((name) => name.endsWith(".js"));
const text = (name) => readFileSync(new URL(name, assets), "utf8");
const daily = chunks.filter((name) => text(name).includes("call-machine"));
const importers = chunks.filter((name) =>
  daily.some((chunk) => text(name).includes(`from"./${chunk}"`)),
);
process.stdout.write(
  `Daily's code: in ${daily}, imported at once by ${importers.join() || "none"}\n`,
);

const ok = scripts.length > 0 && total <= LIMIT && daily.length === 1 && importers.length === 0;
if (!ok) process.exit(1);
