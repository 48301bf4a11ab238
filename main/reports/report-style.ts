// The look of the printed report: black on white in the fonts of whatever opens it, for A4 as for a screen of any width. The same sheet
// serves the window, which shows the document in a shadow root of its own; so it is addressed by classes and never by `html` or `body`.

export const REPORT_STYLE = `
.report { color-scheme: light; margin: 0 auto; padding: 24px 28px 40px; max-width: 1120px; background: #fff; color: #14191c;
  font: 13px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.report * { box-sizing: border-box; }
.report h1, .report h2, .report p, .report dl, .report dd, .report ul, .report table { margin: 0; padding: 0; }
.report h1 { font-size: 24px; line-height: 1.2; }
.report h2 { margin: 26px 0 8px; padding-bottom: 4px; border-bottom: 2px solid #14191c; font-size: 15px; break-after: avoid; }
.report .kind { margin-bottom: 2px; color: #4d5960; font-size: 12px; letter-spacing: .04em; text-transform: uppercase; }
.report .note { margin: 0 0 8px; color: #4d5960; }
.report .head { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 4px 24px; margin-top: 14px; }
.report .head div { display: grid; grid-template-columns: 84px 1fr; gap: 8px; }
.report dt { color: #4d5960; }
.report .counts { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
.report .counts div { flex: 1 1 92px; padding: 6px 10px; border: 1px solid #c6ced2; border-radius: 5px; }
.report .counts dd { font-size: 20px; font-weight: 600; line-height: 1.25; }
.report .counts dt { font-size: 12px; }
.report .counts .flag { border-color: #a3370c; color: #8f2f08; }
.report .counts .flag dt { color: inherit; }
.report ul { list-style: none; }
.report li { padding: 5px 0; border-top: 1px solid #dde2e5; break-inside: avoid; }
.report li:first-child { border-top: 0; }
.report table { width: 100%; border-collapse: collapse; }
.report th, .report td { padding: 5px 12px 5px 0; border-top: 1px solid #dde2e5; text-align: left; vertical-align: top; }
.report thead th { border-top: 0; color: #4d5960; font-size: 12px; font-weight: 600; }
.report thead { display: table-header-group; }
.report tr { break-inside: avoid; }
.report th[scope=row] { font-weight: 600; }
.report .sub { display: block; color: #4d5960; font-size: 12px; font-weight: 400; }
.report .code { font: 12px/1.45 ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; }
.report .bad { color: #8f2f08; }
.report .sign { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; margin-top: 44px; break-inside: avoid; }
.report .sign p { padding-top: 6px; border-top: 1px solid #14191c; color: #4d5960; font-size: 12px; }
@media (max-width: 700px) {
  .report { padding: 16px 12px 28px; }
  .report table, .report tbody, .report tr, .report th, .report td { display: block; width: auto; }
  .report thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .report tr { padding: 8px 0; border-top: 1px solid #dde2e5; }
  .report th, .report td { padding: 1px 0; border: 0; }
  .report td[data-label]::before { content: attr(data-label) ": "; color: #4d5960; }
  .report .sign { grid-template-columns: 1fr; }
}
@page { size: A4; margin: 14mm 12mm; }
@media print {
  .report { max-width: none; padding: 0; font-size: 10.5px; }
  .report .sub, .report .code, .report thead th, .report .counts dt { font-size: 9.5px; }
}
`;
