import { z } from 'zod';
import { chance } from './chance.js';

/** What a release can do to a simulated device, or how a simulated device can meet it. */
export const ReleaseFault = z.discriminatedUnion('kind', [
  // before anything is installed
  z.object({
    kind: z.literal('rejects'),
    code: z.string().default('hardware_incompatible'),
    detail: z.string().default('the radio module of this series has no driver in it'),
  }),
  /** The battery is low as often as that, and then it is not. */
  z.object({
    kind: z.literal('defers'),
    times: z.number().int().min(1).default(3),
    retryAfterS: z.number().int().min(1).default(30),
  }),
  z.object({ kind: z.literal('slow_download'), bytesPerS: z.number().min(1).default(4_096) }),
  // installing it
  z.object({ kind: z.literal('fails_install'), atPercent: z.number().min(0).max(100).default(60) }),
  /** Nothing is heard of it from the installation on, for this long. */
  z.object({ kind: z.literal('goes_silent'), forMs: z.number().min(0).default(600_000) }),
  /** Well and connected, but so slow to install that the server gives it up; then it succeeds after all. */
  z.object({ kind: z.literal('installs_late'), afterMs: z.number().min(0).default(600_000) }),
  // running it
  z.object({ kind: z.literal('unhealthy'), detail: z.string().default('the meter service does not answer') }),
  z.object({ kind: z.literal('crashes') }),
  /** Comes up, connects and crashes after this long, over and over. */
  z.object({ kind: z.literal('crash_loops'), everyMs: z.number().min(0).default(2_000) }),
  /** Says it succeeded and runs what it ran before. */
  z.object({ kind: z.literal('lies') }),
  z.object({ kind: z.literal('falls_back'), afterMs: z.number().min(0).default(20_000) }),
  /** Succeeds, and is not well in service: says so, leaves out heartbeats, measures something else. */
  z.object({
    kind: z.literal('ails'),
    afterMs: z.number().min(0).default(0),
    status: z.enum(['ok', 'degraded', 'error']).default('error'),
    missing: z.number().min(0).max(1).default(0),
    metric: z.string().default('temperature_c'),
    shift: z.number().default(25),
  }),
  /** Never heard of again until the fault is lifted. */
  z.object({ kind: z.literal('bricks') }),
]);
export type ReleaseFault = z.infer<typeof ReleaseFault>;

/** Which share of the devices a release harms, and how. Shares are drawn one after the other from the same devices. */
export const Behaviour = z.array(z.object({ share: z.number().min(0).max(1), fault: ReleaseFault }));
export type Behaviour = z.infer<typeof Behaviour>;

const Header = z.looseObject({ musterSimulation: z.literal(1), version: z.string(), behaviour: Behaviour.default([]) });

/**
 * An artifact for simulated devices: one line of JSON that says how the release behaves, then filler to the wanted size.
 * Real agents see an ordinary file.
 */
export function simulatedArtifact(version: string, bytes: number, behaviour: Behaviour = []): Buffer {
  const head = Buffer.from(`${JSON.stringify({ musterSimulation: 1, version, behaviour })}\n`);
  const body = Buffer.alloc(Math.max(0, bytes - head.length));
  for (let i = 0; i < body.length; i++) body[i] = (Math.imul(i, 2_654_435_761) >>> 13) & 0xff;
  return Buffer.concat([head, body]);
}

/** The fault this device draws from an artifact, by its first bytes; an ordinary file harms nobody. */
export function faultIn(start: Uint8Array, device: string): ReleaseFault | null {
  const end = start.indexOf(0x0a);
  if (start[0] !== 0x7b || end < 0) return null;
  try {
    const { version, behaviour } = Header.parse(JSON.parse(Buffer.from(start.subarray(0, end)).toString()));
    return drawFault(behaviour, device, version);
  } catch {
    return null;
  }
}

/** The fault this device draws from a release, always the same one, or null. */
export function drawFault(behaviour: Behaviour, device: string, release: string): ReleaseFault | null {
  let drawn = chance('release', release, device);
  for (const { share, fault } of behaviour) {
    if (drawn < share) return fault;
    drawn -= share;
  }
  return null;
}
