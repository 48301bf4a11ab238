// Search over machines, images, screens and things to do: a combobox (WAI-ARIA APG) in a dialog. Enter goes there, or does it.
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { commandsFor, showMachine } from '../store/commands.ts';
import { SCREENS, go } from '../store/route.ts';
import { useSelection } from '../store/selection.ts';
import { useStation } from '../store/station-store.ts';
import { foundKey, markedAt, searchAll } from '../store/search.ts';
import { WORDS } from '../words/screens.ts';
import styles from './search-dialog.module.css';
import type { Command } from '../store/commands.ts';
import type { Found, Mark } from '../store/search.ts';

/** Nothing chosen yet: Enter takes what comes first, whatever that is by then. */
const TOP: Mark = { key: null, at: 0 };

const visit = (found: Found, commands: readonly Command[]): void => {
  switch (found.kind) {
    case 'machine':
      return showMachine(found.id);
    case 'command':
      return commands.find((one) => one.id === found.id)?.run();
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
  const [mark, setMark] = useState<Mark>(TOP);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const station = useStation((state) => state.station);
  const selected = useSelection((state) => state.machineId);
  const commands = useMemo(() => commandsFor({ station, machines }, selected), [station, machines, selected]);
  const found = useMemo(() => searchAll(text, machines.values(), images.values(), commands), [text, machines, images, commands]);
  const at = markedAt(found, mark);
  const moveTo = (index: number): void => {
    const one = found[index];
    if (one !== undefined) setMark({ key: foundKey(one), at: index });
  };
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const choose = (one: Found | undefined): void => {
    if (one === undefined) return;
    onDone();
    visit(one, commands);
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
        onChange={(event) => (setText(event.target.value), setMark(TOP))}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') moveTo(Math.min(at + 1, found.length - 1));
          else if (event.key === 'ArrowUp') moveTo(Math.max(at - 1, 0));
          else if (event.key === 'Enter') choose(found[at]);
          else return;
          event.preventDefault();
        }}
      />
      <ul ref={list} className={styles['list']} role="listbox" id={`${id}-list`} aria-label={WORDS.search.label}>
        {found.map((one, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are on the combobox, as its pattern has it
          <li
            key={foundKey(one)}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={styles['item']}
            onPointerMove={() => moveTo(index)}
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
