import type { VerdictWord } from '../../domain/report-model.ts';
import { html, type Markup } from './markup.ts';

export function badge(verdict: VerdictWord): Markup {
  const sign = { ready: '✓', 'not ready': '✕', 'too little': '…' }[verdict];
  return html`<span class="badge ${verdict.replace(' ', '-')}"><span aria-hidden="true">${sign}</span> ${verdict}</span>`;
}
