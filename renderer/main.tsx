// Entry of the window: policy-safe settings first, then the link to the station, then the screens.
import './zod-without-eval.ts';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './shell/app.tsx';
import { startConnection } from './store/connection.ts';
import { startNotifying } from './store/notify.ts';
import { startStayingAwake } from './store/stay-awake.ts';
import { startTheme } from './store/theme.ts';
import './kit/tokens.css';
import './kit/print.css';

// react-remove-scroll (under dialogs and menus) writes a style element; the document's policy allows it by this nonce.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) setNonce(nonce);
startTheme();
startConnection();
startStayingAwake();
startNotifying();

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
