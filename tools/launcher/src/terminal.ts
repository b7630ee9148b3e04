const interactive = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const paint = (code: string) => (text: string) => (interactive ? `\x1b[${code}m${text}\x1b[0m` : text);

export const dim = paint('2');
export const bold = paint('1');
export const green = paint('32');
export const red = paint('31');
export const cyan = paint('36');

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Shows one step of the start with its outcome in a word or two and how long it took. */
export async function step<T>(
  name: string,
  work: () => Promise<T>,
  describe: (result: T) => string = () => '',
): Promise<T> {
  const began = performance.now();
  if (interactive) process.stdout.write(`  ${dim('·')} ${name}`);
  const end = (mark: string, text: string) => {
    const seconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    process.stdout.write(`${interactive ? '\r' : ''}  ${mark} ${name.padEnd(9)} ${text.padEnd(46)} ${dim(seconds)}\n`);
  };
  try {
    const result = await work();
    end(green('✔'), describe(result));
    return result;
  } catch (error) {
    end(red('✘'), '');
    throw error;
  }
}
