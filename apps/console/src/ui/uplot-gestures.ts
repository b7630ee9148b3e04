import type uPlot from 'uplot';
import { panned, type TimeWindow, zoomed } from './time-window.js';

interface Hands {
  readonly window: () => TimeWindow;
  readonly onWindow: (window: TimeWindow) => void;
  readonly onReset: () => void;
}

/** A press that moves less is a click. */
const STILL_PX = 3;
const WHEEL_SPEED = 0.002;

/** How uPlot's own pointer handling is narrowed: Shift and drag draws the box, everything else is ours. */
export const pointer: Pick<uPlot.Cursor, 'bind' | 'drag'> = {
  drag: { x: true, y: false, setScale: false },
  bind: {
    mousedown: (_, __, handler) => (event) => (event.shiftKey ? handler(event) : null),
    dblclick: () => () => null,
  },
};

/**
 * Drag moves the window, the wheel zooms around the pointer and a double click resets. The wheel is the page's until the
 * chart has the focus or Ctrl is held, for a column of charts would otherwise trap whoever scrolls past.
 */
export const bindGestures = (plot: uPlot, host: HTMLElement, hands: Hands): (() => void) => {
  const over = plot.over;
  const ends = new AbortController();
  const { signal } = ends;
  let grip: { x: number; window: TimeWindow; moved: boolean } | null = null;

  over.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      host.focus({ preventScroll: true });
      if (event.shiftKey) return;
      grip = { x: event.clientX, window: hands.window(), moved: false };
    },
    { signal },
  );
  over.addEventListener(
    'pointermove',
    (event) => {
      if (!grip) return;
      const dx = event.clientX - grip.x;
      if (!grip.moved && Math.abs(dx) < STILL_PX) return;
      if (!grip.moved) {
        grip.moved = true;
        over.setPointerCapture(event.pointerId);
        host.dataset.moving = '';
      }
      hands.onWindow(panned(grip.window, -dx / Math.max(1, over.clientWidth), Date.now()));
    },
    { signal },
  );
  const letGo = () => {
    grip = null;
    delete host.dataset.moving;
  };
  over.addEventListener('pointerup', letGo, { signal });
  over.addEventListener('pointercancel', letGo, { signal });
  over.addEventListener('dblclick', () => hands.onReset(), { signal });
  over.addEventListener(
    'wheel',
    (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!sideways && !event.ctrlKey && !event.metaKey && !host.contains(document.activeElement)) return;
      event.preventDefault();
      const window = hands.window();
      if (sideways) hands.onWindow(panned(window, event.deltaX / Math.max(1, over.clientWidth), Date.now()));
      else {
        const at = plot.posToVal(event.offsetX, 'x') * 1000;
        hands.onWindow(zoomed(window, Math.exp(event.deltaY * WHEEL_SPEED), at, Date.now()));
      }
    },
    { signal, passive: false },
  );
  return () => ends.abort();
};

/** Arrows move, plus and minus zoom, 0 resets; false for every other key. */
export const steer = (key: string, hands: Hands): boolean => {
  const window = hands.window();
  const middle = (window.from + window.to) / 2;
  const now = Date.now();
  const windows: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => hands.onWindow(panned(window, -0.2, now)),
    ArrowRight: () => hands.onWindow(panned(window, 0.2, now)),
    '+': () => hands.onWindow(zoomed(window, 0.5, middle, now)),
    '=': () => hands.onWindow(zoomed(window, 0.5, middle, now)),
    '-': () => hands.onWindow(zoomed(window, 2, middle, now)),
    '0': hands.onReset,
  };
  const act = windows[key];
  act?.();
  return act !== undefined;
};
