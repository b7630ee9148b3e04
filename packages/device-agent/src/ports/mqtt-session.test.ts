import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { connectAsync } from 'mqtt';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionOver } from './mqtt-session.js';

let server: Server;
let sockets: Socket[];
let seen: Packet['cmd'][];
/** Whether the broker acknowledges what is published. */
let answers: boolean;

beforeEach(async () => {
  sockets = [];
  seen = [];
  answers = false;
  server = createServer((socket) => {
    sockets.push(socket);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet: Packet) => {
      seen.push(packet.cmd);
      if (packet.cmd === 'connect')
        socket.write(mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
      if (packet.cmd === 'publish' && answers)
        socket.write(mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId! }));
    });
    socket.on('data', (chunk) => parser.parse(chunk)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const open = async (goodbyeMs?: number) => {
  const { port } = server.address() as AddressInfo;
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
  });
  return sessionOver(client, goodbyeMs);
};

describe('a session', () => {
  it('resolves what the broker took', async () => {
    answers = true;
    const session = await open();
    await session.publish('a', 'b');
    await session.end(true);
    expect(seen).toEqual(['connect', 'publish', 'disconnect']);
  });

  it('rejects what was in flight when the connection went', async () => {
    const session = await open();
    const closed = new Promise((resolve) => session.onClose(resolve));
    const sent = session.publish('a', 'b').catch((error: Error) => error);
    const asked = session.subscribe('c').catch((error: Error) => error);
    sockets[0]!.destroy();
    expect(await Promise.all([sent, asked])).toEqual([expect.any(Error), expect.any(Error)]);
    expect(await closed).toBe('connection closed');
    await expect(session.publish('a', 'b')).rejects.toThrow();
  });

  it('ends while a message is in flight and the connection goes', async () => {
    const session = await open();
    const sent = session.publish('a', 'b').catch((error: Error) => error);
    const ended = session.end(true);
    sockets[0]!.destroy();
    await ended;
    expect(await sent).toBeInstanceOf(Error);
  });

  it('does not say good-bye for ever to a broker that has gone silent', async () => {
    const session = await open(50);
    const sent = session.publish('a', 'b').catch((error: Error) => error);
    await session.end(true);
    expect(await sent).toBeInstanceOf(Error);
  });

  it('ends twice', async () => {
    const session = await open();
    await Promise.all([session.end(true), session.end(false)]);
    await session.end(true);
  });
});
