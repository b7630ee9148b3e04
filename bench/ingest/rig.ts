import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enroll } from '@muster/device-agent/identity/enroll';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import { freePort } from '@muster/runtime/embedded/free-port';
import type { TestCluster } from '@muster/testkit/cluster';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import pg from 'pg';
import { Stack } from '../../e2e/stack/stack.js';
import { parentOf, type Watched } from '../processes.js';
import type { BenchDevice, FromLoad, LoadOrder, LoadResult, PlainOrder } from './protocol.js';

export type BrokerKind = 'embedded' | 'mosquitto';
export type PipelineName = 'product' | 'bare' | 'naive';

/** Where one pipeline takes messages, where it stores them, and who does its work. */
export interface Pipeline {
  readonly port: number;
  readonly table: string;
  readonly worker: number;
  readonly broker: Mosquitto | null;
}

/** What one run of one pipeline came to. Times are ms. */
export interface Run extends LoadResult {
  /** From the first message sent to the last one committed. */
  readonly committedMs: number;
}

const child = (file: string): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), [], { serialization: 'advanced' });
const POLL_MS = 10;
/** For the last commit after everything was acknowledged. */
const COMMIT_MS = 20_000;

/** Product, bare and naive pipeline side by side on one database, each behind a broker of the same kind. */
export class Rig {
  private constructor(
    private readonly stack: Stack,
    readonly devices: readonly BenchDevice[],
    private readonly keys: Readonly<Record<string, number>>,
    readonly pipelines: Readonly<Record<PipelineName, Pipeline>>,
    private readonly load: ChildProcess,
    private readonly ended: readonly (() => unknown)[],
    private readonly sql: pg.Client,
    private readonly postmaster: number,
  ) {}

  static async open(cluster: TestCluster, broker: BrokerKind, fleet: number): Promise<Rig> {
    const stack = await Stack.start({ cluster, broker });
    const sql = new pg.Client(stack.testDatabase.ownerUrl);
    await sql.connect();
    const devices = await enrolFleet(stack, fleet);
    await createTables(sql);
    const { rows } = await sql.query<{ id: string; key: number }>('select id, device_key as key from devices');
    const keys = Object.fromEntries(rows.map(({ id, key }) => [id, key]));
    const ended: (() => unknown)[] = [];

    const plain = async (mode: 'bare' | 'naive'): Promise<Pipeline> => {
      const tlsFolder = join(stack.home, 'data', 'tls');
      let own: Mosquitto | null = null;
      if (broker === 'mosquitto') {
        const home = join(stack.home, mode);
        mkdirSync(home);
        own = await startMosquitto({ home, tls: tlsFolder, port: await freePort(), servicePort: await freePort() });
        ended.push(() => own?.stop());
      }
      const order: PlainOrder = {
        mode,
        tlsFolder,
        databaseUrl: stack.testDatabase.ownerUrl,
        mqttPort: own?.servicePort ?? null,
        deviceKeys: keys,
      };
      const pipeline = child('./plain-pipelines.ts');
      ended.unshift(() => pipeline.kill());
      pipeline.send(order);
      const [{ port }] = (await once(pipeline, 'message')) as [{ port: number }];
      return { port: own?.port ?? port, table: `bench_${mode}`, worker: pipeline.pid!, broker: own };
    };
    const pipelines = {
      product: { port: stack.ports.mqtt, table: 'messages', worker: stack.worker.pid!, broker: stack.mosquitto },
      bare: await plain('bare'),
      naive: await plain('naive'),
    };
    const load = child('./load-generator.ts');
    ended.unshift(() => load.kill());
    const { rows: backend } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
    return new Rig(stack, devices, keys, pipelines, load, ended, sql, parentOf(backend[0]!.pid));
  }

  watched(name: PipelineName): Watched {
    const { worker, broker } = this.pipelines[name];
    return {
      processes: { worker, broker: broker?.pid, load: this.load.pid, bench: process.pid },
      trees: { postgres: this.postmaster },
    };
  }

