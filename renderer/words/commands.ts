// The words of what the search can do.

export const COMMAND_WORDS = {
  listen: 'Start listening for an hour',
  listenDetail: 'answer machines that ask to boot',
  silence: 'Stop listening',
  silenceDetail: 'hear machines and do not answer them',
  next: 'Next machine that asks',
  whyNoBoot: (name: string): string => `Why does ${name} not boot?`,
  hold: (name: string): string => `Hold ${name}`,
  retry: (name: string): string => `Retry ${name}`,
  selected: 'the selected machine',
  order: (by: string): string => `Order the rack: ${by.toLowerCase()}`,
  dense: 'Dense rows in the rack',
  tall: 'Tall rows in the rack',
  theme: (theme: string): string => `Theme: ${theme.toLowerCase()}`,
} as const;
