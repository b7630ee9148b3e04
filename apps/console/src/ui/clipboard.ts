/**
 * Puts text on the clipboard. Browsers offer navigator.clipboard only on https and localhost; a console opened by its
 * name on a plain-http LAN falls back to the older way.
 */
export const copyText = async (text: string): Promise<boolean> => {
  if (navigator.clipboard)
    return navigator.clipboard
      .writeText(text)
      .then(() => true)
      .catch(() => false);
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
};
