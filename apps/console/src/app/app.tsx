import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { makeCache } from '../api/cache.js';
import { makeRouter } from './router.js';
import { cssVariables, theme } from './theme.js';

const cache = makeCache();
const router = makeRouter(cache);
const schemes = localStorageColorSchemeManager({ key: 'muster.color-scheme' });

/** The providers, outermost first: look, data, address. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={schemes}
    >
      <QueryClientProvider client={cache}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
