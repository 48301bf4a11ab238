// Whose images this station deploys: its own key to give away, the keys it trusts, and those that came with a library and wait for
// a person's word.
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { TextField } from '../../kit/field.tsx';
import { Section } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import styles from './settings.module.css';
import type { TrustView } from '../../../preload/contract/library-views.ts';

const words = WORDS.trust;

/** Asked for again whenever images change: a trusted or forgotten key judges them anew. */
const useTrust = (): readonly [TrustView | null, (view: TrustView) => void] => {
  const images = useStation((state) => state.images);
  const up = useStation((state) => state.link.kind === 'up');
  const [view, setView] = useState<TrustView | null>(null);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call('trust.list', {}, { signal: stop.signal }).then((result) => {
      if (result.ok && !stop.signal.aborted) setView(result.value);
    });
    return () => stop.abort();
  }, [images, up]);
  return [view, setView];
};

export const TrustCard = () => {
  const [view, setView] = useTrust();
  const [key, setKey] = useState('');
  const [name, setName] = useState('');
  if (view === null) return null;
  const add = async (text: string): Promise<void> => {
    const result = await act('trust.add', { key: text, name: name.trim() }, words.added);
    if (!result.ok) return;
    setView(result.value);
    setKey('');
    setName('');
  };
  const remove = async (keyId: string): Promise<void> => {
    const result = await act('trust.remove', { keyId }, words.removed);
    if (result.ok) setView(result.value);
  };
  return (
    <section className={page['card']} aria-label={words.title}>
      <h2 className={page['cardTitle']}>{words.title}</h2>
      <p className={page['lead']}>{words.text}</p>
      <Section title={words.own}>
        <p className={styles['mono']}>{view.own}</p>
      </Section>
      <Section title={words.trusted}>
        <ul className={styles['keys']}>
          {view.trusted.map((one) => (
            <li key={one.keyId} className={styles['keyRow']}>
              <span className={styles['mono']}>{one.keyId}</span>
              <span>
                {one.name} · {words.images(one.images)}
              </span>
              {one.isOwn ? null : (
                <Button look="quiet" onClick={() => void remove(one.keyId)}>
                  {words.remove}
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Section>
      {view.offered.length === 0 ? null : (
        <Section title={words.offered}>
          <p className={page['lead']}>{words.offeredText}</p>
          <ul className={styles['keys']}>
            {view.offered.map((one) => (
              <li key={one.keyId} className={styles['keyRow']}>
                <span className={styles['mono']}>{one.keyId}</span>
                <span>{one.images.join(', ')}</span>
                <Button look="quiet" onClick={() => setKey(one.keyId)}>
                  {words.choose}
                </Button>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <form
        className={page['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') void add(key.trim());
        }}
      >
        <TextField
          label={words.key}
          help={words.keyHelp}
          value={key}
          maxLength={400}
          onChange={(event) => setKey(event.target.value)}
          mono
        />
        <TextField label={words.name} value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
        <div className={page['buttons']}>
          <Button type="submit" inert={key.trim() === ''}>
            {words.add}
          </Button>
        </div>
      </form>
    </section>
  );
};
