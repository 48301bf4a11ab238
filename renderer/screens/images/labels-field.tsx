// Labels as a form asks for them: one `key=value` a line, and which line is none.
import { TextArea } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import { parseLabels } from './labels.ts';

const words = WORDS.images;

type LabelsFieldProps = { readonly text: string; readonly rows: number; readonly onChange: (text: string) => void };

export const LabelsField = ({ text, rows, onChange }: LabelsFieldProps) => {
  const { bad } = parseLabels(text);
  return (
    <TextArea
      label={words.labels}
      help={words.labelsHelp}
      error={bad === null ? null : words.labelsBad(bad)}
      rows={rows}
      value={text}
      onChange={(event) => onChange(event.target.value)}
      mono
    />
  );
};
