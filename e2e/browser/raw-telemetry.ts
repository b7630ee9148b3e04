import { randomUUID } from 'node:crypto';
import { RawDevice } from '../stack/raw-device.js';
import { expect, type Page } from './console.js';

/** A device of the spec's own on the running product: it sends exactly what the spec says, and nothing else. */
export async function ownDevice(page: Page, name: string): Promise<RawDevice> {
  const made = await page.request.post('/api/v1/enrollment-tokens', {
    headers: { origin: process.env.MUSTER_CONSOLE!, 'idempotency-key': randomUUID() },
    data: { name: `Token of ${name}`, class: 'bench' },
  });
  expect(made.ok(), await made.text()).toBe(true);
  const { token } = (await made.json()) as { token: string };
  const serial = `${name}-${process.pid}`;
  return RawDevice.connect(await RawDevice.enrol(process.env.MUSTER_DEVICES!, token, serial));
}

/** Readings of one metric, oldest first: how long ago in seconds, and what was measured. */
export type Past = readonly (readonly [agoS: number, value: number])[];

/** Sends what a device measured lately as one message. */
export async function sendPast(device: RawDevice, metric: string, past: Past): Promise<void> {
  const now = Date.now();
  const oldest = now - past[0]![0] * 1000;
  await device.publish(
    device.reading({
      producedAt: new Date(oldest).toISOString(),
      readings: past.map(([agoS, value]) => ({ dtMs: now - agoS * 1000 - oldest, values: { [metric]: value } })),
    }),
  );
}
