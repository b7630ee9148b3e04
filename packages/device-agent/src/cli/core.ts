import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Agent } from '../agent.js';
import { agentVersion } from '../agent-version.js';
import { FileInstaller } from '../executions/file-installer.js';
import { Slots } from '../executions/slots.js';
import { EnrollmentRefused, enroll } from '../identity/enroll.js';
import type { DeviceDescription } from '../identity/identity.js';
import { IdentityStore } from '../identity/identity-store.js';
import { pause, systemClock } from '../ports/clock.js';
import { DiskFiles } from '../ports/disk-files.js';
import { freeDiskOf } from '../ports/disk-space.js';
import { Document } from '../ports/document.js';
import type { Files } from '../ports/files.js';
import type { Log } from '../ports/log.js';
import { nodeNet } from '../ports/node-net.js';
import { linuxPowerSource } from '../ports/power-source.js';
import { systemRandom } from '../ports/random.js';
import { systemMetrics } from '../telemetry/system-metrics.js';
import type { AgentArguments } from './arguments.js';
import { exitCodes } from './exit-codes.js';

const STOP_WITHIN_MS = 8_000;
const ALIVE_EVERY_MS = 5_000;
const ENROL_RETRY_MS = 5_000;

/** Runs the agent until it is told to stop. Resolves with the exit code. */
export async function runCore(wanted: AgentArguments, log: Log): Promise<number> {
  const files = new DiskFiles(wanted.state);
  const device = await describe(files, wanted);
  const store = await identify(files, wanted, device, log);
  if (!store) return exitCodes.refused;
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const agent = await Agent.open(
    {
      clock: systemClock,
      files,
      net: nodeNet,
      random: systemRandom,
      installer: new FileInstaller(new Slots(wanted.state), wanted.state, wanted.firmwareVersion),
      log,
      power: {
        bootId: randomUUID(),
        restart: (reason) => {
          log.info(`restarting: ${reason}`);
          end(exitCodes.restart);
        },
      },
      sample: systemMetrics(systemClock),
      powerSource: linuxPowerSource(),
      freeDisk: freeDiskOf(wanted.state),
    },
    store,
    { device },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(exitCodes.done));
  // The supervisor is gone: nobody would restart this process, and a second one may be on its way.
  process.on('disconnect', () => end(exitCodes.done));
  await agent.start();
  const alive = setInterval(() => process.send?.('alive'), ALIVE_EVERY_MS);
  if (wanted.once) void firstAcknowledged(agent).then(() => end(exitCodes.done));
  const code = await ended;
  clearInterval(alive);
  await Promise.race([agent.stop(), pause(systemClock, STOP_WITHIN_MS)]);
  return code;
}

/** What is told about this machine when it enrols; decided once and kept. */
async function describe(files: Files, wanted: AgentArguments): Promise<DeviceDescription> {
  const document = await Document.open<DeviceDescription | null>(files, 'device.json', null);
  if (document.value) return document.value;
  const device: DeviceDescription = {
    model: wanted.model,
    serial: wanted.serial ?? `${hostname()}-${randomUUID().slice(0, 8)}`.toLowerCase(),
    name: wanted.name ?? hostname(),
    ...(wanted.hardwareRevision !== null && { hardwareRevision: wanted.hardwareRevision }),
  };
  await document.set(device);
  return device;
}

async function identify(
  files: Files,
  wanted: AgentArguments,
  device: DeviceDescription,
  log: Log,
): Promise<IdentityStore | null> {
  const known = await IdentityStore.open(files);
  if (known) {
    const { deviceId, tenant } = known.identity;
    log.info(`this is device ${deviceId} of ${tenant}, enrolled earlier; to enrol another one here, add --state DIR`);
    return known;
  }
  const { url, token } = wanted;
  if (!url || !token) {
    log.warn('this device is not enrolled yet: give --url and --token');
    return null;
  }
  for (;;) {
    try {
      const identity = await enroll({ files, net: nodeNet }, { ...device, url, token, agentVersion });
      log.info(`enrolled as ${identity.deviceId} of ${identity.tenant}`);
      return await IdentityStore.create(files, identity);
    } catch (error) {
      if (error instanceof EnrollmentRefused || (error as Error).name === 'RootPinFault') {
        log.warn(
          `enrolment refused: ${(error as Error).message}`,
          error instanceof EnrollmentRefused ? { code: error.code } : {},
        );
        return null;
      }
      log.warn(`enrolment failed, trying again: ${(error as Error).message || String(error)}`);
      await pause(systemClock, ENROL_RETRY_MS);
    }
  }
}

async function firstAcknowledged(agent: Agent): Promise<void> {
  await agent.offerTelemetry({ readings: [{ values: { 'agent.once': 1 } }] });
  while (agent.backlog > 0) await pause(systemClock, 100);
}
