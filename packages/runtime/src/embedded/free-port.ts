import { createServer } from 'node:net';

/** `preferred` when it is free on the loopback address, otherwise a port the system picks. */
export async function freePort(preferred = 0): Promise<number> {
  const bound = await bind(preferred).catch(() => (preferred === 0 ? null : bind(0)));
  if (!bound) throw new Error('no free port on the loopback address');
  return bound;
}

function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, '127.0.0.1', () => {
      const { port: got } = probe.address() as { port: number };
      probe.close(() => resolve(got));
    });
  });
}
