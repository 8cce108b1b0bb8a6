import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Editor } from './support/editor.js';
import { Random } from './support/random.js';
import { Scene } from './support/scene.js';
import { WatermarkReader } from './support/watermark-reader.js';

const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const stops = 8;
const promisedMs = 10_000;

test(`couch2pg that is told to stop, at any moment, ends with code 0 in time and loses nothing (FAULT_SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using scene = await Scene.open({ sources: 2 });
  await using reader = new WatermarkReader(scene.database);
  const editor = new Editor(scene, random);
  for (let n = 0; n < stops; n += 1) {
    const command = scene.command({ BATCH_SIZE: '5' });
    // From before it has connected to long after it is live.
    const moment = delay(random.integer(350, 1_500));
    for (let edits = 0; edits < 6; edits += 1) await editor.edit();
    await moment;
    const { code, signal, tookMs } = await command.stop(random.pick(['SIGTERM', 'SIGINT']));
    // Before it listens for signals it ends by them.
    if (command.stderr !== '') expect({ code, signal }, command.stderr).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(promisedMs);
  }
  scene.command();
  await reader.hasSeen(await scene.caughtUp());
});
