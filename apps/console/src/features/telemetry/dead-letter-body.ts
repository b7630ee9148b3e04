/** Bytes as a hex dump, sixteen to a line, each line with the place of its first byte. */
export const hexLines = (hex: string): string => {
  const lines: string[] = [];
  for (let at = 0; at < hex.length; at += 32) {
    const pairs = hex.slice(at, at + 32).match(/../g) ?? [];
    lines.push(`${(at / 2).toString(16).padStart(4, '0')}  ${pairs.join(' ')}`);
  }
  return lines.join('\n');
};

/** What is wrong with a text as JSON, in the browser's words; null when nothing is. */
export const jsonFault = (text: string): string | null => {
  try {
    JSON.parse(text);
    return null;
  } catch (fault) {
    return fault instanceof Error ? fault.message : 'is not JSON';
  }
};
