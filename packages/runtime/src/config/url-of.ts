import { z } from 'zod';

/** A URL with a host and one of these schemes. */
export const urlOf = (...schemes: string[]) =>
  z.string().refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      return url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
    },
    `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  );
