import { createServer } from 'node:net';
import { UsageError } from './options.js';

/** Refuses to start on a port somebody else has, before anything was started. @throws UsageError */
export async function claimPorts(wanted: readonly { flag: string; port: number }[], bind: string): Promise<void> {
  const taken: string[] = [];
  for (const { flag, port } of wanted) if (port !== 0 && !(await isFree(port, bind))) taken.push(`${port} (${flag})`);
  if (taken.length === 0) return;
  const [is, another] = taken.length === 1 ? ['is', 'another port'] : ['are', 'other ports'];
  throw new UsageError(
    `Port ${taken.join(', ')} ${is} in use by another program; give ${another} with the flag in brackets.`,
  );
}

function isFree(port: number, bind: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    probe.listen(port, bind, () => probe.close(() => resolve(true)));
  });
}
