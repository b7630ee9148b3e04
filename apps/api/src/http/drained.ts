import type { ServerResponse } from 'node:http';

/** A reader that takes nothing for this long is cut off. */
const PATIENCE_MS = 30_000;

/** Writes and waits until the reader has taken it, so that what is on its way stays bounded. Rejects when the reader left. */
export const writeDrained = async (response: ServerResponse, chunk: string | Uint8Array): Promise<void> => {
  if (response.destroyed) throw new Error('the reader left');
  if (!response.write(chunk)) await drained(response);
};

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => settle(new Error('the reader takes nothing')), PATIENCE_MS);
    const onDrain = () => settle();
    const onClose = () => settle(new Error('the reader left'));
    const settle = (error?: Error) => {
      clearTimeout(late);
      response.off('drain', onDrain).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    response.once('drain', onDrain).once('close', onClose);
  });
