// Runs before the first paint, as a file of its own so that a Content-Security-Policy needs no inline scripts.
(() => {
  const chosen = localStorage.getItem('muster.color-scheme');
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
