// Brings focus to what the shown machine asks: its first, harmless control.

export const CONSENT_FOCUS = 'data-consent-focus';

export const focusConsent = (): void => {
  // After the selection that may just have changed is drawn.
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[${CONSENT_FOCUS}]`)?.focus());
};
