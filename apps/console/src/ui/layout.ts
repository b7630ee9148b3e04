import classes from './layout.module.css';

/** The page grids; `layout.stack` and so on as class names. */
export const layout = classes as Readonly<
  Record<'stack' | 'wideLeft' | 'halves' | 'filters' | 'grow' | 'form' | 'fields' | 'buttons' | 'chips', string>
>;
