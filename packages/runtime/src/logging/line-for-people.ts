const colours: Readonly<Record<string, string>> = {
  trace: '\x1b[90m',
  debug: '\x1b[90m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[35m',
};

/** One JSON log line as a person reads it: time, level, process, message, then what else it carries. */
export function lineForPeople(line: string): string {
  const { time, level, process, context, msg, err, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const colour = colours[String(level)] ?? '';
  const origin = [process, context].filter(Boolean).join('/');
  const facts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const failure = (err ?? error) as { stack?: string; message?: string } | undefined;
  const head = `${String(time).slice(11, 23)} ${colour}${String(level).padEnd(5)}\x1b[0m ${origin}  ${msg ?? ''}`;
  const tail = facts.length > 0 ? `  \x1b[90m${facts.join(' ')}\x1b[0m` : '';
  return `${head}${tail}\n${failure ? `${failure.stack ?? failure.message}\n` : ''}`;
}
