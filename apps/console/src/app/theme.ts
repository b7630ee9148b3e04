import { Button, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eef0fd',
  '#dde2fb',
  '#bcc6f7',
  '#9aa9f4',
  '#7688f2',
  '#5a6ee6',
  '#4a5edb',
  '#3a4fd0',
  '#3041b0',
  '#26348c',
];

/** Mantine's own dark greys, replaced so that its surfaces and ours are the same. */
const dark: MantineColorsTuple = [
  '#e7e9ee',
  '#c9ced8',
  '#adb4c1',
  '#858d9c',
  '#363d49',
  '#242932',
  '#1d2129',
  '#15181e',
  '#101318',
  '#0b0d10',
];

const gray: MantineColorsTuple = [
  '#f6f7f9',
  '#f0f2f5',
  '#e4e7ec',
  '#d0d5dd',
  '#b4bbc7',
  '#8d95a4',
  '#616979',
  '#4a5160',
  '#2b303d',
  '#1a1e28',
];

export const theme = createTheme({
  colors: { accent, dark, gray },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '18px', sm: '20px', md: '20px', lg: '22px', xl: '26px' },
  spacing: { xs: '4px', sm: '8px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '3px', sm: '4px', md: '6px', lg: '10px', xl: '14px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    Button: Button.extend({
      defaultProps: { size: 'xs' },
      // The one filled button of a page is ink, not colour: colour is kept for deviation.
      vars: (_theme, props) =>
        props.color === undefined && (props.variant === undefined || props.variant === 'filled')
          ? {
              root: {
                '--button-bg': 'var(--ink)',
                '--button-hover': 'var(--ink-hover)',
                '--button-color': 'var(--on-ink)',
              },
            }
          : { root: {} },
    }),
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right', comboboxProps: { shadow: 'none' } } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    Autocomplete: { defaultProps: { size: 'xs' } },
    TagsInput: { defaultProps: { size: 'xs' } },
    FileInput: { defaultProps: { size: 'xs' } },
    JsonInput: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: false, yOffset: '10vh', overlayProps: { backgroundOpacity: 0.4 } } },
    Menu: { defaultProps: { shadow: 'none', position: 'bottom-end' } },
  },
});

/** Points Mantine's surface variables at our tokens, which already differ by colour scheme. */
export const cssVariables: CSSVariablesResolver = () => {
  const surfaces = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-3)',
    '--mantine-color-placeholder': 'var(--text-3)',
    '--mantine-color-default-border': 'var(--line-2)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-error': 'var(--bad)',
    '--mantine-color-anchor': 'var(--accent)',
  };
  return { variables: {}, light: surfaces, dark: surfaces };
};
