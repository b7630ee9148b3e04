import type { Log } from '../ports/log.js';

/** One readable line a fact on standard error. */
export function logLines(verbose: boolean): Log {
  const line = (mark: string, message: string, facts: Record<string, unknown> = {}) => {
    const told = Object.entries(facts).map(
      ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${mark}${message}${told.join('')}\n`);
  };
  return {
    info: (message, facts) => line('', message, verbose ? facts : undefined),
    warn: (message, facts) => line('! ', message, facts),
  };
}
