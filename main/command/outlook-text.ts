// What a disk gets beside its image, as lines of text: for `deploy --check` and `approve`.
import type { Outlook } from '../../preload/contract/outlook.ts';
import { size } from './output.ts';

const growthLine = ({ grows, whyNotGrown }: Outlook): string => {
  if (grows === null) return whyNotGrown === null ? 'nothing' : `nothing: ${whyNotGrown}`;
  const { number, name, filesystem, volume, fromBytes, toBytes } = grows;
  const what = [name, volume, filesystem].filter(Boolean).join(', ');
  const far = toBytes === null ? `${size(fromBytes)}, as far as the disk has room` : `${size(fromBytes)} to at most ${size(toBytes)}`;
  return `partition ${number}${what === '' ? '' : ` (${what})`}, from ${far}`;
};

/** `texts`: the filled-in files too; they may hold secrets. */
export const outlookLines = (outlook: Outlook, { texts }: { readonly texts: boolean }): readonly string[] => {
  const { settings, bound } = outlook;
  return [
    `Grows:          ${growthLine(outlook)}`,
    settings === null
      ? 'Own settings:   none'
      : `Own settings:   ${[settings.hostname, ...settings.texts.map(({ name }) => name)].filter(Boolean).join(', ')}, for cloud-init`,
    ...(settings === null || settings.filled ? [] : ['                facts are filled in once the machine was read']),
    ...(bound === null ? [] : [`Bound:          ${bound}`]),
    ...(settings === null || !texts
      ? []
      : settings.texts.flatMap(({ name, text }) => [
          `${name}:`,
          ...text
            .trimEnd()
            .split('\n')
            .map((line) => `  ${line}`),
        ])),
  ];
};
