// Prints a document of the station as it is, without leaving this one, whose policy allows neither frames nor styles of others: its body
// goes into a shadow root, and its one style sheet is made by script, which is no inline style (CSP Level 3, §8.4; CSSOM).

const part = (text: string, name: 'style' | 'body'): string => new RegExp(`<${name}>([^]*)</${name}>`).exec(text)?.[1] ?? '';

/** `text` is what `report.file` gives as HTML. The window is as before once the print dialog has ended. */
export const printDocument = (text: string): void => {
  const host = document.createElement('div');
  host.className = 'printed';
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(part(text, 'style'));
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(...new DOMParser().parseFromString(part(text, 'body'), 'text/html').body.childNodes);
  document.body.append(host);
  addEventListener('afterprint', () => host.remove(), { once: true });
  print();
};
