import type { Fold, Row } from '../aligned/rows.ts';
import { cut } from '../visible.ts';
import { html, type Markup } from './markup.ts';

const longestLine = 2000;

const told = { same: '', differs: 'differs', allowed: 'differs, allowed' } as const;

/** Two columns; on a narrow screen, one in which the sides of a difference follow each other. */
export function sideBySide(rows: readonly (Row | Fold)[]): Markup {
  const marks = new Set(rows.map((row) => ('folded' in row ? 'same' : row.mark)));
  return html`<table class="diff"><thead><tr><th scope="col"><span class="side legacy">legacy</span></th><th scope="col"><span class="side service">service</span></th></tr></thead><tbody>
${rows.map((row) => ('folded' in row ? foldedRow(row) : shownRow(row)))}</tbody></table>
${marks.has('allowed') ? html`<p class="quiet key"><span class="sign" aria-hidden="true">≈</span> differs, but is not compared, is allowed by a rule, or was cut from what is kept</p>` : null}`;
}

function foldedRow({ folded }: Fold): Markup {
  return html`<tr class="fold"><td colspan="2">⋯ ${folded} more lines</td></tr>
`;
}

function shownRow({ legacy, service, mark }: Row): Markup {
  return html`<tr class="${mark}">${cell(legacy, mark, 'legacy')}${cell(service, mark, 'service')}</tr>
`;
}

function cell(text: string | null, mark: Row['mark'], side: 'legacy' | 'service'): Markup {
  const sign = mark === 'same' ? '' : mark === 'allowed' ? '≈' : side === 'legacy' ? '−' : '+';
  if (text === null)
    return html`<td class="${side} none"><span class="sign" aria-hidden="true"></span><span class="heard">nothing</span></td>`;
  const heard = mark === 'same' ? null : html`<span class="heard">${told[mark]}: </span>`;
  return html`<td class="${side}"><span class="sign" aria-hidden="true">${sign}</span><code>${heard}<bdi>${cut(text, longestLine)}</bdi></code></td>`;
}
