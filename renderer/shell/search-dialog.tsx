// Search over machines, images and screens: a combobox (WAI-ARIA APG) in a dialog. Enter goes there.
import { useId, useMemo, useRef, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { SCREENS, go } from '../store/route.ts';
import { useSelection } from '../store/selection.ts';
import { useStation } from '../store/station-store.ts';
import { searchAll } from '../store/search.ts';
import { WORDS } from '../words/screens.ts';
import styles from './search-dialog.module.css';
import type { Found } from '../store/search.ts';

const visit = (found: Found): void => {
  switch (found.kind) {
    case 'machine':
      useSelection.setState({ machineId: found.id });
      return go('rack', innerWidth < 1080 ? found.id : null);
    case 'image':
      return go('images', found.id);
    case 'screen':
      return go(SCREENS.find((screen) => screen === found.id) ?? 'rack');
  }
};

const SearchBox = ({ onDone, input }: { readonly onDone: () => void; readonly input: React.RefObject<HTMLInputElement | null> }) => {
  const machines = useStation((state) => state.machines);
  const images = useStation((state) => state.images);
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const id = useId();
  const found = useMemo(() => searchAll(text, machines.values(), images.values()), [text, machines, images]);
  const at = Math.min(active, found.length - 1);
  const choose = (one: Found | undefined): void => {
    if (one === undefined) return;
    onDone();
    visit(one);
  };
  return (
    <>
      <input
        ref={input}
        className={styles['input']}
        role="combobox"
        aria-label={WORDS.search.label}
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
        placeholder={WORDS.search.placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => (setText(event.target.value), setActive(0))}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setActive(Math.min(at + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setActive(Math.max(at - 1, 0));
          else if (event.key === 'Enter') choose(found[at]);
          else return;
          event.preventDefault();
        }}
      />
      <ul className={styles['list']} role="listbox" id={`${id}-list`} aria-label={WORDS.search.label}>
        {found.map((one, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are on the combobox, as its pattern has it
          <li
            key={`${one.kind} ${one.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={styles['item']}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(one)}
          >
            <span className={styles['title']}>{one.title}</span>
            <span className={styles['detail']}>{one.detail}</span>
            <span className={styles['kind']}>{WORDS.search.kinds[one.kind]}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className={styles['nothing']}>{WORDS.search.nothing}</p> : null}
    </>
  );
};

export const SearchDialog = ({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) => {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dialog open={open} onClose={onClose} title={WORDS.header.search} closeLabel={WORDS.common.close} firstFocus={input} wide>
      <SearchBox onDone={onClose} input={input} />
    </Dialog>
  );
};
