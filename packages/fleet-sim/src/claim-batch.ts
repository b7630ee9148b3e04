import { EnrollmentRefused, Unavailable } from '@muster/device-agent/identity/read-answer';
import { pause, systemClock } from '@muster/device-agent/ports/clock';
import { z } from 'zod';
import { FleetFolder } from './fleet-folder.js';
import { placeOf } from './fleet-plan.js';
import { realTempo, SimulatedDevice, type Tempo } from './simulated-device.js';

/** Devices that came with one claim certificate. Those the batch lists come online; the others wait for a person. */
export const ClaimBatchPlan = z.object({
  certificate: z.string(),
  key: z.string(),
  rootSha256: z.string(),
  site: z.string(),
  model: z.string(),
  firmwareVersion: z.string(),
  /** Those on the list of the batch, and those that have to wait for a person. */
  listed: z.array(z.string()).max(50),
  unlisted: z.array(z.string()).max(50),
});
export type ClaimBatchPlan = z.infer<typeof ClaimBatchPlan>;

const ASK_AGAIN_MS = 2_000;
/** A person who has just let a device in does not want to wait for it. */
const ASK_AGAIN_AT_MOST_MS = 10_000;

interface BatchOptions {
  readonly url: string;
  readonly folder: string;
  readonly seed: number;
  readonly tempo: Partial<Tempo>;
  /** Told what became of a device that was refused for good. */
  readonly say: (text: string) => void;
}

export interface ClaimBatch {
  online(): number;
  stop(): Promise<void>;
}

/** Starts the devices of a batch. Each asks until it is let in; one that is turned away stays off and the others go on. */
export function startClaimBatch(plan: ClaimBatchPlan, { url, folder, seed, tempo, say }: BatchOptions): ClaimBatch {
  const { certificate, key, rootSha256, site, model, firmwareVersion } = plan;
  const cache = new FleetFolder(folder);
  let stopping = false;
  const devices = [...plan.listed, ...plan.unlisted].map(
    (serial) =>
      new SimulatedDevice(
        {
          url,
          token: { entry: { certificate, key }, rootSha256 },
          site,
          place: placeOf(site),
          firmwareVersion,
          description: { serial, model, hardwareRevision: 'B', name: serial.toLowerCase() },
        },
        seed,
        { ...realTempo, ...tempo },
        { changed: () => cache.changed(serial) },
      ),
  );
  const begin = async (device: SimulatedDevice): Promise<void> => {
    await cache.adopt(device);
    while (!stopping) {
      try {
        return await device.start();
      } catch (error) {
        if (error instanceof EnrollmentRefused) return say(`${device.serial} was refused: ${error.message}`);
        const told = error instanceof Unavailable ? error.retryAfterMs : null;
        await pause(systemClock, Math.min(ASK_AGAIN_AT_MOST_MS, Math.max(ASK_AGAIN_MS, told ?? 0)));
      }
    }
  };
  for (const device of devices) void begin(device);
  return {
    online: () => devices.filter((device) => device.online).length,
    stop: async () => {
      stopping = true;
      await Promise.all(devices.map((device) => device.stop()));
      await cache.flush();
    },
  };
}
