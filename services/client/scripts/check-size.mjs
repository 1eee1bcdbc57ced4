// Fails where the first load of the built page is larger than promised: the entry script, what it
// imports at once, and no more. Run after `vite build`.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 30 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const scripts = [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, path]) => path);
const sizes = scripts.map((path) => gzipSync(readFileSync(new URL(path, dist))).length);
const total = sizes.reduce((sum, size) => sum + size, 0);

process.stdout.write(`first chunk: ${(total / 1024).toFixed(1)} kB gzip of ${LIMIT / 1024} kB\n`);
if (scripts.length === 0 || total > LIMIT) process.exit(1);
