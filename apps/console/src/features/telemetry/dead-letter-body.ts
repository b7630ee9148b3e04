/** Whether a body came as bytes that are no text, such as CBOR or something compressed; the server shows those as U+FFFD. */
export const isBinary = (body: string): boolean => body.includes('\uFFFD');

/** JSON with line breaks and indents; anything else as it is. */
export const prettyBody = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
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
