// The side of sharp, run by node in the benchmark's cache folder; see ours.py.

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const sharp = createRequire(`${process.cwd()}/`)("sharp");
sharp.concurrency(1);
sharp.cache(false);

for await (const line of createInterface({ input: process.stdin })) {
  const { file, out } = JSON.parse(line);
  const data = readFileSync(file);
  const start = process.cpuUsage();
  try {
    const thumbnail = await sharp(data)
      .autoOrient()
      .resize(320, 320, { fit: "inside", withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1e3;
    if (out) writeFileSync(out, thumbnail);
    console.log(JSON.stringify({ ms }));
  } catch (fault) {
    console.log(JSON.stringify({ error: String(fault.message).split("\n")[0] }));
  }
}
