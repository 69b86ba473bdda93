import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from '../shop.ts';
import { html } from '../web/markup.ts';
import { type Endpoint, get } from '../web/router.ts';
import { money } from './layout.ts';

const defaultPause = 250;
const longestPause = 10_000;

/** The report that everybody has learnt to wait for: one month after the other, each when it is ready. */
export const reportPages = (shop: Shop): Endpoint[] => [
  get('/reports/sales', async ({ request, response, query }) => {
    const pause = Math.min(Math.max(Number(query.get('pause') ?? defaultPause) || 0, 0), longestPause);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sales · Old Mill Supply</title>
<link rel="stylesheet" href="/assets/shop.css"></head><body><main><h1>Sales by month</h1>
<table><thead><tr><th>Month</th><th class="number">Orders</th><th class="number">Revenue</th></tr></thead><tbody>`);
    for (const { month, orders, revenue } of shop.orders.salesByMonth()) {
      await sleep(pause);
      if (response.destroyed) return;
      response.write(
        html`<tr><td>${month}</td><td class="number">${orders}</td><td class="number">${money(revenue)}</td></tr>\n`.toString(),
      );
    }
    response.end(
      '</tbody></table><p><a href="/reports/sales.csv">As CSV</a> · <a href="/">Back to the shop</a></p></main></body></html>\n',
    );
  }),

  get('/reports/sales.csv', (exchange) => {
    const rows = shop.orders
      .salesByMonth()
      .map(({ month, orders, revenue }) => `${month},${orders},${revenue.toFixed(2)}\r\n`);
    exchange.send(200, 'text/csv; charset=utf-8', `month,orders,revenue\r\n${rows.join('')}`, {
      'content-disposition': 'attachment; filename="sales.csv"',
    });
  }),
];
