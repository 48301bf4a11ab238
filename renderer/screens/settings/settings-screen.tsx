// Site and operator, which every record carries; the look; the keys; and which station this is.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { Pairs } from '../../kit/panel.tsx';
import { bridge } from '../../store/bridge.ts';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { setTheme, useTheme } from '../../store/theme.ts';
import { WORDS } from '../../words/screens.ts';
import { TrustCard } from './trust-card.tsx';
import page from '../page.module.css';
import styles from './settings.module.css';
import type { Theme } from '../../store/theme.ts';
import type { StationView } from '../../../preload/contract/views.ts';

const words = WORDS.settings;
const THEMES: readonly Theme[] = ['system', 'dark', 'light'];

const SiteCard = ({ station }: { readonly station: StationView }) => {
  const [site, setSite] = useState(station.siteName);
  const [operator, setOperator] = useState(station.operator);
  const changed = site !== station.siteName || operator !== station.operator;
  const ready = changed && site.trim() !== '' && operator.trim() !== '';
  return (
    <section className={page['card']} aria-label={words.site}>
      <h2 className={page['cardTitle']}>{words.site}</h2>
      <p className={page['lead']}>{words.siteText}</p>
      <form
        className={page['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void act('station.describe', { siteName: site.trim(), operator: operator.trim() }, words.saved);
        }}
      >
        <TextField label={words.siteName} value={site} maxLength={200} onChange={(event) => setSite(event.target.value)} />
        <TextField label={words.operator} value={operator} maxLength={200} onChange={(event) => setOperator(event.target.value)} />
        <div className={page['buttons']}>
          <Button type="submit" look={ready ? 'act' : 'plain'} inert={!ready}>
            {WORDS.common.save}
          </Button>
        </div>
      </form>
    </section>
  );
};

const LookCard = () => {
  const theme = useTheme((state) => state.theme);
  return (
    <section className={page['card']} aria-label={words.look}>
      <h2 className={page['cardTitle']}>{words.look}</h2>
      <SelectField
        label={words.theme}
        value={theme}
        onChange={(event) => setTheme(THEMES.find((one) => one === event.target.value) ?? 'system')}
        choices={THEMES.map((one) => ({ value: one, label: words.themes[one] }))}
      />
    </section>
  );
};

export const SettingsScreen = () => {
  const station = useStation((state) => state.station);
  if (station === null) return null;
  const desktop = bridge();
  return (
    <div className={page['page']}>
      <h1 className={page['title']}>{WORDS.screens.settings}</h1>
      <div className={page['columns']}>
        <div className={page['form']}>
          <SiteCard station={station} />
          <LookCard />
          <TrustCard />
        </div>
        <div className={page['form']}>
          <section className={page['card']} aria-label={words.station}>
            <h2 className={page['cardTitle']}>{words.station}</h2>
            <Pairs
              rows={[
                [words.station, station.name],
                [words.version, station.version],
                [words.library, station.library.folder],
                [
                  words.key,
                  <span key="key" className={styles['mono']}>
                    {station.keyId}
                  </span>,
                ],
              ]}
            />
            {desktop === null ? null : (
              <div className={page['buttons']}>
                <Button onClick={() => void desktop.reveal(station.library.folder)}>{words.reveal}</Button>
              </div>
            )}
          </section>
          <section className={page['card']} aria-label={words.keys}>
            <h2 className={page['cardTitle']}>{words.keys}</h2>
            <Pairs rows={WORDS.keys.map(([keys, what]) => [keys, what])} />
          </section>
        </div>
      </div>
    </div>
  );
};
