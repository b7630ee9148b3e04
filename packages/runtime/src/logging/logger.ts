import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { lineForPeople } from './line-for-people.js';

export type { Logger };

/** Nest injection token of the process's logger. */
export const LOGGER = Symbol('logger');

/** Keys whose values never reach a log, at the top and one or two levels down. */
const secretKeys = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'kek',
  'privateKey',
  'apiKey',
  'pkcs11Pin',
  'vaultToken',
];
const redact = {
  paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]).concat('*["set-cookie"]', '*.*["set-cookie"]'),
  censor: '[redacted]',
};

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly process: string;
  readonly level?: string;
  /** Where lines go; standard output otherwise. */
  readonly to?: DestinationStream;
}

/** Structured logger: one JSON object a line, or a calm readable line when a person watches on a terminal. */
export function createLogger({ process: name, level = 'info', to }: LoggerOptions): Logger {
  const destination = to ?? (process.stdout.isTTY ? readable : pino.destination({ fd: 1, sync: true }));
  return pino(
    {
      base: { process: name },
      level,
      redact,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    destination,
  );
}

const readable: DestinationStream = { write: (line) => void process.stdout.write(lineForPeople(line)) };
