/** For tests: the device door as clients of EST see it, and programs that are such clients. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@muster/persistence/database';
import { readCertsOnly } from '@muster/pki/cms/certs-only';
import { toPem } from '@muster/pki/der/pem';
import type { Clock } from '@muster/runtime/clock/clock';
import {
  type ClientIdentity,
  type DoorAnswer,
  type DoorOptions,
  newRequest,
  openDoorHarness,
} from '../../device-door/door.harness.js';
import { DevicesModule } from '../../devices/devices.module.js';

export interface EstCall {
  readonly label?: string;
  readonly method?: string;
  /** Text of the body; JSON and other types by `type`. */
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly user?: string;
  readonly token?: string;
  readonly as?: ClientIdentity;
  readonly headers?: Record<string, string>;
}

export const openEst = async (database: Database, clock: Clock, options: DoorOptions = {}) => {
  const door = await openDoorHarness(database, clock, [DevicesModule], options);
  const call = (operation: string, { label, method, body, type, user = '', token, as, headers }: EstCall = {}) =>
    door.send(
      method ?? (body === undefined ? 'GET' : 'POST'),
      `/.well-known/est${label === undefined ? '' : `/${label}`}/${operation}`,
      {
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
        ...(as === undefined ? {} : { as }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': type ?? 'application/pkcs10' }),
          ...(token === undefined && user === ''
            ? {}
            : { authorization: `Basic ${Buffer.from(`${user}:${token ?? ''}`).toString('base64')}` }),
          ...headers,
        },
      },
    );
  let count = 0;
  /** A device with a certificate, got by EST. */
  const enrolled = async (label = 'acme') => {
    const serial = `EST-${++count}`;
    const { token } = await door.token();
    const { key, csr } = newRequest();
    const answer = await call('simpleenroll', { label, body: csr, user: `gw-1/${serial}`, token });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    const [certificate] = certificatesIn(answer);
    const [row] = await rows<{ deviceId: string; certificateId: string }>(
      `select d.id as "deviceId", c.id as "certificateId" from devices d join certificates c on c.device_id = d.id
       where d.serial = $1`,
      [serial],
    );
    return { ...row!, serial, as: { key, cert: certificate! } };
  };
  const rows = <R>(sql: string, params: unknown[] = []) => database.system((tx) => tx.query<R>(sql, params));
  /** Opens the window of a device's certificate now. */
  const openWindow = async (deviceId: string) =>
    door.people.as('owner').post(`/devices/${deviceId}/certificates/renew`);
  return { door, call, rows, enrolled, openWindow, close: () => door.close() };
};
export type EstHarness = Awaited<ReturnType<typeof openEst>>;

/** PEM of every certificate in an answer of EST. */
export const certificatesIn = (answer: DoorAnswer): string[] =>
  readCertsOnly(Buffer.from(answer.text, 'base64')).map((der) => toPem('CERTIFICATE', der));

export interface Ran {
  readonly code: number;
  readonly output: string;
  /** What the program left in its folder. */
  read(name: string): Promise<Buffer>;
}

/** A folder for programs to work in; `run` waits until the program ends and never blocks the server in this process. */
export const openBench = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-est-'));
  const read = (name: string) => readFile(join(folder, name));
  return {
    folder,
    read,
    write: (name: string, content: string | Buffer) => writeFile(join(folder, name), content),
    run: (program: string, ...words: string[]): Promise<Ran> =>
      start(program, words, folder).then((end) => ({ ...end, read })),
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

const start = (program: string, words: readonly string[], cwd: string): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString('latin1');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
