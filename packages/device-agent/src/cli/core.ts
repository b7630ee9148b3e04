import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Agent } from '../agent.js';
import { FileInstaller } from '../executions/file-installer.js';
import { Slots } from '../executions/slots.js';
import type { DeviceDescription } from '../identity/identity.js';
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
import { identify } from './identify.js';

const STOP_WITHIN_MS = 8_000;
const ALIVE_EVERY_MS = 5_000;

/** Runs the agent until it is told to stop. Resolves with the exit code. */
export async function runCore(wanted: AgentArguments, log: Log): Promise<number> {
  const files = new DiskFiles(wanted.state);
  const device = await describe(files, wanted);
  const stopping = new AbortController();
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const stop = () => {
    stopping.abort();
    end(exitCodes.done);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  // The supervisor is gone: nobody would restart this process, and a second one may be on its way.
  process.on('disconnect', stop);
  // From the start: a person may take days to let the device in.
  const alive = setInterval(() => process.send?.('alive'), ALIVE_EVERY_MS);
  const known = await identify(
    { clock: systemClock, files, net: nodeNet, random: systemRandom, log, stopping: stopping.signal },
    wanted,
    device,
  );
  if ('code' in known) {
    clearInterval(alive);
    return known.code;
  }
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
    known.store,
    { device },
  );
  await agent.start();
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

async function firstAcknowledged(agent: Agent): Promise<void> {
  await agent.offerTelemetry({ readings: [{ values: { 'agent.once': 1 } }] });
  while (agent.backlog > 0) await pause(systemClock, 100);
}
