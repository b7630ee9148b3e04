import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '@muster/runtime/embedded/free-port';
import { PeerProcess } from './peer-process.js';

/** Debian's Redis under a test's control. It keeps nothing on disk: a kill loses every key. */
export interface Redis {
  readonly url: string;
  start(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Answer to one command, as it stands on the wire. */
  ask(...words: string[]): Promise<string>;
}

export async function startRedis(home: string): Promise<Redis> {
  const folder = join(home, 'redis');
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  mkdirSync(folder);
  const ask = (...words: string[]) => talk(port, `AUTH ${password}\r\n${words.join(' ')}\r\nQUIT\r\n`);
  const server = new PeerProcess({
    program: '/usr/bin/redis-server',
    words: [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--requirepass', password, '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ],
    package: 'redis-server',
    logFile: join(home, 'redis.log'),
    reach: () => ask('PING'),
  });
  await server.start();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    start: () => server.start(),
    kill: () => server.kill(),
    stop: () => server.end('SIGTERM'),
    ask,
  };
}

/** Inline commands are enough to look in from outside (Redis serialization protocol, "Inline commands"). */
async function talk(port: number, commands: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(commands);
  const [, ...answer] = (await text(socket)).trim().split('\r\n');
  return answer.slice(0, -1).join('\n');
}
