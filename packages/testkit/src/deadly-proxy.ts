import { connect, createServer, type Socket } from 'node:net';

/**
 * A place in what a client says to PostgreSQL. `seen` must have been said on the same connection before, if given, and
 * the transaction be the same; then the proxy strikes at the next message with `at` in it.
 */
export interface StrikePoint {
  readonly name: string;
  readonly seen?: string;
  readonly at: string;
  /** `before`: the message never arrives. `after`: it was obeyed, and the answer never comes back. */
  readonly when: 'before' | 'after';
}

export interface DeadlyProxy {
  readonly port: number;
  /** Strikes once at this point: calls `kill`, which must not return before the process is dead, and cuts every connection. */
  arm(point: StrikePoint, kill: () => void): void;
  disarm(): void;
  stop(): Promise<void>;
}

/**
 * Stands between one process and PostgreSQL, and kills the process between two exact statements. It reads the text of
 * the wire protocol (Query and Parse messages carry SQL as it is) and changes nothing.
 */
export async function startDeadlyProxy(target: { host: string; port: number }): Promise<DeadlyProxy> {
  let armed: { point: StrikePoint; kill: () => void } | null = null;
  const sockets = new Set<Socket>();

  const strike = (): void => {
    const kill = armed!.kill;
    armed = null;
    kill();
    for (const socket of sockets) socket.destroy();
  };

  const server = createServer((client) => {
    const upstream = connect(target);
    let seen: StrikePoint | null = null;
    let striking = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      const point = armed?.point;
      if (point !== undefined) {
        const text = chunk.toString('latin1');
        if (point.seen !== undefined && text.includes(point.seen)) seen = point;
        else if (text.includes('START TRANSACTION') || text.includes('BEGIN')) seen = null;
        if (text.includes(point.at) && (point.seen === undefined || seen === point)) {
          if (point.when === 'before') return strike();
          striking = true;
        }
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (striking && armed !== null) return strike();
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    port: address.port,
    arm: (point, kill) => {
      armed = { point, kill };
    },
    disarm: () => {
      armed = null;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
