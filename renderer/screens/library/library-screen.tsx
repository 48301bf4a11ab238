// The library as a thing to carry and to believe: the folders that are open, and what verifies, repairs, merges, exports and frees.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { startWork, useLibraryWork } from '../../store/library-work.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { TrashList } from '../images/trash-list.tsx';
import { ArrivalsCard } from './arrivals-card.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { GcDialog } from './gc-dialog.tsx';
import { LibrariesCard } from './libraries-card.tsx';
import { PathDialog } from './path-dialog.tsx';
import { ReadyDialog } from './ready-dialog.tsx';
import { WorkCard } from './work-card.tsx';
import page from '../page.module.css';

const words = WORDS.library;

export const LibraryScreen = () => {
  const [dialog, setDialog] = useState<'ready' | 'merge' | 'repair' | 'export' | 'gc' | null>(null);
  const isAtIt = useLibraryWork(({ running }) => running !== null);
  const isOther = useStation((state) => state.libraryProgress !== null);
  const inert = isAtIt || isOther;
  const close = (): void => setDialog(null);
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.library}</h1>
        <div className={page['buttons']}>
          <Button inert={inert} onClick={() => setDialog('ready')}>
            {words.ready}
          </Button>
          <Button inert={inert} onClick={() => void startWork('verify', {})}>
            {words.verify}
          </Button>
          <Button inert={inert} onClick={() => setDialog('repair')}>
            {words.repair}
          </Button>
          <Button inert={inert} onClick={() => setDialog('merge')}>
            {words.merge}
          </Button>
          <Button inert={inert} onClick={() => setDialog('export')}>
            {words.export}
          </Button>
          <Button inert={inert} onClick={() => setDialog('gc')}>
            {words.gc}
          </Button>
        </div>
      </div>
      <WorkCard />
      <LibrariesCard />
      <ArrivalsCard />
      <TrashList />
      {dialog === 'ready' ? <ReadyDialog onClose={close} /> : null}
      {dialog === 'merge' || dialog === 'repair' ? <PathDialog operation={dialog} onClose={close} /> : null}
      {dialog === 'export' ? <ExportDialog onClose={close} /> : null}
      {dialog === 'gc' ? <GcDialog onClose={close} /> : null}
    </div>
  );
};