  /** Connects and prepares the packets; the returned function sends them and resolves when all is committed. */
  async prepare(name: PipelineName, order: Omit<LoadOrder, 'port' | 'acknowledged'>): Promise<() => Promise<Run>> {
    const { port } = this.pipelines[name];
    this.load.send({ prepare: { ...order, port, acknowledged: name === 'product' } });
    const ready = await this.#told();
    if (!('ready' in ready)) throw new Error(`no load: ${JSON.stringify(ready)}`);
    return async () => {
      this.load.send({ go: true });
      let until = Number.POSITIVE_INFINITY;
      const finished = this.#finished().finally(() => {
        until = performance.now() + COMMIT_MS;
      });
      const committed = this.#committed(name, order, ready.ready.lastProducedAt, () => performance.now() > until);
      const [result, committedAt] = await Promise.all([finished, committed]);
      return { ...result, committedMs: committedAt - result.startedAt };
    };
  }

  /** Messages and values of one run as the table has them. */
  async stored(
    name: PipelineName,
    { devices, firstSeq, messagesEach }: Pick<LoadOrder, 'devices' | 'firstSeq' | 'messagesEach'>,
  ) {
    const { table } = this.pipelines[name];
    const range = [firstSeq, firstSeq + messagesEach];
    const values = name === 'naive' ? 'null::int' : 'sum(cardinality(value))::int';
    const whose = name === 'naive' ? 'device_id = any($3)' : 'device_key = any($3)';
    const { rows } = await this.sql.query<{ messages: number; values: number | null }>(
      `select count(*)::int as messages, ${values} as values from ${table} where seq_no >= $1 and seq_no < $2 and ${whose}`,
      [...range, devices.map(({ deviceId }) => (name === 'naive' ? deviceId : this.keys[deviceId]))],
    );
    return rows[0]!;
  }

  /** Messages that lie among the dead letters, those only counted included. */
  async deadLettered(): Promise<number> {
    const { rows } = await this.sql.query<{ n: number }>('select coalesce(sum(times), 0)::int as n from dead_letters');
    return rows[0]!.n;
  }

  async close(): Promise<void> {
    for (const end of this.ended) await end();
    await this.sql.end();
    await this.stack.stop();
  }

  async #told(): Promise<FromLoad> {
    const [message] = (await once(this.load, 'message')) as [FromLoad];
    if ('failed' in message) throw new Error(`the load generator gave up: ${message.failed}`);
    return message;
  }

  async #finished(): Promise<LoadResult> {
    for (;;) {
      const message = await this.#told();
      if ('done' in message) return message.done;
    }
  }

  /**
   * When the last message of every device was there, looked for where it is cheap to look. The same look for every
   * pipeline, because only the product's acknowledgement would tell.
   */
  async #committed(
    name: PipelineName,
    order: Omit<LoadOrder, 'port' | 'acknowledged'>,
    lastProducedAt: string,
    late: () => boolean,
  ): Promise<number> {
    const { devices, firstSeq, messagesEach } = order;
    const last = firstSeq + messagesEach - 1;
    const look =
      name === 'naive'
        ? {
            text: 'select count(*)::int as n from bench_naive where seq_no = $1 and produced_at = $2',
            values: [last, lastProducedAt],
          }
        : {
            text: `select count(*)::int as n from ${this.pipelines[name].table}
                   where device_key = any($1) and produced_at = $2 and seq_no = $3 and kind = 2`,
            values: [devices.map(({ deviceId }) => this.keys[deviceId]), lastProducedAt, last],
          };
    for (;;) {
      const { rows } = await this.sql.query<{ n: number }>(look);
      if (rows[0]!.n === devices.length) return performance.timeOrigin + performance.now();
      if (late()) throw new Error(`${rows[0]!.n} of ${devices.length} devices have their last message stored`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

async function enrolFleet(stack: Stack, fleet: number): Promise<BenchDevice[]> {
  const token = await stack.enrollmentToken(fleet);
  const devices: BenchDevice[] = [];
  const enrol = async (n: number) => {
    const wish = { url: stack.deviceUrl, token, serial: `bench-${n}`, model: 'bench', agentVersion: '0.0.0' };
    return enroll({ files: new MemoryFiles(), net: nodeNet }, wish);
  };
  for (let n = 0; n < fleet; n += 10)
    devices.push(...(await Promise.all(Array.from({ length: Math.min(10, fleet - n) }, (_, i) => enrol(n + i)))));
  return devices;
}

/** The bare pipeline stores into the shape, key and partitioning of `messages`. */
async function createTables(sql: pg.Client): Promise<void> {
  await sql.query('create table bench_bare (like messages including all) partition by range (produced_at)');
  await sql.query(
    `create table bench_bare_now partition of bench_bare for values from ('2000-01-01') to ('2100-01-01')`,
  );
  await sql.query(`create table bench_naive (id bigserial primary key, device_id uuid not null,
    produced_at timestamptz not null, seq_no bigint not null, readings jsonb not null)`);
  await sql.query('create index on bench_naive (seq_no)');
}
