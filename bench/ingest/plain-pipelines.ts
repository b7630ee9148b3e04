// What the product is measured against, in a process of its own:
//   bare   the least that can work: parse, collect, one unnest insert a batch into a table of the same shape and key,
//          PUBACK after the commit. No identity, no schema check, no latest values, no rollup marks, no acknowledgement
//          to the device.
//   naive  one save() a message, ten in flight, the way it is often written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { Aedes } from 'aedes';
import mqttPacket from 'mqtt-packet';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import type { PlainOrder } from './protocol.js';

interface Message {
  readonly deviceId: string;
  readonly seqNo: number;
  readonly producedAt: string;
  readonly readings: readonly { readonly dtMs?: number; readonly values: Readonly<Record<string, number>> }[];
}
type Store = (message: Message) => Promise<void>;

const BATCH = 1_000;
const LINGER_MS = 5;
/** As the product: one batch commits while the next fills. */
const FLUSHES = 2;
const SAVES = 10;

const Reading = new EntitySchema({
  name: 'bench_naive',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    deviceId: { type: 'uuid', name: 'device_id' },
    producedAt: { type: 'timestamptz', name: 'produced_at' },
    seqNo: { type: 'bigint', name: 'seq_no' },
    readings: { type: 'jsonb' },
  },
});

async function bySave(url: string): Promise<Store> {
  const source = await new DataSource({
    type: 'postgres',
    url,
    entities: [Reading],
    extra: { max: SAVES },
  }).initialize();
  const repository = source.getRepository('bench_naive');
  const waiting: (() => void)[] = [];
  let saving = 0;
  return async ({ deviceId, producedAt, seqNo, readings }) => {
    if (saving >= SAVES) await new Promise<void>((resolve) => waiting.push(resolve));
    saving++;
    await repository.save({ deviceId, producedAt, seqNo, readings });
    saving--;
    waiting.shift()?.();
  };
}

function byBatch(url: string, deviceKeys: Readonly<Record<string, number>>): Store {
  const pool = new pg.Pool({ connectionString: url, max: FLUSHES });
  const metrics = new Map<string, number>();
  const metricOf = (key: string) => {
    const id = metrics.get(key) ?? metrics.size + 1;
    metrics.set(key, id);
    return id;
  };
  let waiting: { message: Message; at: string; done: () => void }[] = [];
  let timer: NodeJS.Timeout | null = null;
  let flushing = 0;
  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (flushing === FLUSHES || waiting.length === 0) return;
    const batch = waiting.slice(0, BATCH);
    waiting = waiting.slice(BATCH);
    flushing++;
    const columns: unknown[][] = [[], [], [], [], [], [], []];
    for (const { message, at } of batch) {
      const dt: number[] = [];
      const metric: number[] = [];
      const value: number[] = [];
      for (const { dtMs = 0, values } of message.readings)
        for (const [key, one] of Object.entries(values)) {
          dt.push(dtMs);
          metric.push(metricOf(key));
          value.push(one);
        }
      columns[0]!.push(deviceKeys[message.deviceId]);
      columns[1]!.push(message.producedAt);
      columns[2]!.push(message.seqNo);
      columns[3]!.push(at);
      columns[4]!.push(`{${dt.join(',')}}`);
      columns[5]!.push(`{${metric.join(',')}}`);
      columns[6]!.push(`{${value.join(',')}}`);
    }
    await pool.query({
      name: 'bench_insert',
      text: `insert into bench_bare (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value)
        select d, p, s, 2, r, 1, dt::int[], m::int[], v::float8[]
        from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
          u(d, p, s, r, dt, m, v)
        on conflict do nothing`,
      values: columns,
    });
    flushing--;
    for (const { done } of batch) done();
    if (waiting.length > 0) void flush();
  };
  return (message) =>
    new Promise((done) => {
      waiting.push({ message, at: new Date().toISOString(), done });
      if (waiting.length >= BATCH) void flush();
      else timer ??= setTimeout(flush, LINGER_MS);
    });
}

const parse = (payload: Buffer | string) => JSON.parse(payload.toString()) as Message;

/** The product's broker library; the PUBACK waits for the commit. Resolves to the port. */
async function embed(tls: string, store: Store): Promise<number> {
  const broker = await Aedes.createBroker({ concurrency: 1000 });
  broker.authorizePublish = (_client, packet, done) => {
    store(parse(packet.payload as Buffer)).then(() => done(null), done);
  };
  const read = (name: string) => readFileSync(join(tls, name));
  const server = createServer(
    {
      key: read('broker.key'),
      cert: read('broker.crt'),
      ca: read('broker-trust.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => broker.handle(socket),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** A subscriber whose PUBACK waits for the commit. */
async function consume(tls: string, port: number, store: Store): Promise<void> {
  const read = (name: string) => readFileSync(join(tls, name));
  const socket = connect({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    key: read('service.key'),
    cert: read('service.crt'),
    ca: read('root.pem'),
  });
  const options = { protocolVersion: 5 } as const;
  const parser = mqttPacket.parser(options);
  socket.on('data', (chunk) => parser.parse(chunk));
  const properties = { receiveMaximum: 4_000 };
  socket.write(
    mqttPacket.generate(
      { cmd: 'connect', clientId: 'bench', clean: true, keepalive: 0, properties, ...options },
      options,
    ),
  );
  const subscriptions = [{ topic: 'muster/v1/+/+/up/#', qos: 1 as const, nl: false, rap: false, rh: 0 }];
  await new Promise<void>((resolve) => {
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connack')
        socket.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions }, options));
      else if (packet.cmd === 'suback') resolve();
      else if (packet.cmd === 'publish')
        void store(parse(packet.payload as Buffer)).then(() => acknowledge(packet.messageId!));
    });
  });

  let due: number[] = [];
  /** Those of one batch together: a write each would be most of the work. */
  function acknowledge(messageId: number): void {
    if (due.push(messageId) > 1) return;
    setImmediate(() => {
      socket.write(Buffer.concat(due.map((id) => mqttPacket.generate({ cmd: 'puback', messageId: id }, options))));
      due = [];
    });
  }
}

process.once('message', async ({ mode, tlsFolder, databaseUrl, mqttPort, deviceKeys }: PlainOrder) => {
  const store = mode === 'naive' ? await bySave(databaseUrl) : byBatch(databaseUrl, deviceKeys);
  if (mqttPort === null) process.send!({ port: await embed(tlsFolder, store) });
  else {
    await consume(tlsFolder, mqttPort, store);
    process.send!({ port: mqttPort });
  }
});
process.on('disconnect', () => process.exit(0));
