/** A part of a document that can be judged alone, and where its items stand in the whole. */
export interface DocumentPart {
  readonly document: Record<string, unknown>;
  /** For each list that was cut, how many of its items came in parts before this one. */
  readonly offsets: Readonly<Record<string, number>>;
}

/**
 * Cuts the long top-level lists of a document into parts of `most` items. The first part is the whole document with the
 * beginnings of its lists; each further one has `frame` and a piece of one list.
 */
export const splitDocument = (
  document: Readonly<Record<string, unknown>>,
  frame: readonly string[],
  most: number,
): DocumentPart[] => {
  const long = Object.entries(document).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > most,
  );
  const beginnings = Object.fromEntries(long.map(([name, items]) => [name, items.slice(0, most)]));
  const framed = Object.fromEntries(Object.entries(document).filter(([name]) => frame.includes(name)));
  const parts: DocumentPart[] = [{ document: { ...document, ...beginnings }, offsets: {} }];
  for (const [name, items] of long)
    for (let at = most; at < items.length; at += most)
      parts.push({ document: { ...framed, [name]: items.slice(at, at + most) }, offsets: { [name]: at } });
  return parts;
};

/** A JSON pointer into a part as a pointer into the whole. */
export const pointerInWhole = (pointer: string, { offsets }: DocumentPart): string =>
  pointer.replace(/^\/([^/]+)\/(\d+)/, (found, name: string, at: string) => {
    const offset = offsets[name];
    return offset === undefined ? found : `/${name}/${Number(at) + offset}`;
  });
