/**
 * A pure function of a text that remembers its answers: what an authority writes into each of its certificates is encoded
 * once. Forgets everything when more than `most` are known, so that many authorities cost no memory.
 */
export const remember = <T>(make: (text: string) => T, most = 1_000): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
};
