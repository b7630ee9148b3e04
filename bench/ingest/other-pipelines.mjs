// What the product is measured against, each a process of its own behind the same TLS and the same broker library:
//   save   one repository.save() a message, the way it is often written
//   batch  the least that can work: parse, collect, one insert a batch, acknowledge. No identity, no schema, no rollups.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';

const [mode, tls, url] = process.argv.slice(2);
const METRICS = 5;

const Reading = new EntitySchema({
  name: 'bench_saved',
  columns: {
    deviceId: { type: 'uuid', primary: true, name: 'device_id' },
    producedAt: { type: 'timestamptz', primary: true, name: 'produced_at' },
    seqNo: { type: 'bigint', primary: true, name: 'seq_no' },
    values: { type: 'jsonb' },
  },
});

async function bySave() {
  const source = await new DataSource({ type: 'postgres', url, entities: [Reading], extra: { max: 10 } }).initialize();
  const readings = source.getRepository('bench_saved');
  return async (message) => {
    const { deviceId, producedAt, seqNo } = message;
    await readings.save({ deviceId, producedAt, seqNo, values: message.readings[0].values });
  };
}

async function byBatch() {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const waiting = [];
  let timer = null;
  let flushing = 0;
  const flush = async () => {
    clearTimeout(timer);
    timer = null;
    if (flushing === 2) return;
    const batch = waiting.splice(0, 500);
    if (batch.length === 0) return;
    flushing++;
    const rows = batch.map(({ message }) => message);
    await pool.query({
      name: 'insert',
      text: `insert into bench_batched select d, p, s, v::float8[]
        from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::text[]) u(d, p, s, v) on conflict do nothing`,
      values: [
        rows.map((row) => row.deviceId),
        rows.map((row) => row.producedAt),
        rows.map((row) => row.seqNo),
        rows.map((row) => `{${Object.values(row.readings[0].values).slice(0, METRICS).join(',')}}`),
      ],
    });
    for (const { done } of batch) done();
    flushing--;
    if (waiting.length > 0) void flush();
  };
  return (message) =>
    new Promise((done) => {
      waiting.push({ message, done });
      if (waiting.length >= 500) void flush();
      else timer ??= setTimeout(flush, 5);
    });
}

const store = mode === 'save' ? await bySave() : await byBatch();
const broker = await Aedes.createBroker({ concurrency: 1000 });
broker.authorizePublish = (_client, packet, done) => {
  store(JSON.parse(packet.payload.toString())).then(() => done(null), done);
};
const read = (name) => readFileSync(join(tls, name));
const server = createServer(
  { key: read('broker.key'), cert: read('broker.crt'), ca: read('broker-trust.pem'), requestCert: true },
  broker.handle,
);
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
